using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Waits for claims of a source that are not bound yet, of classes that bind at once: their volumes are made in moments, or there is something wrong with them.</summary>
internal sealed class UnboundClaims(KubeVirtCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Null when all are bound.</summary>
    /// <param name="ns">Their namespace.</param>
    /// <param name="machine">The machine they are of.</param>
    /// <param name="names">Their names.</param>
    /// <param name="timeout">Longest wait; null is two minutes.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Fault?> WaitAsync(string ns, string machine, IReadOnlyCollection<string> names, TimeSpan? timeout, CancellationToken ct)
    {
        var (began, longest) = (cluster.Clock.GetTimestamp(), timeout ?? Patience);
        cluster.Callbacks.Verbose?.Invoke($"{machine}: waiting for its claims {string.Join(", ", names)}, which are not bound yet");
        foreach (var name in names)
        {
            while (await cluster.Client.FindAsync(KubeVirtKinds.PersistentVolumeClaim, ns, name, ct) is { DeletionTimestamp: null } claim && !claim.IsBound())
            {
                if (claim.ClaimPhase() == "Lost" || cluster.Clock.GetElapsedTime(began) >= longest)
                    return await NeverAsync(claim, machine, cluster.Clock.GetElapsedTime(began), ct);
                await Task.Delay(Pause, cluster.Clock, ct);
            }
        }

        return null;
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
