using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Turns a batch of requests into what is to be made, and into what can be said before anything is.</summary>
internal sealed class ClonePlanner(KubeVirtCluster cluster, CloneOptions options, string batch)
{
    private static readonly Version PatchesSince = new(1, 6);
    private static readonly Version VolumeNamePolicySince = new(1, 8);

    private readonly List<ItemUpdate<CloneRecord>> _updates = [];
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    private CloneCompiler _compiler = new(batch, macs: null, KnownTypes.None);
    private KnownTypes _types = KnownTypes.None;

    /// <summary>The batch is only written down: what it would find in its way does not matter, and nothing of an earlier run is taken over.</summary>
    public bool OnPaper { get; init; }

    public async Task<ClonePlan> PlanAsync(IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        var kind = await cluster.GetCloneKindAsync(ct);
        if (await KubeVirtCluster.GuardAsync(() => cluster.GetSnapshotGateAsync(ct)) == false)
            throw new EngineException(FaultMapper.GateOff(e: null));

        var checkedRequests = CheckAlone(await ResolveImagesAsync(requests, ct));
        await RefuseUnsupportedAsync(checkedRequests, ct);
        var asked = checkedRequests.ConvertAll(c => c.Asked);
        var generates = asked.Exists(r => r.GenerateMacAddresses);
        var macs = generates || (options.Preflight && !OnPaper && asked.Exists(r => r.MacAddresses is { Count: > 0 }))
            ? await MacReader.ReadAsync(cluster, asked, ct)
            : new PreflightFacts().Macs;
        _types = asked.Exists(r => r.Resizes) ? await new SizingReader(cluster, new KindReader(cluster), ct).ReadTypesAsync(asked, ct) : KnownTypes.None;
        _compiler = new CloneCompiler(batch, generates ? MacPool.Of(macs.Keys, asked) : null, _types);
        var clones = new List<PlannedClone>(checkedRequests.Count);
        var finder = new FactFinder(cluster, kind);
        foreach (var group in checkedRequests.GroupBy(r => r.Checked.Request.Namespace, StringComparer.Ordinal))
        {
            var (facts, storage) = options.Preflight
                ? await finder.FindAsync(group.Key, [.. group.Select(g => g.Checked.Request)], options.Batch, MayRestore(group), ct)
                : (new NamespaceState { Name = group.Key }, new PreflightFacts());
            // Even who wants nothing checked means the object that was piped in.
            var identified = options.Preflight ? facts : await finder.FindIdentifiedAsync(group.Key, [.. group.Select(g => g.Checked.Request)], ct);
            var before = clones.Count;
            var judge = new PlanJudge(cluster, facts, storage, How);
            foreach (var item in group)
                Place(item, facts, identified, judge, kind, clones);
            if (options.Preflight && !OnPaper)
                Tell(await judge.JudgeAsync(_types, Fresh(clones.Skip(before)), ct), clones, before);
        }

        var asPlanned = Fresh(clones).Select(c => new PreflightSubject(new PreflightItem(c.Original), c.Checked, new NamespaceState { Name = c.Checked.Request.Namespace })).ToList();
        Tell(PreflightChecks.Run(PreflightChecks.OfBatch, new PreflightBatch(asPlanned, new PreflightFacts { Macs = macs }, How)), clones, first: 0);
        return new ClonePlan(clones, _updates) { Compiler = _compiler };
    }

    private PreflightOptions How => new() { Batch = batch, Method = options.Method, NoSharedSnapshot = options.NoSharedSnapshot, PurgeOnSuccess = options.PurgeOnSuccess };

    private static List<(CloneRequest Original, CheckedRequest Checked)> Fresh(IEnumerable<PlannedClone> clones) =>
        [.. clones.Where(c => c.Existing is null).Select(c => (c.Original, c.Checked))];

    // What no clone can come of is left out; of the rest it is said what may not be meant.
    private void Tell(IReadOnlyList<Finding> findings, List<PlannedClone> clones, int first)
    {
        var refused = new HashSet<CloneRequest>(ReferenceEqualityComparer.Instance);
        var lacking = new HashSet<CloneRequest>(ReferenceEqualityComparer.Instance);
        foreach (var finding in findings)
        {
            if (PlanJudge.Stops(finding))
            {
                var about = finding.Requests.ToHashSet(ReferenceEqualityComparer.Instance);
                foreach (var clone in clones.Where(c => c.Existing is null && about.Contains(c.Original) && refused.Add(c.Original)))
                    Fail(finding.ToFault() with { TargetName = clone.DisplayName }, clone.Original);
                continue;
            }

            if (PlanJudge.Warning(finding) is { IsEmpty: false } warning)
                Warn([warning], finding.Requests[0]);
            if (finding.Code == FindingCodes.TemplateSourceMissing)
                lacking.UnionWith(finding.Requests);
        }

        if (refused.Count > 0)
            clones.RemoveAll(c => c.Existing is null && refused.Contains(c.Original));
        for (var i = first; lacking.Count > 0 && i < clones.Count; i++)
            clones[i] = clones[i] with { LacksTemplateSource = lacking.Contains(clones[i].Original) };
    }

    private static bool HasPatches(Item item) => item.Checked.Request.Patches is not null || IdentityRules.NeedsPatches(item.Asked);

    private bool MayRestore(IEnumerable<Item> items) => options.Method switch
    {
        CloneMethodChoice.Clone or CloneMethodChoice.DataVolume => false,
        CloneMethodChoice.Restore or CloneMethodChoice.Direct => true,
        _ => items.Any(i => i.Asked.StartsAtOnce || HasPatches(i) || i.Asked.VolumeOwnershipPolicy is not null)
            || items.GroupBy(i => (i.Checked.Request.SourceKind, i.Checked.Request.SourceName)).Any(g => g.Count() > CloneOptions.AutoRestoreAbove),
    };

    private async Task<List<(CloneRequest Original, CloneRequest Asked)>> ResolveImagesAsync(IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        var images = new ImageSources(cluster);
        var resolved = new List<(CloneRequest, CloneRequest)>(requests.Count);
        foreach (var request in requests)
        {
            var found = await images.ResolveAsync(request, ct);
            if (found.Fault is { } fault)
                Fail(fault, request.Given ?? request);
            else
                resolved.Add((request.Given ?? request, found.Value!));
        }

        return resolved;
    }

    private List<Item> CheckAlone(List<(CloneRequest Original, CloneRequest Asked)> requests)
    {
        var items = new List<Item>(requests.Count);
        var targets = new HashSet<string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (original, request) in requests)
        {
            var result = _compiler.Name(request);
            Warn(result.Warnings.Select(Advice.FromString), original);
            if (result.Fault is not null)
                Fail(result.Fault, original);
            else if (!targets.Add($"{result.Request.Namespace}/{result.Request.TargetName}"))
                Fail(Duplicate(result.Request, "target", result.Request.TargetName!), original);
            else if (!names.Add($"{result.Request.Namespace}/{result.Request.CloneName}"))
                Fail(Duplicate(result.Request, "clone object name", result.Request.CloneName!), original);
            else
                items.Add(new Item(original, request, result));
        }

        if (options.Method == CloneMethodChoice.Clone && items.Find(i => i.Asked.StartsAtOnce) is { } starting)
            Warn([$"Clones whose machines start at once may be held up: where such a machine is on before its restore is complete, KubeVirt waits five minutes for it to be off. Leave {OptionName.Method} out, or start the machines afterwards ({CommandName.StartVM})."], starting.Original);
        if (options.Method is CloneMethodChoice.Direct or CloneMethodChoice.DataVolume && items.Find(i => !string.IsNullOrEmpty(i.Asked.CloneName)) is { } named)
            Warn(["Clones made this way have no object beside their machine: the names given for clone objects are not used."], named.Original);
        return items;
    }

    private async Task RefuseUnsupportedAsync(List<Item> items, CancellationToken ct)
    {
        if (!items.Exists(i => HasPatches(i) || i.Checked.Request.VolumeNamePolicy is not null))
            return;
        if (await KubeVirtCluster.GuardAsync(() => cluster.GetKubeVirtVersionAsync(ct)) is not { } version)
            return;
        // Restores took patches long before clones did; Auto turns to them where that helps.
        items.RemoveAll(i => Unsupported(i, HasPatches(i) && options.Method == CloneMethodChoice.Clone, PatchesSince, UnsupportedFields.Patches)
            || Unsupported(i, i.Checked.Request.VolumeNamePolicy is not null, VolumeNamePolicySince, UnsupportedFields.VolumeNamePolicy));

        bool Unsupported(Item item, bool used, Version since, Func<Version, (string Message, Advice Action)> words)
        {
            if (!used || version >= since)
                return false;
            var (message, action) = words(version);
            Fail(FaultMapper.Make(FaultIds.VMCloneFieldUnsupported, FaultCategory.InvalidArgument, message, action, item.Checked.Request.DisplayName), item.Original);
            return true;
        }
    }

    private void Place(Item item, NamespaceState facts, NamespaceState identified, PlanJudge judge, ResourceKind kind, List<PlannedClone> clones)
    {
        var named = item.Checked.Request;
        var fingerprint = RequestFingerprint.Of(item.Asked, named);
        if (!OnPaper && TakeOver(item, facts, kind, fingerprint, clones))
            return;
        if (!OnPaper && judge.InTheWay(item.Checked) is { } blocked)
        {
            if (blocked.Code == FaultIds.VMCloneTargetExists && options.SkipExisting)
                _updates.Add(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Skipped, Input = item.Original, Message = blocked.Message });
            else
                Fail(blocked.ToFault(), item.Original);
            return;
        }

        if (identified.WhyReplaced(named) is { } another)
        {
            Fail(another, item.Original);
            return;
        }

        var result = _compiler.Compile(item.Checked, item.Asked, facts.SourceOf(named));
        Warn(result.Warnings.Select(Advice.FromString), item.Original);
        if (result.Fault is { } wrong)
        {
            // A source that is not there says more than what cannot be worked out without it.
            Fail(judge.Judge(item.Checked, []) ?? wrong, item.Original);
            return;
        }

        var warnings = new List<Advice>();
        var fault = judge.Judge(result, warnings);
        Warn(warnings, item.Original);
        if (fault is not null)
            Fail(fault, item.Original);
        else
            clones.Add(Planned(item, result, kind, fingerprint) with
            {
                Source = facts.SourceOf(named),
                OnlyDirect = judge.WhyOnlyDirect(result),
                Grows = judge.Grows(result),
            });
    }

    private bool TakeOver(Item item, NamespaceState facts, ResourceKind kind, string fingerprint, List<PlannedClone> clones)
    {
        var request = item.Checked.Request;
        var existing = facts.Clones.Find(request.CloneName);
        if (existing is null && facts.Restores.Find(request.CloneName) is { } restore && CloneRecord.IsCloneRestore(restore))
            existing = restore;
        // The restore of a clone that is done may be gone; the machine still says which one made it.
        if (existing is null && facts.Machines.Find(request.TargetName) is { } machine && (CloneRecord.WasMadeBy(machine, request.CloneName!) || IsOfBatch(machine)))
            existing = machine;
        if (existing is null)
            return false;
        var planned = Planned(item, item.Checked, kind, fingerprint) with { Existing = existing, Method = CloneRecord.From(existing).Method };
        var isDirect = CloneRecord.IsMachine(existing);
        if ((isDirect || existing.Kind != SourceKinds.VirtualMachine) && TakeoverRules.WhyNotSame(existing, planned.Body) is { } why)
            Fail(isDirect ? TakeoverRules.MachineExistsWithAnother(request, why) : TakeoverRules.ExistsWithAnother(request, why), item.Original);
        else
            clones.Add(planned);
        return true;
    }

    private bool IsOfBatch(KubernetesObject machine) =>
        CloneRecord.IsMachine(machine) && machine.DeletionTimestamp is null && machine.Labels.GetValueOrDefault(CloneLabels.Batch) == batch;

    private static PlannedClone Planned(Item item, CheckedRequest request, ResourceKind kind, string fingerprint) =>
        new(request, item.Original, Existing: null) { Asked = item.Asked, Fingerprint = fingerprint, ApiVersion = kind.ApiVersion };

    private void Fail(Fault fault, CloneRequest request) =>
        _updates.Add(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Fault, Fault = fault, Input = request });

    // The same words about the same source are said once, not once for each of its clones.
    private void Warn(IEnumerable<Advice> warnings, CloneRequest request)
    {
        foreach (var warning in warnings.Where(w => _warned.Add(w.ToString())))
            _updates.Add(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Warning, Message = warning, Input = request });
    }

    internal static Fault Duplicate(CloneRequest request, string what, string name) => FaultMapper.Make(
        FaultIds.VMCloneDuplicateTarget,
        FaultCategory.InvalidArgument,
        $"Another item of this batch has the {what} '{name}' too; only the first is carried out.",
        "Give each item a name of its own.",
        $"{request.Namespace}/{name}");

    private sealed record Item(CloneRequest Original, CloneRequest Asked, CheckedRequest Checked);
}
