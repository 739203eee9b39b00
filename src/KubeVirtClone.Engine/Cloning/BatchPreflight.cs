using System.Threading.Channels;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Transfers;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Tells before anything is made what would go wrong with a batch, whichever namespaces its clones are to be in. Nothing is created or changed.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="options">How the clones would be made; null is the default.</param>
public sealed class BatchPreflight(KubeVirtCluster cluster, PreflightOptions? options = null)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));
    private readonly PreflightOptions _options = options ?? new PreflightOptions();

    /// <summary>Checks items: requests, or manifests that are to be posted as they stand.</summary>
    /// <param name="items">The items.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked at all; or options for other namespaces, and no clone is to be in one.</exception>
    public async Task<PreflightReport> RunAsync(IReadOnlyList<PreflightItem> items, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (items.Count > 0 && TransferFaults.Idle(items.Select(i => i.Request), _options.CopySecrets, _options.HandOver) is { } idle)
            throw new EngineException(idle);
        var leaving = items.Where(IsLeaving).Select(i => i.Request).ToList();
        if (leaving.Count == 0)
            return await new ClonePreflight(_cluster, _options).RunAsync(items, ct);
        var sent = 0;
        using var observed = _cluster.ObserveTraces(_ => Interlocked.Increment(ref sent));
        var staying = await new ClonePreflight(_cluster, _options).RunAsync([.. items.Where(i => !IsLeaving(i))], ct);
        var findings = await KubeVirtCluster.GuardAsync(() => CheckAsync(leaving, ct));
        return staying with
        {
            Findings = [.. staying.Findings.Concat(findings).OrderBy(f => f.Severity)],
            Items = items.Count,
            ApiRequests = Math.Max(Volatile.Read(ref sent), staying.ApiRequests),
        };
    }

    private async Task<IReadOnlyList<Finding>> CheckAsync(List<CloneRequest> requests, CancellationToken ct)
    {
        var updates = Channel.CreateUnbounded<ItemUpdate<CloneRecord>>();
        var batch = _options.Batch ?? CloneNames.NewBatch(_cluster.Clock.GetUtcNow());
        var findings = new Dictionary<string, Finding>(StringComparer.Ordinal);
        var rehearsal = new CloneOptions { Batch = _options.Batch, Method = _options.Method, CopySecrets = _options.CopySecrets, HandOver = _options.HandOver, DryRun = true };
        await new TransferStage(_cluster, rehearsal, batch, updates.Writer, (warning, request) => findings[warning.What.ToString()] = OfWarning(warning, request), finding => findings[finding.Message] = finding).RunAsync(requests, static _ => { }, ct);
        updates.Writer.Complete();
        var foreseen = new List<CloneRequest>();
        await foreach (var update in updates.Reader.ReadAllAsync(ct))
        {
            if (update.Fault is { } fault)
                Add(findings, FindingSeverity.Error, fault, update.Request!);
            else if (update.Request is { TargetName.Length: > 0 } named)
                foreseen.Add(named);
        }

        foreach (var there in foreseen.GroupBy(r => r.TargetNamespace!, StringComparer.Ordinal))
        {
            var taken = await TakenAsync(there.Key, [.. there.Select(r => r.TargetName!)], ct);
            foreach (var request in there.Where(r => taken.Contains(r.TargetName!)))
                Add(findings, _options.SkipExisting ? FindingSeverity.Information : FindingSeverity.Error, Exists(request), request);
        }

        return [.. findings.Values];
    }

    private static bool IsLeaving(PreflightItem item) => item.Manifest is null && TransferStage.IsToBeBrought(item.Request);

    private async Task<HashSet<string>> TakenAsync(string ns, IReadOnlyList<string> names, CancellationToken ct)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var machines = new ObjectLister(_cluster, KubeVirtKinds.VirtualMachine, FaultIds.VMNotFound, "virtual machine");
        await foreach (var (machine, _) in machines.ListAsync(new ListQuery { Names = names, Namespace = ns }, ct))
        {
            if (machine is not null)
                taken.Add(machine.Name);
        }

        return taken;
    }

    private static Fault Exists(CloneRequest request) => FaultMapper.Make(
        FaultIds.VMCloneTargetExists,
        FaultCategory.ResourceExists,
        $"A virtual machine '{request.TargetName}' exists in namespace '{request.TargetNamespace}'.",
        $"Choose another target name, remove the machine, or pass over such items with {OptionName.SkipExisting}.",
        request.DisplayName);

    private static Finding OfWarning(TransferWarning warning, CloneRequest request) => new()
    {
        Severity = warning.Code == FindingCodes.NotRead ? FindingSeverity.NotChecked : FindingSeverity.Warning,
        Code = warning.Code,
        Item = request.TargetNamespace!,
        Message = warning.What.ToString(),
        RecommendedAction = warning.Action,
        Requests = [request],
    };

    // The same about many clones is said once.
    private static void Add(Dictionary<string, Finding> findings, FindingSeverity severity, Fault fault, CloneRequest request)
    {
        var known = findings.GetValueOrDefault(fault.Message) ?? new Finding
        {
            Severity = severity,
            Code = fault.Id,
            Item = fault.TargetName ?? request.DisplayName,
            Message = fault.Message,
            RecommendedAction = fault.RecommendedAction,
            Category = fault.Category,
        };
        findings[fault.Message] = known with { Requests = [.. known.Requests, request] };
    }
}
