using System.Collections.Concurrent;
using System.Threading.Channels;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>What the clones of one operation have in common.</summary>
/// <param name="Window">How many may be in flight.</param>
/// <param name="Meter">Counts them.</param>
/// <param name="Updates">Where results go.</param>
/// <param name="Plan">What is to be made.</param>
/// <param name="Created">Called for each that was made or taken over.</param>
internal sealed record BatchRun(InFlightWindow Window, ProgressMeter Meter, ChannelWriter<ItemUpdate<CloneRecord>> Updates, ClonePlan Plan, Action Created)
{
    /// <summary>KubeVirt's version, when known.</summary>
    public Version? KubeVirt { get; init; }

    /// <summary>Whether everything is in one namespace, so that a right missing there ends everything.</summary>
    public bool OneNamespace { get; } = Plan.Clones.Select(c => c.Request.Namespace).Distinct(StringComparer.Ordinal).Count() == 1;

    public void Fail(PlannedClone clone, Fault fault, CloneRecord? record) =>
        Updates.TryWrite(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Fault, Fault = fault, Record = record, Input = clone.Original });

    public void Warn(Advice text, CloneRecord? record = null, CloneRequest? request = null) =>
        Updates.TryWrite(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Warning, Message = text, Record = record, Input = request });
}

/// <summary>How one clone ended.</summary>
/// <param name="Planned">Which one.</param>
/// <param name="Record">The clone as last seen; null when it was never made.</param>
/// <param name="Fault">What went wrong; null when nothing did.</param>
internal readonly record struct MadeClone(PlannedClone Planned, CloneRecord? Record, Fault? Fault);

/// <summary>Makes planned clones and follows them to the state waited for.</summary>
internal sealed class CloneMaker(KubeVirtCluster cluster, CloneOptions options, BatchRun run, FirstFailure ending) : IAsyncDisposable
{
    private readonly Dictionary<CloneMethod, ICloneMethod> _methods = [];
    private readonly Dictionary<CloneMethod, CloneTracker> _trackers = [];

    /// <summary>Longest wait for a clone whose machine is to be started, or whose disks are to grow, where no time is given.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(10);

    private readonly ClaimWindow _claims = new(cluster.Clock);
    private readonly ConcurrentBag<CloneRecord> _delivered = [];

    // Follows restores whose machines are to be started until they are complete, whatever is waited for then.
    private CloneTracker? _starts;

    public BatchRun Run => run;

    /// <summary>The clones that have reached what was waited for, as they are <see cref="CloneRecord.Kept"/>.</summary>
    public IReadOnlyCollection<CloneRecord> Delivered => _delivered;

    /// <summary>Prepares for the methods that occur; watches start when there is something to follow.</summary>
    public async Task StartAsync(IReadOnlyList<PlannedClone> clones)
    {
        // With one batch label on all of them the server sends no other clone of the namespace.
        var batches = clones.Select(c => c.Request.Batch).Distinct(StringComparer.Ordinal).ToList();
        var ofBatch = batches is [{ } batch] ? $"{CloneLabels.Batch}={batch}" : null;
        var methods = clones.Select(c => c.Method).ToHashSet();
        // What cannot be made directly after all is made by a restore of the same snapshot.
        if (options.Method == CloneMethodChoice.Auto && methods.Contains(CloneMethod.Direct))
            methods.Add(CloneMethod.Restore);
        foreach (var method in methods)
        {
            var scope = new WatchOptions { LabelSelector = !method.StandsAsMachine() ? ofBatch : string.Join(',', new[] { CloneRecord.MachineSelector, ofBatch }.OfType<string>()) };
            var kind = await cluster.GetKindAsync(method, ending.Token);
            _methods[method] = method.StandsAsMachine()
                ? new DirectMethod(cluster, options, run.Window, method)
                : new CloneApiMethod(cluster, kind, options, run.Window, method);
            if (options.DryRun)
                continue;
            if (method == CloneMethod.Restore)
                _starts = await CloneTracker.CreateAsync(cluster, kind, scope, WaitState.Succeeded, Events(), ending.Token);
            // Disks grow only once they are bound: such clones are followed so far, waited for or not.
            if (options.Wait || (!method.StandsAsMachine() && clones.Any(c => c.Request.DiskSizes is { Count: > 0 })))
                _trackers[method] = await CloneTracker.CreateAsync(cluster, kind, scope, NeededState, Events(), ending.Token);
        }
    }

    /// <summary>Makes clones one after the other as the window has room, and follows them side by side.</summary>
    /// <param name="clones">What to make.</param>
    /// <param name="made">Told of each as soon as it exists, or is known not to.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<MadeClone>> MakeAsync(IReadOnlyList<PlannedClone> clones, Action<MadeClone>? made, CancellationToken ct)
    {
        var running = new List<Task<MadeClone>>(clones.Count);
        try
        {
            foreach (var clone in clones)
            {
                // Only who waits for them sees when claims are bound.
                var room = await _claims.EnterAsync(options is { Wait: true, For: WaitState.Bound, DryRun: false } ? clone.Claims.Count : 0, ct);
                try
                {
                    await run.Window.AcquireAsync(ct);
                }
                catch
                {
                    room.Dispose();
                    throw;
                }

                var making = MakeOneAsync(clone, room, made, ct);
                running.Add(making);
                _ = ending.GuardAsync(making).ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }
        }
        finally
        {
            await Task.WhenAll(running);
        }

        return await Task.WhenAll(running);
    }

    /// <summary>Those of a group that its method can make; what becomes of the others is told.</summary>
    public IReadOnlyList<PlannedClone> Capable(SourceGroup group)
    {
        var others = group.Clones.Where(c => c.Existing is null && !c.Method.StandsAsMachine() && c.OnlyDirect is not null).ToList();
        foreach (var clone in others)
            FailOne(clone, DiskMethodCheck.Refusal(clone.Request.SourceName, clone.Method, clone.OnlyDirect!, clone.DisplayName));
        foreach (var clone in group.Clones.Where(c => c.Existing is null).Except(others).ToList())
        {
            if (VolumeOwnership.Refusal(clone.Request, clone.Method, clone.Source, run.KubeVirt, clone.DisplayName) is not { } unable)
                continue;
            FailOne(clone, unable);
            others.Add(clone);
        }

        return others.Count == 0 ? group.Clones : [.. group.Clones.Except(others)];
    }

    /// <summary>Ends clones that cannot be made, for a reason they have in common.</summary>
    public void FailAll(IEnumerable<PlannedClone> clones, Fault fault)
    {
        foreach (var clone in clones)
            FailOne(clone, fault with { TargetName = clone.DisplayName });
    }

    public void FailOne(PlannedClone clone, Fault fault)
    {
        run.Fail(clone, fault, record: null);
        run.Meter.End(clone, success: false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var tracker in _trackers.Values)
            await tracker.DisposeAsync();
        if (_starts is not null)
            await _starts.DisposeAsync();
        foreach (var method in _methods.Values.OfType<IDisposable>())
            method.Dispose();
    }

    // A clone object that is deleted before its volumes are bound takes their snapshot with it.
    private WaitState NeededState => options is { PurgeOnSuccess: true, For: WaitState.Succeeded } ? WaitState.Bound : options.For;

    private TrackerEvents Events() => new(
        (reference, record, text) => run.Updates.TryWrite(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Warning, Message = text, Record = record, Input = reference }),
        (reference, record) => run.Meter.Seen(reference, record));

    private async Task<MadeClone> MakeOneAsync(PlannedClone clone, IDisposable room, Action<MadeClone>? made, CancellationToken ct)
    {
        using var _ = room;
        using var place = new Place(run.Window);
        var succeeded = false;
        var item = new CloneReference(clone.Request.Namespace, clone.ObjectName) { Input = clone.Original.Input, Method = clone.Method };
        run.Meter.Begin(item);
        try
        {
            var result = await MakeAndFollowAsync(clone, item, place, made, ct);
            succeeded = result.Fault is null;
            result = result with { Record = result.Record?.Kept() };
            if (succeeded && options is { Wait: true, DryRun: false } && result.Record is { } reached)
                _delivered.Add(reached);
            return result;
        }
        finally
        {
            if (!ct.IsCancellationRequested)
                run.Meter.End(item, succeeded);
        }
    }

    private async Task<MadeClone> MakeAndFollowAsync(PlannedClone clone, CloneReference item, Place place, Action<MadeClone>? made, CancellationToken ct)
    {
        var outcome = await _methods[clone.Method].CreateAsync(clone, ct);
        made?.Invoke(new(clone, outcome.Record, outcome.Fault));
        if (outcome.Fault is { } refused)
        {
            if (run.OneNamespace && refused.Exception is ApiStatusException status && FaultMapper.IsAccessDenied(status))
                throw new EngineException(refused);
            run.Fail(clone, refused, record: null);
            return new(clone, null, refused);
        }

        var record = outcome.Record!;
        // From here on nobody works for it but the storage, and its claims are counted.
        if (clone is { Method: CloneMethod.Direct, Claims.Count: > 0 } && options is { ThrottleLimit: null, Wait: true, For: WaitState.Bound })
            place.Dispose();
        if (options.DryRun)
        {
            run.Updates.TryWrite(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Planned, Record = record, Input = clone.Original });
            return new(clone, record, null);
        }

        run.Created();
        if (outcome.Sent is { } sent)
            cluster.Times.NoteSent(record, sent);
        cluster.Callbacks.Verbose?.Invoke(
            $"{clone.Request.SourceName} -> {clone.DisplayName}: clone {record.Name} {(outcome.TakenOver ? "was there already" : "created")}");
        var left = options.Timeout;
        if (_starts is not null && HeldStart.IsPending(record.Raw))
        {
            var began = cluster.Clock.GetTimestamp();
            var complete = await StartMachineAsync(item, record, ct);
            if (complete.Fault is not null)
                return await FinishAsync(clone, complete, ct);
            record = complete.Record!;
            if (left is { } limit)
                left = limit > cluster.Clock.GetElapsedTime(began) ? limit - cluster.Clock.GetElapsedTime(began) : TimeSpan.Zero;
        }

        if (clone.Request.DiskSizes is { Count: > 0 } sizes && record is { Method: CloneMethod.Restore, Raw.Kind: SourceKinds.VirtualMachine })
        {
            // The restore has gone, and with it what it noted; whether its disks have grown only they tell.
            var grown = await new DiskGrowth(cluster).CarryOutAsync(record, sizes, ct);
            if (grown.Fault is not null)
                return await FinishAsync(clone, new(record, grown.Fault), ct);
        }

        if (!_trackers.TryGetValue(clone.Method, out var tracker) || !(options.Wait || record.IsGrowing))
        {
            run.Window.Success();
            Deliver(clone, record);
            return new(clone, record, null);
        }

        return await FinishAsync(clone, await tracker.FollowAsync(item, record, options.Wait ? left : left ?? StartPatience, ct), ct);
    }

    private async Task<FollowOutcome> StartMachineAsync(CloneReference item, CloneRecord record, CancellationToken ct)
    {
        var complete = await _starts!.FollowAsync(item, record, options.Timeout ?? StartPatience, ct);
        if (complete.Fault is not null)
            return complete;
        cluster.Callbacks.Verbose?.Invoke($"Starting {item.Namespace}/{record.TargetName}: its restore is complete");
        return await HeldStart.CarryOutAsync(cluster, complete.Record!, ct) is { } fault ? complete with { Fault = fault } : complete;
    }

    private async Task<MadeClone> FinishAsync(PlannedClone clone, FollowOutcome followed, CancellationToken ct)
    {
        if (followed.Fault is { } fault)
        {
            if (fault.Terminating)
                throw new EngineException(fault);
            if (fault.Id is FaultIds.QuotaExceeded or FaultIds.VMCloneSnapshotFailed)
                run.Window.Trouble();
            run.Fail(clone, fault, followed.Record);
            return new(clone, followed.Record, fault);
        }

        var record = followed.Record!;
        run.Window.Success();
        if (followed.Reservation is not null)
            run.Warn(followed.Reservation, record, clone.Original);
        if (options.PurgeOnSuccess)
            await PurgeAsync(clone, record, ct);
        Deliver(clone, record);
        return new(clone, record, null);
    }

    private async Task PurgeAsync(PlannedClone clone, CloneRecord record, CancellationToken ct)
    {
        // A machine stands for a clone whose object is gone already, or that never had one.
        if (record.Raw.Kind == SourceKinds.VirtualMachine)
            return;
        var problem = record.IsGrowing ? $"its disks are still to grow ({GrowthNote.Describe(record.Raw)})"
            : record.Bound
            ? (await new CloneRemoval(cluster).RemoveAsync(record, ct))?.Message
            : "its volumes are not bound yet, and need it";
        if (problem is not null)
            run.Warn($"The clone object {record.Namespace}/{record.Name} was kept: {problem}", record, clone.Original);
    }

    private void Deliver(PlannedClone clone, CloneRecord record) =>
        run.Updates.TryWrite(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Record, Record = record, Input = clone.Original });

    // What one clone holds of the window, given back once.
    private sealed class Place(InFlightWindow window) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            if (!_left)
                window.Release();
            _left = true;
        }
    }
}
