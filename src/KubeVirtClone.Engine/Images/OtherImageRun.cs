using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Images;

/// <summary>
/// Waits for another run that makes the same image. A run marks its snapshot the moment it is ready, or takes it away when it fails: one that does
/// neither was killed, and what it left may be taken away.
/// </summary>
internal sealed class OtherImageRun(KubeVirtCluster cluster)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <returns>The snapshot as it was left, an image or abandoned; still being taken when the time is over; null when it is gone.</returns>
    public async Task<SnapshotRecord?> AwaitAsync(SnapshotRecord found, TimeSpan? timeout, CancellationToken ct)
    {
        var snapshots = new SnapshotCatalog(cluster);
        var began = cluster.Clock.GetTimestamp();
        long? over = null;
        var now = found;
        while (now.Labels.ContainsKey(ImageLabels.Pending))
        {
            if (now.ReadyToUse || now.Failed)
                over ??= cluster.Clock.GetTimestamp();
            if ((over is { } since && cluster.Clock.GetElapsedTime(since) >= Grace) || (timeout is { } limit && cluster.Clock.GetElapsedTime(began) >= limit))
                return now;
            await Task.Delay(Pause, cluster.Clock, ct);
            if (await snapshots.FindAsync(found.Namespace, found.Name, ct) is not { } still || still.Uid != found.Uid)
                return null;
            now = still;
        }

        return now;
    }
}
