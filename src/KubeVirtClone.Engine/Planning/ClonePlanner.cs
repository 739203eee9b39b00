using KubeVirtClone.Engine.Execution;
using KubeVirtClone.Engine.Manifests;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Planning;

/// <summary>Turns a batch of requests into what is to be made, and into what can be said before anything is.</summary>
internal sealed class ClonePlanner(KubeVirtCluster cluster, CloneOptions options, string batch)
{
    private static readonly Version PatchesSince = new(1, 6);
    private static readonly Version VolumeNamePolicySince = new(1, 8);

    private readonly List<CloneUpdate> _updates = [];
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);

    public async Task<ClonePlan> PlanAsync(IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        var kind = await cluster.GetCloneKindAsync(ct);
        if (await KubeVirtCluster.GuardAsync(() => cluster.GetSnapshotGateAsync(ct)) == false)
            throw new EngineException(FaultMapper.GateOff(e: null));

        var checkedRequests = CheckAlone(requests);
        await RefuseUnsupportedAsync(checkedRequests, ct);
        var clones = new List<PlannedClone>(checkedRequests.Count);
        var finder = new FactFinder(cluster, kind);
        foreach (var group in checkedRequests.GroupBy(r => r.Checked.Request.Namespace, StringComparer.Ordinal))
        {
            var facts = options.Preflight
                ? await finder.FindAsync(group.Key, [.. group.Select(g => g.Checked.Request)], options.Batch, ct)
                : new NamespaceFacts { Namespace = group.Key };
            foreach (var item in group)
                Place(item, facts, kind, clones);
        }

        return new ClonePlan(clones, _updates);
    }

    private List<Item> CheckAlone(IReadOnlyList<CloneRequest> requests)
    {
        var items = new List<Item>(requests.Count);
        var ordinals = new Dictionary<string, int>(StringComparer.Ordinal);
        var targets = new HashSet<string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var request in requests)
        {
            var ordinal = 0;
            if (string.IsNullOrEmpty(request.TargetName))
            {
                var source = $"{request.Namespace}/{request.SourceKind}/{request.SourceName}";
                ordinal = ordinals.GetValueOrDefault(source);
                ordinals[source] = ordinal + 1;
            }

            var result = RequestRules.Check(request, batch, ordinal);
            Warn(result.Warnings, request);
            if (result.Fault is not null)
                Fail(result.Fault, request);
            else if (!targets.Add($"{result.Request.Namespace}/{result.Request.TargetName}"))
                Fail(Duplicate(result.Request, "target", result.Request.TargetName!), request);
            else if (!names.Add($"{result.Request.Namespace}/{result.Request.CloneName}"))
                Fail(Duplicate(result.Request, "clone object name", result.Request.CloneName!), request);
            else
                items.Add(new Item(request, result, ordinal));
        }

        return items;
    }

    private async Task RefuseUnsupportedAsync(List<Item> items, CancellationToken ct)
    {
        if (!items.Exists(i => i.Checked.Request.Patches is not null || i.Checked.Request.VolumeNamePolicy is not null))
            return;
        if (await KubeVirtCluster.GuardAsync(() => cluster.GetKubeVirtVersionAsync(ct)) is not { } version)
            return;
        items.RemoveAll(i => Unsupported(i, i.Checked.Request.Patches is not null, "Patches", PatchesSince)
            || Unsupported(i, i.Checked.Request.VolumeNamePolicy is not null, "VolumeNamePolicy", VolumeNamePolicySince));

        bool Unsupported(Item item, bool used, string field, Version since)
        {
            if (!used || version >= since)
                return false;
            Fail(
                FaultMapper.Make(
                    FaultIds.VMCloneFieldUnsupported,
                    FaultCategory.InvalidArgument,
                    $"This cluster runs KubeVirt {version}; {field} needs {since} or later.",
                    $"Leave {field} out (a serial with ':' or ',' needs it too), or upgrade KubeVirt.",
                    item.Checked.Request.DisplayName),
                item.Original);
            return true;
        }
    }

    private void Place(Item item, NamespaceFacts facts, ResourceKind kind, List<PlannedClone> clones)
    {
        var result = item.Checked;
        if (item.Original.SmbiosSerial is not null && PreflightRules.HasFirmware(result.Request, facts) == false)
            result = RequestRules.Check(item.Original, batch, item.Ordinal, sourceHasFirmware: false);
        var request = result.Request;
        var planned = new PlannedClone(request, item.Original, CloneManifest.Build(request, kind.ApiVersion), Existing: null);
        if (facts.BatchClones?.GetValueOrDefault(request.CloneName!) is { } existing)
        {
            if (CloneComparison.WhyNotSame(existing, planned.Body) is { } why)
                Fail(CloneComparison.ExistsWithAnother(request, why), item.Original);
            else
                clones.Add(planned with { Existing = existing });
            return;
        }

        if (PreflightRules.TargetExists(request, facts) is { } exists)
        {
            if (options.SkipExisting)
                _updates.Add(new CloneUpdate { Kind = CloneUpdateKind.Skipped, Request = item.Original, Message = exists.Message });
            else
                Fail(exists, item.Original);
            return;
        }

        var warnings = new List<string>();
        var fault = PreflightRules.Judge(result, facts, warnings);
        Warn(warnings, item.Original);
        if (fault is not null)
            Fail(fault, item.Original);
        else
            clones.Add(planned);
    }

    private void Fail(Fault fault, CloneRequest request) =>
        _updates.Add(new CloneUpdate { Kind = CloneUpdateKind.Fault, Fault = fault, Request = request });

    // The same words about the same source are said once, not once for each of its clones.
    private void Warn(IEnumerable<string> warnings, CloneRequest request)
    {
        foreach (var warning in warnings.Where(_warned.Add))
            _updates.Add(new CloneUpdate { Kind = CloneUpdateKind.Warning, Message = warning, Request = request });
    }

    private static Fault Duplicate(CloneRequest request, string what, string name) => FaultMapper.Make(
        FaultIds.VMCloneDuplicateTarget,
        FaultCategory.InvalidArgument,
        $"Another item of this batch has the {what} '{name}' too; only the first is carried out.",
        "Give each item a name of its own.",
        $"{request.Namespace}/{name}");

    private sealed record Item(CloneRequest Original, CheckedRequest Checked, int Ordinal);
}
