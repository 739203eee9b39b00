using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Waits for claims of a source that are not bound yet, of classes that bind at once: their volumes are made in moments, or there is something wrong with them.</summary>
internal sealed class UnboundClaims(KubeVirtCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Null when all are bound.</summary>
    /// <param name="ns">Their namespace.</param>
    /// <param name="machine">The machine they are of.</param>
    /// <param name="names">Their names.</param>
    /// <param name="timeout">Longest wait; null is two minutes.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Fault?> WaitAsync(string ns, string machine, IReadOnlyCollection<string> names, TimeSpan? timeout, CancellationToken ct)
    {
        cluster.Callbacks.Verbose?.Invoke($"{machine}: waiting for its claims {string.Join(", ", names)}, which are not bound yet");
        var began = cluster.Clock.GetTimestamp();
        await using var caches = new WatchedCaches(cluster, ct);
        var scope = names.Count == 1 ? new WatchOptions { FieldSelector = $"metadata.name={names.First()}" } : new WatchOptions();
        var claims = caches.Watch(KubeVirtKinds.PersistentVolumeClaim, ns, scope, item => names.Contains(item.Name) ? item : null, optional: true);
        var ended = await caches.UntilAsync(WatchedCaches.Any, new Deadline(cluster.Clock, timeout ?? Patience), Judge, ct);
        return ended.Value is { } never ? await NeverAsync(never, machine, cluster.Clock.GetElapsedTime(began), ct) : null;

        // One that is going is told by whoever reads them next; where they may not be watched, CDI waits for them itself.
        ListedItem<KubernetesObject>? Judge(bool late)
        {
            var unbound = claims.Items.Where(c => c.DeletionTimestamp is null && !c.IsBound()).ToList();
            if (unbound.Find(c => late || c.ClaimPhase() == "Lost") is { } never)
                return new(never, null);
            return late || claims.Refused || (claims.Synced && unbound.Count == 0) ? new(null, null) : null;
        }
    }

    private async Task<Fault> NeverAsync(KubernetesObject claim, string machine, TimeSpan waited, CancellationToken ct)
    {
        var events = await new KindReader(cluster).ListAsync(KubeVirtKinds.Event, claim.Namespace, e => ObjectEvent.From(e) is { IsTrouble: true } read && read.Name == claim.Name && read.IsOf(claim), ct);
        var said = events.Items?.Values.Select(ObjectEvent.From).MaxBy(e => e!.Last)?.Message;
        return FaultMapper.Make(
            FindingCodes.ClaimNotBound,
            FaultCategory.ResourceUnavailable,
            $"The claim '{claim.Name}' of '{machine}' is not bound after {Durations.Duration(waited)} ({claim.ClaimPhase() ?? "Pending"}){(said is null ? ", and no Event says why" : $": {said.TrimEnd('.')}")}.",
            $"See why it is not bound: kubectl describe pvc {claim.Name} -n {claim.Namespace}",
            $"{claim.Namespace}/{machine}");
    }
}
