using System.Threading.Channels;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Engine.Tracking;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Execution;

/// <summary>Carries out a batch: plans, creates, follows, and streams what comes of it. An operation runs once.</summary>
public sealed class CloneOperation
{
    private readonly KubeVirtCluster _cluster;
    private readonly CloneOptions _options;
    private int _created;

    /// <summary>Prepares an operation; nothing is sent before <see cref="RunAsync"/>.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="options">How to carry it out.</param>
    public CloneOperation(KubeVirtCluster cluster, CloneOptions options)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        _cluster = cluster;
        _options = options;
        Batch = string.IsNullOrEmpty(options.Batch) ? CloneNames.NewBatch(cluster.Clock.GetUtcNow()) : options.Batch;
    }

    /// <summary>The batch id, given or generated.</summary>
    public string Batch { get; }

    /// <summary>Clones made or taken over so far; still true after cancellation, which leaves them alone.</summary>
    public int Created => Volatile.Read(ref _created);

    /// <summary>
    /// Carries out the batch. Each request gives one <see cref="CloneUpdateKind.Record"/>, <see cref="CloneUpdateKind.Planned"/>,
    /// <see cref="CloneUpdateKind.Skipped"/> or <see cref="CloneUpdateKind.Fault"/>; updates come in the order things happen, not in that of
    /// the requests. Nothing is sent before the result is enumerated.
    /// </summary>
    /// <param name="batch">The requests; see <see cref="TargetNames"/> for making many of one.</param>
    /// <param name="ct">Stops creating and waiting within a second; what was created stays.</param>
    /// <exception cref="EngineException">Nothing can work: no connection, no clone API, not allowed.</exception>
    public IAsyncEnumerable<CloneUpdate> RunAsync(IReadOnlyList<CloneRequest> batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return UpdateStream.RunAsync((updates, stop) => ExecuteAsync(batch, updates, stop), ct);
    }

    private async Task ExecuteAsync(IReadOnlyList<CloneRequest> batch, ChannelWriter<CloneUpdate> updates, CancellationToken ct)
    {
        if (batch.Count == 0)
            return;
        var meter = new ProgressMeter(batch.Count, _cluster.Clock);
        var plan = await new ClonePlanner(_cluster, _options, Batch).PlanAsync(batch, ct);
        foreach (var update in plan.Updates)
        {
            if (update.Kind == CloneUpdateKind.Fault)
                meter.End(update, success: false);
            else if (update.Kind == CloneUpdateKind.Skipped)
                meter.Skipped();
            updates.TryWrite(update);
        }

        _cluster.Callbacks.Verbose?.Invoke(
            $"Batch {Batch}: {plan.Clones.Count} of {batch.Count} to make by method {CloneMethod.Clone}, at most {_options.ThrottleLimit} in flight");
        await UpdateStream.WithProgressAsync(() => MakeAllAsync(plan.Clones, meter, updates, ct), meter, updates, _cluster.Clock);
    }

    private async Task MakeAllAsync(IReadOnlyList<PlannedClone> clones, ProgressMeter meter, ChannelWriter<CloneUpdate> updates, CancellationToken ct)
    {
        using var ending = new Ending(ct);
        var window = new InFlightWindow(_options.ThrottleLimit, _cluster.Clock);
        using var observed = _cluster.ObserveTraces(trace =>
        {
            // The client repeats throttled requests by itself; the window must hear of them all the same.
            if (trace.StatusCode is 429 or >= 500)
                window.Trouble();
        });
        var kind = await _cluster.GetCloneKindAsync(ct);
        var method = new CloneApiMethod(_cluster, kind, _options, window);
        await using var tracker = _options is { Wait: true, DryRun: false } ? await StartTrackerAsync(clones, meter, updates, ending.Token) : null;
        var run = new BatchRun(method, tracker, window, meter, updates, OneNamespace: clones.Select(c => c.Request.Namespace).Distinct(StringComparer.Ordinal).Count() == 1);
        await ending.WatchAsync(MakeEachAsync(clones, run, ending));
    }

    private async Task MakeEachAsync(IReadOnlyList<PlannedClone> clones, BatchRun run, Ending ending)
    {
        var running = new HashSet<Task>();
        try
        {
            foreach (var clone in clones)
            {
                await run.Window.AcquireAsync(ending.Token);
                running.RemoveWhere(t => t.IsCompletedSuccessfully);
                running.Add(ending.GuardAsync(MakeOneAsync(clone, run, ending.Token)));
            }
        }
        finally
        {
            await Task.WhenAll(running);
        }
    }

    private async Task<CloneTracker> StartTrackerAsync(
        IReadOnlyList<PlannedClone> clones,
        ProgressMeter meter,
        ChannelWriter<CloneUpdate> updates,
        CancellationToken ct)
    {
        // With one batch label on all of them the server sends no other clone of the namespace.
        var batches = clones.Select(c => c.Request.Batch).Distinct(StringComparer.Ordinal).ToList();
        var scope = batches is [{ } batch] ? new WatchOptions { LabelSelector = $"{CloneLabels.Batch}={batch}" } : new WatchOptions();
        var events = new TrackerEvents(
            (reference, record, text) => updates.TryWrite(new CloneUpdate { Kind = CloneUpdateKind.Warning, Message = text, Record = record, Reference = reference }),
            (reference, record) => meter.Seen(reference, record));
        return await CloneTracker.CreateAsync(_cluster, scope, NeededState, events, ct);
    }

    // A clone object that is deleted before its volumes are bound takes their snapshot with it.
    private WaitState NeededState => _options is { PurgeOnSuccess: true, For: WaitState.Succeeded } ? WaitState.Bound : _options.For;

    private async Task MakeOneAsync(PlannedClone clone, BatchRun run, CancellationToken ct)
    {
        var succeeded = false;
        var item = new CloneReference(clone.Request.Namespace, clone.Request.CloneName!) { Input = clone.Original.Input };
        run.Meter.Begin(item);
        try
        {
            succeeded = await MakeAndFollowAsync(clone, item, run, ct);
        }
        finally
        {
            run.Window.Release();
            if (!ct.IsCancellationRequested)
                run.Meter.End(item, succeeded);
        }
    }

    private async Task<bool> MakeAndFollowAsync(PlannedClone clone, CloneReference item, BatchRun run, CancellationToken ct)
    {
        var outcome = await run.Method.CreateAsync(clone, ct);
        if (outcome.Fault is { } refused)
        {
            if (run.OneNamespace && refused.Exception is ApiStatusException status && FaultMapper.IsAccessDenied(status))
                throw new EngineException(refused);
            Fail(run, clone, refused, record: null);
            return false;
        }

        var record = outcome.Record! with { Method = run.Method.Method };
        if (_options.DryRun)
        {
            run.Updates.TryWrite(new CloneUpdate { Kind = CloneUpdateKind.Planned, Record = record, Request = clone.Original });
            return true;
        }

        Interlocked.Increment(ref _created);
        _cluster.Callbacks.Verbose?.Invoke(
            $"{clone.Request.SourceName} -> {clone.DisplayName}: clone {record.Name} {(outcome.TakenOver ? "was there already" : "created")}");
        if (run.Tracker is null)
        {
            run.Window.Success();
            Deliver(run, clone, record);
            return true;
        }

        var followed = await run.Tracker.FollowAsync(item, record, _options.Timeout, ct);
        return await FinishAsync(clone, followed, run, ct);
    }

    private async Task<bool> FinishAsync(PlannedClone clone, FollowOutcome followed, BatchRun run, CancellationToken ct)
    {
        if (followed.Fault is { } fault)
        {
            if (fault.Terminating)
                throw new EngineException(fault);
            if (fault.Id is FaultIds.QuotaExceeded or FaultIds.VMCloneSnapshotFailed)
                run.Window.Trouble();
            Fail(run, clone, fault, followed.Record);
            return false;
        }

        var record = followed.Record!;
        run.Window.Success();
        if (followed.Reservation is not null)
            run.Updates.TryWrite(new CloneUpdate { Kind = CloneUpdateKind.Warning, Message = followed.Reservation, Record = record, Request = clone.Original });
        if (_options.PurgeOnSuccess)
            await PurgeAsync(clone, record, run, ct);
        Deliver(run, clone, record);
        return true;
    }

    private async Task PurgeAsync(PlannedClone clone, CloneRecord record, BatchRun run, CancellationToken ct)
    {
        var problem = record.Bound
            ? (await new CloneCatalog(_cluster).RemoveAsync(record, includeTarget: false, ct))?.Message
            : "its volumes are not bound yet, and need it";
        if (problem is not null)
        {
            run.Updates.TryWrite(new CloneUpdate
            {
                Kind = CloneUpdateKind.Warning,
                Message = $"The clone object {record.Namespace}/{record.Name} was kept: {problem}",
                Record = record,
                Request = clone.Original,
            });
        }
    }

    private static void Deliver(BatchRun run, PlannedClone clone, CloneRecord record) =>
        run.Updates.TryWrite(new CloneUpdate { Kind = CloneUpdateKind.Record, Record = record, Request = clone.Original });

    private static void Fail(BatchRun run, PlannedClone clone, Fault fault, CloneRecord? record) =>
        run.Updates.TryWrite(new CloneUpdate { Kind = CloneUpdateKind.Fault, Fault = fault, Record = record, Request = clone.Original });

    private sealed record BatchRun(
        ICloneMethod Method,
        CloneTracker? Tracker,
        InFlightWindow Window,
        ProgressMeter Meter,
        ChannelWriter<CloneUpdate> Updates,
        bool OneNamespace);
}
