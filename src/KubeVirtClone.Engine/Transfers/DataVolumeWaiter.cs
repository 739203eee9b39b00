using System.Globalization;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Causes;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>
/// Waits until the data volumes of one transfer are filled, or, where snapshots are handed over, until those are known and the claims made of them bound. Neither CDI nor a
/// storage driver gives anything up; here whatever they can never do has an end, with its cause.
/// </summary>
/// <param name="cluster">The connection.</param>
/// <param name="kind">What is waited for: DataVolume, VolumeSnapshot or PersistentVolumeClaim.</param>
/// <param name="ns">Namespace.</param>
/// <param name="transfer">The transfer, by whose label they are found; claims have none.</param>
/// <param name="news">Takes how far each is.</param>
internal sealed class DataVolumeWaiter(KubeVirtCluster cluster, ResourceKind kind, string ns, string transfer, Action<TransferProgress>? news)
{
    /// <summary>How long nothing at all may change before it is an end, where no time is given.</summary>
    public static readonly TimeSpan StallLimit = TimeSpan.FromMinutes(10);

    // CDI has its claim in a moment, and where the server does not take it, tries again for ever without a word.
    private static readonly TimeSpan ClaimPatience = TimeSpan.FromSeconds(30);

    private const string CloneType = "cdi.kubevirt.io/cloneType";
    private const string HandedOver = "handle";
    private const string FallbackReason = "cdi.kubevirt.io/cloneFallbackReason";

    private readonly Dictionary<string, TransferProgress> _told = new(StringComparer.Ordinal);

    /// <summary>Tells why a data volume has no claim after a while; null where nobody can tell.</summary>
    public Func<string, CancellationToken, Task<Fault?>>? WhyNoClaim { get; init; }

    /// <summary>Null when all are filled, else why one will not be.</summary>
    /// <param name="names">Their names.</param>
    /// <param name="timeout">Longest wait; null waits for as long as something changes.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Fault?> WaitAsync(IReadOnlyCollection<string> names, TimeSpan? timeout, CancellationToken ct)
    {
        if (names.Count == 0)
            return null;
        var deadline = new Deadline(cluster.Clock, timeout ?? StallLimit);
        await using var caches = new WatchedCaches(cluster, ct);
        var scope = kind != KubeVirtKinds.PersistentVolumeClaim ? new WatchOptions { LabelSelector = $"{ImageLabels.Transfer}={transfer}" }
            : names.Count == 1 ? new WatchOptions { FieldSelector = $"metadata.name={names.First()}" }
            : new WatchOptions();
        var volumes = caches.Watch(kind, ns, scope, Read);
        // What its populator says is said of the claim, which has the same name; so is what CDI hears of claims beside it in the source's namespace.
        ResourceKind[] told = kind == RelatedKinds.DataVolume ? [kind, KubeVirtKinds.PersistentVolumeClaim] : [kind];
        var caught = Array.ConvertAll(told, EventsOf);
        Fault? unclaimed = null;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var looking = LookForClaimsAsync(volumes, caches, fault => unclaimed = fault, over.Token);
        try
        {
            return (await caches.UntilAsync(WatchedCaches.Any, deadline, Judge, ct)).Fault;
        }
        finally
        {
            await over.CancelAsync();
            await looking;
        }

        KubernetesObject? Read(KubernetesObject item)
        {
            if (!names.Contains(item.Name))
                return null;
            // A time that was given is for all of it.
            if (timeout is null)
                deadline.Restart();
            Tell(item);
            return item;
        }

        ObjectCache<ObjectEvent> EventsOf(ResourceKind about) => caches.Watch(
            KubeVirtKinds.Event,
            ns,
            new WatchOptions { FieldSelector = $"involvedObject.kind={about.Kind}" },
            item => ObjectEvent.From(item) is { } read && names.Contains(read.Name) ? read : null,
            optional: true);

        ListedItem<KubernetesObject>? Judge(bool late)
        {
            if (volumes.Synced && names.FirstOrDefault(n => volumes[n] is null) is { } gone)
                return new(null, Deleted(gone));
            var events = caught.SelectMany(e => e.Items).ToList();
            if (volumes.Items.Where(i => !IsDone(i)).Select(i => WhyNever(i, events)).FirstOrDefault(f => f is not null) is { } never)
                return new(null, never);
            if (unclaimed is not null)
                return new(null, unclaimed);
            var waiting = names.FirstOrDefault(n => volumes[n] is not { } item || !IsDone(item));
            if (waiting is null)
                return new(null, null);
            return late ? new(null, TimedOut(waiting, volumes[waiting], events, timeout)) : null;
        }
    }

    private async Task LookForClaimsAsync(ObjectCache<KubernetesObject> volumes, WatchedCaches caches, Action<Fault> unclaimed, CancellationToken ct)
    {
        try
        {
            while (WhyNoClaim is not null)
            {
                await Task.Delay(ClaimPatience, cluster.Clock, ct);
                List<string> without = [];
                caches.Do(() => without = [.. volumes.Items.Where(i => !IsDone(i) && string.IsNullOrEmpty(i.StringAt("status", "claimName"))).Select(i => i.Name)]);
                foreach (var name in without)
                {
                    if (await WhyNoClaim(name, ct) is { } fault)
                        caches.Do(() => unclaimed(fault));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The wait is over, one way or another.
        }
        catch (KubernetesException e)
        {
            cluster.Callbacks.Verbose?.Invoke($"Why a disk has no claim in {ns} cannot be seen: {e.Message}");
        }
    }

    private bool IsDone(KubernetesObject item) =>
        kind == RelatedKinds.VolumeSnapshot ? item.At("status", "readyToUse") is { ValueKind: System.Text.Json.JsonValueKind.True }
        : item.StringAt("status", "phase") == (kind == RelatedKinds.DataVolume ? "Succeeded" : "Bound");

    private Fault? WhyNever(KubernetesObject item, List<ObjectEvent> events)
    {
        var never = kind == RelatedKinds.DataVolume
            ? DataVolumeCause.Of(item, Said(item, kind, events), Said(item, KubeVirtKinds.PersistentVolumeClaim, events))
            : HandOverCause.Of(item, Said(item, kind, events));
        return never is null ? null : TransferFaults.Failed(ns, item.Name, never.Cause, never.Action, never.Category);
    }

    private static IEnumerable<(string Reason, string Message)> Said(KubernetesObject item, ResourceKind about, List<ObjectEvent> events) =>
        events.Where(e => e.Kind == about.Kind && e.Name == item.Name && e.IsOf(item)).Select(e => (e.Reason, e.Message));

    private Fault Deleted(string name) => TransferFaults.Failed(
        ns, name, $"somebody has deleted its {(kind == RelatedKinds.DataVolume ? "data volume" : kind.Kind)}.", "Run the same command again if it is still wanted.");

    private Fault TimedOut(string waiting, KubernetesObject? seen, List<ObjectEvent> events, TimeSpan? timeout)
    {
        var state = seen is null ? new TransferProgress(ns, waiting, "", kind == RelatedKinds.DataVolume ? "" : HandedOver, null) : State(seen);
        var said = events.Where(e => e.Name == waiting && e.IsTrouble && (seen is null || e.IsOf(seen))).MaxBy(e => e.Last);
        return TransferFaults.TimedOut(kind, ns, state, said, timeout ?? StallLimit, stalled: timeout is null);
    }

    private void Tell(KubernetesObject item)
    {
        var state = State(item);
        if (_told.TryGetValue(item.Name, out var before) && before == state)
            return;
        _told[item.Name] = state;
        news?.Invoke(state);
        if (before?.Strategy != state.Strategy && state.Strategy == "copy")
            cluster.Callbacks.Verbose?.Invoke($"{ns}/{item.Name}: copied byte by byte{(item.Annotations.GetValueOrDefault(FallbackReason) is { Length: > 0 } why ? $", because {why}" : "")}");
        if (before?.Phase != state.Phase)
            cluster.Callbacks.Verbose?.Invoke(state.ToString());
    }

    private TransferProgress State(KubernetesObject item) => new(
        ns,
        item.Name,
        kind == RelatedKinds.VolumeSnapshot ? IsDone(item) ? "SnapshotReady" : "SnapshotPending" : item.StringAt("status", "phase") ?? "",
        kind == RelatedKinds.DataVolume ? item.Annotations.GetValueOrDefault(CloneType) ?? "" : HandedOver,
        double.TryParse(item.StringAt("status", "progress")?.TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) ? percent : null);
}
