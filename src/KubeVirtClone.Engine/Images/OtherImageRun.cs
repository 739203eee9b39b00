using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Images;

/// <summary>
/// Waits for another run that makes the same image. A run marks its snapshot the moment it is ready, or takes it away when it fails: one that does
/// neither was killed, and what it left may be taken away.
/// </summary>
internal sealed class OtherImageRun(KubeVirtCluster cluster)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <returns>The snapshot as it was left, an image or abandoned; still being taken when the time is over; null when it is gone.</returns>
    /// <exception cref="EngineException">It cannot be watched.</exception>
    public async Task<SnapshotRecord?> AwaitAsync(SnapshotRecord found, TimeSpan? timeout, CancellationToken ct)
    {
        if (!found.Labels.ContainsKey(ImageLabels.Pending))
            return found;
        await using var caches = new WatchedCaches(cluster, ct);
        var scope = new WatchOptions { FieldSelector = $"metadata.name={found.Name}" };
        var snapshots = caches.Watch(await cluster.GetSnapshotKindAsync(ct), found.Namespace, scope, SnapshotRecord.From);
        Deadline? abandoned = null;
        return (await caches.UntilAsync(found.Name, new Deadline(cluster.Clock, timeout), Judge, ct)).Snapshot;

        Left? Judge(bool late)
        {
            var now = snapshots.Synced ? snapshots[found.Name] : found;
            if (now?.Uid != found.Uid)
                return new(null);
            if (now.ReadyToUse || now.Failed)
                abandoned ??= new(cluster.Clock, Grace);
            return late || !now.Labels.ContainsKey(ImageLabels.Pending) || abandoned is { IsOver: true } ? new(now) : null;
        }
    }

    private readonly record struct Left(SnapshotRecord? Snapshot);
}
