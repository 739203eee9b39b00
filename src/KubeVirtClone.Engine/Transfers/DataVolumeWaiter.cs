using System.Globalization;
using k8s.Models;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>
/// Waits until the data volumes of one transfer are filled. CDI gives nothing up: whatever it cannot do it tries for ever, in a phase that never
/// changes, and says why in an Event only. Here each of these has an end, with that cause.
/// </summary>
internal sealed class DataVolumeWaiter(KubeVirtCluster cluster, string ns, string transfer, Action<TransferProgress>? news)
{
    /// <summary>How long nothing at all may change before it is an end, where no time is given.</summary>
    public static readonly TimeSpan StallLimit = TimeSpan.FromMinutes(10);

    private const string CloneType = "cdi.kubevirt.io/cloneType";
    private const string FallbackReason = "cdi.kubevirt.io/cloneFallbackReason";

    private readonly object _gate = new();
    private readonly Dictionary<string, KubernetesObject> _seen = new(StringComparer.Ordinal);
    private readonly List<Corev1Event> _events = [];
    private readonly TaskCompletionSource<Fault?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, TransferProgress> _told = new(StringComparer.Ordinal);

    /// <summary>Null when all are filled, else why one will not be.</summary>
    /// <param name="names">The data volumes.</param>
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
            EndWithAsync(ReadEventsAsync(names, over.Token)));
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
            _outcome.TrySetException(new EngineException(FaultMapper.From(e, $"{ns}/datavolumes")));
        }
    }

    private async Task WatchAsync(IReadOnlyCollection<string> names, Action moved, CancellationToken ct)
    {
        var scope = new WatchOptions { LabelSelector = $"{ImageLabels.Transfer}={transfer}" };
        var listed = false;
        await foreach (var change in cluster.Client.WatchAsync(RelatedKinds.DataVolume, ns, scope, ct))
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

    private async Task ReadEventsAsync(IReadOnlyCollection<string> names, CancellationToken ct)
    {
        try
        {
            var scope = new WatchOptions { FieldSelector = "involvedObject.kind=DataVolume" };
            await foreach (var change in cluster.Client.WatchAsync(KubeVirtKinds.Event, ns, scope, ct))
            {
                if (change.Kind == ResourceEventKind.Deleted || change.Object?.TryAs<Corev1Event>() is not { InvolvedObject.Name: { } about } item || !names.Contains(about))
                    continue;
                lock (_gate)
                {
                    _events.Add(item);
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

    private static bool IsDone(KubernetesObject item) => item.StringAt("status", "phase") == "Succeeded";

    private Fault? WhyNever(KubernetesObject item)
    {
        if (item.StringAt("status", "phase") == "Failed")
            return TransferFaults.Failed(ns, item.Name, "its claim has lost its volume.", "Look at the claim and its PersistentVolume, and run the same command again.");
        if (item.Condition("Bound") is { IsTrue: false, Reason: "ErrExceededQuota" } quota)
            return Quota(item, quota.Message);
        if (item.Condition("Running") is { IsTrue: false, Reason: "Error", Message: { } failing } && WhyFatal(item, failing) is { } fatal)
            return fatal;
        foreach (var said in _events.Where(e => e.InvolvedObject.Uid is not { Length: > 0 } uid || uid == item.Uid))
        {
            var message = said.Message ?? "";
            var fault = said.Reason switch
            {
                "CloneWithoutSource" => TransferFaults.Failed(ns, item.Name, $"its source is gone ({message}).", "Take the source anew, and run the same command again."),
                "CloneValidationFailed" => TransferFaults.Failed(ns, item.Name, $"CDI refuses it ({message}).", "Ask for no less than the source's size, on a storage class that can take it.", FaultCategory.InvalidArgument),
                "ErrExceededQuota" => Quota(item, message),
                "ErrClaimNotValid" => TransferFaults.Failed(ns, item.Name, $"CDI cannot tell what claim to make ({message}).", "Name a storage class that CDI knows (kubectl get storageprofiles).", FaultCategory.InvalidArgument),
                "Error" => WhyFatal(item, message),
                _ => null,
            };
            if (fault is not null)
                return fault;
        }

        return null;
    }

    private Fault Quota(KubernetesObject item, string? message) => TransferFaults.Failed(
        ns,
        item.Name,
        $"the quota of the namespace is full ({message}).",
        "Make room in the namespace, or have its quota raised.",
        FaultCategory.LimitsExceeded);

    private Fault? WhyFatal(KubernetesObject item, string message) => message.Contains("token", StringComparison.OrdinalIgnoreCase)
        ? TransferFaults.Failed(ns, item.Name, $"CDI does not take its token ({message}): CDI was down or too busy for the five minutes a token lives.", "Run the same command again: the disk is asked for anew.")
        : null;

    private Fault Deleted(string name) => TransferFaults.Failed(ns, name, "somebody has deleted its data volume.", "Run the same command again if it is still wanted.");

    private Fault TimedOut(IReadOnlyCollection<string> names, TimeSpan? timeout)
    {
        lock (_gate)
        {
            var waiting = names.FirstOrDefault(n => !_seen.TryGetValue(n, out var item) || !IsDone(item)) ?? names.First();
            var state = _seen.TryGetValue(waiting, out var seen) ? State(seen) : new TransferProgress(ns, waiting, "", "", null);
            return TransferFaults.TimedOut(ns, state, timeout ?? StallLimit, stalled: timeout is null);
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
        item.StringAt("status", "phase") ?? "",
        item.Annotations.GetValueOrDefault(CloneType) ?? "",
        double.TryParse(item.StringAt("status", "progress")?.TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) ? percent : null);
}
