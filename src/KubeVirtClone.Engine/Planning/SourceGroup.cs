using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Planning;

/// <summary>Clones of a batch that have their source, method and snapshot in common.</summary>
/// <param name="Namespace">Namespace of source and clones.</param>
/// <param name="SourceKind">Kind of the source.</param>
/// <param name="SourceName">Name of the source.</param>
/// <param name="Method">How those that are still to be made are made.</param>
/// <param name="Snapshot">Name of the snapshot of the machine that is taken for them; null where each takes its own, or the source is a snapshot.</param>
/// <param name="Clones">The clones.</param>
internal sealed record SourceGroup(string Namespace, string SourceKind, string SourceName, CloneMethod Method, string? Snapshot, IReadOnlyList<PlannedClone> Clones)
{
    /// <summary>True when there is something to do before the clones can be posted.</summary>
    public bool NeedsPreparation => Snapshot is not null || Method != CloneMethod.Clone;
}

/// <summary>Decides for each source of a batch which method makes its clones, and whether they share a snapshot.</summary>
/// <param name="options">How the batch is carried out.</param>
/// <param name="batch">The batch.</param>
/// <param name="kubeVirt">KubeVirt's version, when known.</param>
/// <param name="snapshotsServed">Whether the cluster serves snapshots and restores.</param>
/// <param name="mayPost">Namespaces in which the user may create machines and claims.</param>
/// <param name="verbose">Told of each source which way its clones are made, and why.</param>
internal sealed class GroupPlanner(CloneOptions options, string batch, Version? kubeVirt, bool snapshotsServed, IReadOnlySet<string> mayPost, Action<string>? verbose)
{
    private static readonly Version ClonesPatchedSince = new(1, 6);

    public IReadOnlyList<SourceGroup> Plan(IReadOnlyList<PlannedClone> clones) =>
        [.. clones.GroupBy(c => (c.Request.Namespace, c.Request.SourceKind, c.Request.SourceName)).SelectMany(g => Split([.. g]))];

    private IEnumerable<SourceGroup> Split(List<PlannedClone> clones)
    {
        var first = clones[0].Request;
        var isMachine = first.SourceKind == SourceKinds.VirtualMachine;
        // What is made already, straight in another namespace, has no source here.
        var (method, why) = clones.TrueForAll(c => c is { Existing: not null, Method: CloneMethod.DataVolume }) ? (CloneMethod.DataVolume, "") : Choose(clones);
        if (clones.Exists(c => c.Existing is null))
            verbose?.Invoke($"{first.SourceName}: {clones.Count} {(clones.Count == 1 ? "clone" : "clones")} by method {method}, because {why}");
        if (method == CloneMethod.DataVolume)
        {
            yield return Group(clones, snapshot: null);
            yield break;
        }

        if (method != CloneMethod.Clone && isMachine && options.NoSharedSnapshot)
        {
            foreach (var clone in clones)
                yield return Group([clone], CloneNames.ForSharedSnapshot(Batch(clone), first.Namespace, first.SourceName, clone.Request.TargetName));
            yield break;
        }

        var shares = isMachine && !options.NoSharedSnapshot && (method != CloneMethod.Clone || (clones.Count > 1 && snapshotsServed));
        if (!shares)
        {
            yield return Group(clones, snapshot: null);
            yield break;
        }

        // Requests can name batches of their own; what belongs to one must not depend on what belongs to another.
        foreach (var ofBatch in clones.GroupBy(Batch, StringComparer.Ordinal))
            yield return Group([.. ofBatch], CloneNames.ForSharedSnapshot(ofBatch.Key, first.Namespace, first.SourceName));

        SourceGroup Group(IReadOnlyList<PlannedClone> members, string? snapshot) => new(
            first.Namespace,
            first.SourceKind,
            first.SourceName,
            method,
            snapshot,
            [.. members.Select(c => c.Existing is null ? c with { Method = method } : c)]);
    }

    private (CloneMethod Method, string Why) Choose(List<PlannedClone> clones) =>
        Choose(options.Method, options.NoSharedSnapshot, clones.ConvertAll(c => c.Request), clones.Find(c => c.Source is not null)?.Source, kubeVirt, snapshotsServed, mayPost.Contains(clones[0].Request.Namespace),
            clones.Exists(c => c.LacksTemplateSource));

    /// <summary>Namespaces of clones that <see cref="CloneMethodChoice.Auto"/> would have made directly, where the user may do that.</summary>
    /// <param name="options">How the batch is carried out.</param>
    /// <param name="clones">The clones.</param>
    public static IReadOnlyList<string> Candidates(CloneOptions options, IEnumerable<PlannedClone> clones) => options.Method != CloneMethodChoice.Auto ? [] :
    [
        .. clones.GroupBy(c => (c.Request.Namespace, c.Request.SourceKind, c.Request.SourceName))
            .Where(g => MayBeDirect(options.Method, options.NoSharedSnapshot, [.. g.Select(c => c.Request)], g.First().Source, g.Any(c => c.LacksTemplateSource)))
            .Select(g => g.Key.Namespace)
            .Distinct(StringComparer.Ordinal),
    ];

    /// <summary>Whether <see cref="CloneMethodChoice.Auto"/> makes clones of one source directly, where the user may do that.</summary>
    /// <param name="choice">What was asked for.</param>
    /// <param name="noSharedSnapshot">Each takes a snapshot of its own.</param>
    /// <param name="requests">The clones.</param>
    /// <param name="source">The machine they are made of, as far as it is known.</param>
    /// <param name="lacksTemplateSource">What a volume template of it is made of is gone.</param>
    public static bool MayBeDirect(CloneMethodChoice choice, bool noSharedSnapshot, List<CloneRequest> requests, JsonObject? source, bool lacksTemplateSource) => choice == CloneMethodChoice.Auto
        && Choose(choice, noSharedSnapshot, requests, source, kubeVirt: null, snapshotsServed: true, mayPost: true, lacksTemplateSource).Method == CloneMethod.Direct;

    /// <summary>How clones of one source are made, and why so.</summary>
    /// <param name="choice">What was asked for.</param>
    /// <param name="noSharedSnapshot">Each takes a snapshot of its own.</param>
    /// <param name="requests">The clones.</param>
    /// <param name="source">The machine they are made of, as far as it is known.</param>
    /// <param name="kubeVirt">KubeVirt's version, when known.</param>
    /// <param name="snapshotsServed">Whether the cluster serves snapshots and restores.</param>
    /// <param name="mayPost">Whether the user may create machines and claims.</param>
    /// <param name="lacksTemplateSource">What a volume template of it is made of is gone.</param>
    public static (CloneMethod Method, string Why) Choose(
        CloneMethodChoice choice, bool noSharedSnapshot, List<CloneRequest> requests, JsonObject? source, Version? kubeVirt, bool snapshotsServed, bool mayPost, bool lacksTemplateSource)
    {
        if (choice != CloneMethodChoice.Auto)
            return (Enum.Parse<CloneMethod>(choice.ToString()), "it was asked for");
        if (requests[0].SourceKind == SourceKinds.VirtualMachine && SourceMachine.WithoutSnapshots(source) is var (volume, reason))
            return (CloneMethod.DataVolume, $"its volume '{volume}' takes no snapshots: {reason}");
        if (!snapshotsServed)
            return (CloneMethod.Clone, "this cluster serves no restores");
        if (mayPost && lacksTemplateSource)
            return (CloneMethod.Direct, "the DataSource of a volume template is gone, which restores look up again");
        var apart = noSharedSnapshot && requests[0].SourceKind == SourceKinds.VirtualMachine;
        if (mayPost && requests.Exists(r => r.StartsAtOnce))
            return (CloneMethod.Direct, "a machine that starts as soon as it is there has nothing to wait for when it is made directly");
        if (mayPost && requests.Exists(r => r.Resizes || r.ChangesDisks))
            return (CloneMethod.Direct, "machines and disks of another size or place than their source's are made directly: nothing is made like the source and changed then");
        if (requests.Exists(r => r.VolumeOwnershipPolicy is not null))
        {
            return mayPost
                ? (CloneMethod.Direct, "whether disks go with a machine is said where they are made: clones of KubeVirt have no field for it")
                : (CloneMethod.Restore, "whether disks go with a machine can be said of restores, and not of clones; and you may not create virtualmachines and persistentvolumeclaims yourself");
        }

        if (mayPost && !apart && requests.Count > CloneOptions.AutoRestoreAbove)
            return (CloneMethod.Direct, $"there are more than {CloneOptions.AutoRestoreAbove}, and you may create virtualmachines and persistentvolumeclaims");
        if (kubeVirt is not null && kubeVirt < ClonesPatchedSince && requests.Exists(r => r.Patches is not null))
            return (CloneMethod.Restore, $"clones of KubeVirt {kubeVirt} take no patches, restores do");
        if (requests.Exists(r => r.StartsAtOnce))
            return (CloneMethod.Restore, "a clone whose machine starts as soon as it is there may wait five minutes for it to be off again");
        if (apart)
            return (CloneMethod.Clone, "each takes a snapshot of its own");
        return requests.Count > CloneOptions.AutoRestoreAbove
            ? (CloneMethod.Restore, $"there are more than {CloneOptions.AutoRestoreAbove}, KubeVirt's clone controller makes about one a second, and you may not create virtualmachines and persistentvolumeclaims yourself")
            : (CloneMethod.Clone, $"there are no more than {CloneOptions.AutoRestoreAbove}");
    }

    private string Batch(PlannedClone clone) => clone.Request.Batch ?? batch;
}
