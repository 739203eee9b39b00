using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Power;

/// <summary>
/// The lock a snapshot or a restore has on its machine (<c>status.snapshotInProgress</c>, <c>status.restoreInProgress</c>). KubeVirt calls a
/// snapshot ready and a restore complete before it takes the lock away: seen on KubeVirt 1.9.
/// </summary>
internal sealed class MachineLock(KubeVirtCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>What has the machine locked, in words; null when nothing has.</summary>
    public static string? Describe(KubernetesObject vm) => Holder(vm) switch
    {
        { } holder => $"a {(holder.IsSnapshot ? "snapshot" : "restore")} ({holder.Name})",
        null => null,
    };

    /// <summary>Waits while the machine is locked by something that is over already: that lock goes by itself.</summary>
    /// <returns>The machine as it is now, locked or not; null when it is gone. Who may not look takes the lock at its word.</returns>
    /// <exception cref="EngineException">The server cannot be asked.</exception>
    public async Task<KubernetesObject?> AwaitReleaseAsync(KubernetesObject vm, CancellationToken ct)
    {
        if (Holder(vm) is not { } holder)
            return vm;
        await using var caches = new WatchedCaches(cluster, ct);
        var machines = caches.Watch(KubeVirtKinds.VirtualMachine, vm.Namespace!, Named(vm.Name), static machine => machine, optional: true);
        var snapshotKind = await cluster.GetSnapshotKindAsync(ct);
        var holders = holder.IsSnapshot
            ? caches.Watch(snapshotKind, vm.Namespace!, Named(holder.Name), static snapshot => snapshot, optional: true)
            : caches.Watch(KubeVirtKinds.Restore(snapshotKind.Version), vm.Namespace!, Named(holder.Name), static restore => restore, optional: true);
        return (await caches.UntilAsync(WatchedCaches.Any, new Deadline(cluster.Clock, Patience), Judge, ct)).Machine;

        Seen? Judge(bool late)
        {
            var now = machines.Synced ? machines[vm.Name] : vm;
            if (late || machines.Refused || now is null || Holder(now) != holder)
                return new(now);
            if (!holders.Synced)
                return holders.Refused ? new(now) : null;
            return holders[holder.Name] is { } held && IsOver(held, holder.IsSnapshot) ? null : new(now);
        }
    }

    private static WatchOptions Named(string name) => new() { FieldSelector = $"metadata.name={name}" };

    private static bool IsOver(KubernetesObject holder, bool isSnapshot) =>
        isSnapshot ? SnapshotRecord.From(holder) is { ReadyToUse: true } or { Failed: true } : holder.IsTrueAt("status", "complete");

    private static (bool IsSnapshot, string Name)? Holder(KubernetesObject vm) =>
        vm.StringAt("status", "snapshotInProgress") is { Length: > 0 } snapshot ? (true, snapshot)
            : vm.StringAt("status", "restoreInProgress") is { Length: > 0 } restore ? (false, restore)
            : null;

    private readonly record struct Seen(KubernetesObject? Machine);
}
