using System.Globalization;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

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

    private const string CloneType = "cdi.kubevirt.io/cloneType";
    private const string HandedOver = "handle";
    private const string FallbackReason = "cdi.kubevirt.io/cloneFallbackReason";

    private readonly object _gate = new();
    private readonly Dictionary<string, KubernetesObject> _seen = new(StringComparer.Ordinal);
    private readonly List<ObjectEvent> _events = [];
    private readonly TaskCompletionSource<Fault?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, TransferProgress> _told = new(StringComparer.Ordinal);

    /// <summary>Null when all are filled, else why one will not be.</summary>
    /// <param name="names">Their names.</param>
    /// <param name="timeout">Longest wait; null waits for as long as something changes.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Fault?> WaitAsync(IReadOnlyCollection<string> names, TimeSpan? timeout, CancellationToken ct)
    {
        if (names.Count == 0)
            return null;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var stall = new CancellationTokenSource(timeout ?? StallLimit, cluster.Clock);
        await using var late = stall.Token.Register(() => _outcome.TrySetResult(TimedOut(names, timeout)));
        await using var stopped = ct.Register(() => _outcome.TrySetCanceled(ct));
        var watching = Task.WhenAll(
            EndWithAsync(WatchAsync(names, () => Moved(stall, timeout), over.Token)),
            kind == KubeVirtKinds.PersistentVolumeClaim ? Task.CompletedTask : EndWithAsync(ReadEventsAsync(kind, names, over.Token)),
            kind == RelatedKinds.VolumeSnapshot ? Task.CompletedTask : EndWithAsync(ReadEventsAsync(KubeVirtKinds.PersistentVolumeClaim, names, over.Token)));
        try
        {
            return await _outcome.Task;
        }
        finally
        {
            await over.CancelAsync();
            await watching;
        }
    }

    private static void Moved(CancellationTokenSource stall, TimeSpan? timeout)
    {
        // A time that was given is for all of it.
        if (timeout is null && !stall.IsCancellationRequested)
            stall.CancelAfter(StallLimit);
    }

    // What ends a watch ends the wait.
    private async Task EndWithAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException)
        {
            // The wait is over, one way or another.
        }
        catch (Exception e) when (e is KubernetesException or ObjectDisposedException)
        {
            _outcome.TrySetException(new EngineException(FaultMapper.From(e, $"{ns}/{kind.Plural}")));
        }
    }

    private async Task WatchAsync(IReadOnlyCollection<string> names, Action moved, CancellationToken ct)
    {
        var scope = kind != KubeVirtKinds.PersistentVolumeClaim ? new WatchOptions { LabelSelector = $"{ImageLabels.Transfer}={transfer}" }
            : names.Count == 1 ? new WatchOptions { FieldSelector = $"metadata.name={names.First()}" }
            : new WatchOptions();
        var listed = false;
        await foreach (var change in cluster.Client.WatchAsync(kind, ns, scope, ct))
        {
            lock (_gate)
            {
                if (change.Object is { } item && names.Contains(item.Name))
                {
                    if (change.Kind == ResourceEventKind.Deleted)
                        _seen.Remove(item.Name);
                    else
                        _seen[item.Name] = item;
                    if (change.Kind == ResourceEventKind.Deleted && listed)
                        _outcome.TrySetResult(Deleted(item.Name));
                    moved();
                    Tell(item);
                }
                else if (change.Object is null)
                {
                    listed = true;
                    if (names.FirstOrDefault(n => !_seen.ContainsKey(n)) is { } gone)
                        _outcome.TrySetResult(Deleted(gone));
                }

                Judge(names);
            }
        }
    }

    // What its populator says is said of the claim, which has the same name; so is what CDI hears of claims beside it in the source's namespace.
    private async Task ReadEventsAsync(ResourceKind about, IReadOnlyCollection<string> names, CancellationToken ct)
    {
        try
        {
            var scope = new WatchOptions { FieldSelector = $"involvedObject.kind={about.Kind}" };
            await foreach (var change in cluster.Client.WatchAsync(KubeVirtKinds.Event, ns, scope, ct))
            {
                if (change.Kind == ResourceEventKind.Deleted || change.Object is not { } item || ObjectEvent.From(item) is not { } read || !names.Contains(read.Name))
                    continue;
                lock (_gate)
                {
                    _events.Add(read);
                    Judge(names);
                }
            }
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            cluster.Callbacks.Verbose?.Invoke($"You may not read events in {ns}: why a disk does not come would stand there");
        }
    }

    private void Judge(IReadOnlyCollection<string> names)
    {
        foreach (var item in _seen.Values.Where(i => !IsDone(i)))
        {
            if (WhyNever(item) is not { } fault)
                continue;
            _outcome.TrySetResult(fault);
            return;
        }

        if (names.All(n => _seen.TryGetValue(n, out var item) && IsDone(item)))
            _outcome.TrySetResult(null);
    }

    private bool IsDone(KubernetesObject item) =>
        kind == RelatedKinds.VolumeSnapshot ? item.At("status", "readyToUse") is { ValueKind: System.Text.Json.JsonValueKind.True }
        : item.StringAt("status", "phase") == (kind == RelatedKinds.DataVolume ? "Succeeded" : "Bound");

    private Fault? WhyNever(KubernetesObject item)
    {
        var never = kind == RelatedKinds.DataVolume
            ? DataVolumeCause.Of(item, Said(item, RelatedKinds.DataVolume), Said(item, KubeVirtKinds.PersistentVolumeClaim))
            : HandOverCause.Of(item, Said(item, kind));
        return never is null ? null : TransferFaults.Failed(ns, item.Name, never.Cause, never.Action, never.Category);
    }

    private IEnumerable<(string Reason, string Message)> Said(KubernetesObject item, ResourceKind about) =>
        _events.Where(e => e.Kind == about.Kind && e.Name == item.Name && e.IsOf(item)).Select(e => (e.Reason, e.Message));

    private Fault Deleted(string name) => TransferFaults.Failed(
        ns, name, $"somebody has deleted its {(kind == RelatedKinds.DataVolume ? "data volume" : kind.Kind)}.", "Run the same command again if it is still wanted.");

    private Fault TimedOut(IReadOnlyCollection<string> names, TimeSpan? timeout)
    {
        lock (_gate)
        {
            var waiting = names.FirstOrDefault(n => !_seen.TryGetValue(n, out var item) || !IsDone(item)) ?? names.First();
            var state = _seen.TryGetValue(waiting, out var seen) ? State(seen) : new TransferProgress(ns, waiting, "", kind == RelatedKinds.DataVolume ? "" : HandedOver, null);
            var said = _events.Where(e => e.Name == waiting && e.IsTrouble && (seen is null || e.IsOf(seen))).MaxBy(e => e.Last);
            return TransferFaults.TimedOut(kind, ns, state, said, timeout ?? StallLimit, stalled: timeout is null);
        }
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
