using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Power;

/// <summary>
/// The lock a snapshot or a restore has on its machine (<c>status.snapshotInProgress</c>, <c>status.restoreInProgress</c>). KubeVirt calls a
/// snapshot ready and a restore complete before it takes the lock away: seen on KubeVirt 1.9.
/// </summary>
internal sealed class MachineLock(KubeVirtCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>What has the machine locked, in words; null when nothing has.</summary>
    public static string? Describe(KubernetesObject vm) => Holder(vm) switch
    {
        { } holder => $"a {(holder.IsSnapshot ? "snapshot" : "restore")} ({holder.Name})",
        null => null,
    };

    /// <summary>Waits while the machine is locked by something that is over already: that lock goes by itself.</summary>
    /// <returns>The machine as it is now, locked or not; null when it is gone.</returns>
    public async Task<KubernetesObject?> AwaitReleaseAsync(KubernetesObject vm, CancellationToken ct)
    {
        var started = cluster.Clock.GetTimestamp();
        KubernetesObject? now = vm;
        while (now is not null && Holder(now) is { } holder && cluster.Clock.GetElapsedTime(started) < Patience && await IsOverAsync(now.Namespace!, holder, ct))
        {
            await Task.Delay(Pause, cluster.Clock, ct);
            now = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, vm.Namespace, vm.Name, ct);
        }

        return now;
    }

    private static (bool IsSnapshot, string Name)? Holder(KubernetesObject vm) =>
        vm.StringAt("status", "snapshotInProgress") is { Length: > 0 } snapshot ? (true, snapshot)
            : vm.StringAt("status", "restoreInProgress") is { Length: > 0 } restore ? (false, restore)
            : null;

    private async Task<bool> IsOverAsync(string ns, (bool IsSnapshot, string Name) holder, CancellationToken ct)
    {
        try
        {
            if (holder.IsSnapshot)
                return await new SnapshotCatalog(cluster).FindAsync(ns, holder.Name, ct) is { ReadyToUse: true } or { Failed: true };
            var restore = await cluster.Client.FindAsync(KubeVirtKinds.Restore((await cluster.GetSnapshotKindAsync(ct)).Version), ns, holder.Name, ct);
            return restore?.IsTrueAt("status", "complete") == true;
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            // Who may not look must take the lock at its word.
            return false;
        }
    }
}
