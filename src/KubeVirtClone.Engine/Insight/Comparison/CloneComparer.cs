using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Insight.Comparison;

/// <summary>What is to be compared.</summary>
/// <param name="Namespace">Namespace of the clone; of the source too, unless <see cref="SourceNamespace"/> says another.</param>
/// <param name="TargetName">Name of the clone's machine.</param>
public sealed record CompareRequest(string Namespace, string TargetName)
{
    /// <summary>The machine that is meant; null takes whichever has the name.</summary>
    public MachineReference? Target { get; init; }

    /// <summary>Kind of the source; null takes that of the clone object that made the target.</summary>
    public string? SourceKind { get; init; }

    /// <summary>Name of the source: a machine or a snapshot (an image is one); null takes that of the clone object that made the target.</summary>
    public string? SourceName { get; init; }

    /// <summary>Namespace of the source, where it is not the clone's own.</summary>
    public string? SourceNamespace { get; init; }

    /// <summary>Uid of the source; another object of its name is then not compared with. Null takes whichever has the name.</summary>
    public string? SourceUid { get; init; }

    /// <summary>Snapshot in the clone's namespace that a source of another one was brought there as: compared with where the source is gone. Null where there was none.</summary>
    public string? BroughtAs { get; init; }

    /// <summary>What was asked for; null takes it from the clone object, where that still exists.</summary>
    public CloneRequest? Asked { get; init; }

    /// <summary>The same with a source that is named, instead of the one that the clone tells.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ns">Its namespace; null or empty is the clone's own.</param>
    public CompareRequest With(string kind, string name, string? ns) =>
        this with { SourceKind = kind, SourceName = name, SourceNamespace = string.IsNullOrEmpty(ns) ? null : ns, SourceUid = null, BroughtAs = null };

    /// <summary>The comparison of a clone with its source.</summary>
    /// <param name="clone">The clone.</param>
    public static CompareRequest Of(CloneRecord clone)
    {
        ArgumentNullException.ThrowIfNull(clone);
        return new CompareRequest(clone.Namespace, clone.TargetName)
        {
            SourceKind = clone.SourceKind,
            SourceName = clone.SourceName,
            SourceNamespace = clone.SourceNamespace,
            SourceUid = clone.Origin?.Uid,
            BroughtAs = clone.Origin is null ? null : clone.SourceSnapshot,
            Asked = CloneRequest.FromClone(clone),
        };
    }
}

/// <summary>Compares clones with their sources: is the clone what was asked for, and is its identity its own?</summary>
/// <param name="cluster">The connection.</param>
public sealed class CloneComparer(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>Compares one clone with its source.</summary>
    /// <param name="request">What is compared.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The comparison, or the fault when source, snapshot or target is not there.</returns>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public Task<(MachineComparison? Comparison, Fault? Fault)> CompareAsync(CompareRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        return KubeVirtCluster.GuardAsync(() => CompareCoreAsync(request, ct));
    }

    private async Task<(MachineComparison? Comparison, Fault? Fault)> CompareCoreAsync(CompareRequest request, CancellationToken ct)
    {
        var target = await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, request.Namespace, request.TargetName, ct);
        if (target is not null && ReplacedFaults.OfMachine(target, request.Target?.Uid, maker: null) is { } another)
            return (null, another);
        if (request.SourceName is null)
        {
            if (await FindCloneAsync(request, target, ct) is not { } clone)
            {
                return (null, FaultMapper.Make(
                    FaultIds.VMCloneNotFound,
                    FaultCategory.ObjectNotFound,
                    $"No clone object that made '{request.TargetName}' exists in namespace '{request.Namespace}', so its source is not known.",
                    "Name the source.",
                    $"{request.Namespace}/{request.TargetName}"));
            }

            request = CompareRequest.Of(clone);
        }

        if (target is null)
            return (null, Missing(FaultIds.VMNotFound, "virtual machine", request.Namespace, request.TargetName));
        var (compared, source, missing) = await new ComparedSource(_cluster).ReadAsync(request, ct);
        if (source is null)
            return (null, missing);
        request = compared;
        var kind = request.SourceKind!;
        var copy = target.ToJsonObject();
        var instance = SourceMachine.IsOn(copy) ? (await new KindReader(_cluster).FindAsync(RelatedKinds.Instance, request.Namespace, request.TargetName, ct)).Item : null;
        return (new MachineComparison
        {
            Namespace = request.Namespace,
            SourceKind = kind,
            SourceName = request.SourceName!,
            SourceNamespace = request.SourceNamespace,
            TargetName = request.TargetName,
            Identity = MachineIdentity.Of(target, instance),
            Differences = MachineComparer.Sort(
            [
                .. MachineComparer.Compare(source, copy, request.Asked),
                .. await new EffectiveComparer(_cluster, request).CompareAsync(kind == SourceKinds.VirtualMachine, source, copy, ct),
            ]),
        }, null);
    }

    private async Task<CloneRecord?> FindCloneAsync(CompareRequest request, KubernetesObject? machine, CancellationToken ct)
    {
        if (machine is not null && CloneRecord.IsMachine(machine))
            return CloneRecord.From(machine);

        // Who may see clones of one way of making only finds those.
        var reader = new KindReader(_cluster);
        var kinds = new List<(ResourceKind Kind, Func<KubernetesObject, bool> IsClone)> { (await _cluster.GetCloneKindAsync(ct), static _ => true) };
        if (await _cluster.GetSnapshotVersionAsync(ct) is { } version)
            kinds.Add((KubeVirtKinds.Restore(version), CloneRecord.IsCloneRestore));
        foreach (var (kind, isClone) in kinds)
        {
            var found = await reader.ListAsync(kind, request.Namespace, o => isClone(o) && CloneRecord.From(o).TargetName == request.TargetName, ct);
            if (found.Items?.Values.FirstOrDefault() is { } clone)
                return CloneRecord.From(clone);
            if (found.WhyNot is { } why)
                _cluster.Callbacks.Verbose?.Invoke($"{kind.Plural} are left out: {why}");
        }

        return null;
    }

    internal static Fault Missing(string id, string what, string ns, string name) => FaultMapper.Make(
        id,
        FaultCategory.ObjectNotFound,
        $"There is no {what} '{name}' in namespace '{ns}'.",
        "Check name and namespace.",
        $"{ns}/{name}");
}
