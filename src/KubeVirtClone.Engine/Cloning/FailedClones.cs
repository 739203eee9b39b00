using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// Clones of an earlier run of the batch that have failed for good: who runs the batch again wants them made, so their objects are removed with
/// what they left and made anew. One that may still come is only woken, and none whose machine exists is touched.
/// </summary>
internal sealed class FailedClones(KubeVirtCluster cluster, BatchRun run)
{
    private static readonly TimeSpan LongestRemoval = TimeSpan.FromSeconds(30);

    /// <summary>The same clones, without those that failed: where one was cleared away nothing exists any more.</summary>
    public async Task<IReadOnlyList<PlannedClone>> RenewAsync(IReadOnlyList<PlannedClone> clones, CancellationToken ct)
    {
        if (clones.All(c => c.Existing is null))
            return clones;
        var renewed = new List<PlannedClone>(clones.Count);
        foreach (var clone in clones)
            renewed.Add(clone.Existing is { } existing && existing.Kind != SourceKinds.VirtualMachine ? await RenewAsync(clone, CloneRecord.From(existing), ct) : clone);
        return renewed;
    }

    private async Task<PlannedClone> RenewAsync(PlannedClone clone, CloneRecord existing, CancellationToken ct)
    {
        try
        {
            if (await WhyHopelessAsync(existing, ct) is not { } why
                || await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, existing.Namespace, existing.TargetName, ct) is not null)
            {
                return clone;
            }

            run.Warn($"The clone {existing.Namespace}/{existing.Name} of an earlier run has failed ({why}); it is removed with what it left, and made anew", existing, clone.Original);
            var kind = await cluster.GetKindAsync(existing.Method, ct);
            var fault = await new CloneRemoval(cluster).RemoveAsync(existing, ct);
            if (fault is null && (await new RemovalWaiter(cluster).WaitAsync([new(kind, existing.Namespace, existing.Name, existing.Uid)], LongestRemoval, ct)).Count == 0)
                return clone with { Existing = null };
            cluster.Callbacks.Verbose?.Invoke($"The failed clone {existing.Namespace}/{existing.Name} cannot be removed: {fault?.Message ?? "something holds it"}");
        }
        catch (KubernetesException e)
        {
            cluster.Callbacks.Verbose?.Invoke($"Whether the clone {existing.Namespace}/{existing.Name} of an earlier run can still come is not known: {e.Message}");
        }

        return clone;
    }

    // Why it can never come, or null.
    private async Task<string?> WhyHopelessAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Phase == ClonePhase.Failed)
            return clone.Message.Length > 0 ? clone.Message : "it says Failed";
        if (clone.Phase == ClonePhase.Succeeded || clone.Method == CloneMethod.Restore || await cluster.GetSnapshotVersionAsync(ct) is not { } version)
            return null;
        // KubeVirt's clone controller does not look at what became of its snapshot, and waits for ever.
        if (clone.Raw.StringAt("spec", "source", "kind") != SourceKinds.VirtualMachineSnapshot
            && await new SnapshotCatalog(cluster).FindAsync(clone.Namespace, clone.SnapshotName ?? $"tmp-snapshot-{clone.Uid}", ct) is { Failed: true } snapshot)
        {
            return $"its snapshot has failed: {snapshot.Message}";
        }

        if (await cluster.Client.FindAsync(KubeVirtKinds.Restore(version), clone.Namespace, clone.RestoreName ?? $"tmp-restore-{clone.Uid}", ct) is not { } restore)
            return null;
        if (restore.Condition("Failure") is { IsTrue: true } failure)
            return $"its restore has failed: {failure.Reason ?? failure.Message}";
        // Whatever it stumbled over, it may get by now; by itself it would try again only after its back-off.
        if (!restore.IsTrueAt("status", "complete") && restore.Condition("Progressing") is { IsTrue: false })
            await new RestoreKeeper(cluster).WakeAsync(clone.Namespace, restore.Name, ct);
        return null;
    }
}
