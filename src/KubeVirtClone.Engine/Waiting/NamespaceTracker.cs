using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>Follows the clones of one namespace over one watch of clones, and at most one of each kind around them.</summary>
internal sealed class NamespaceTracker
{
    // A clone that goes its way is left alone; one that stays in a phase this long is looked into.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UnseenPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan WakeInterval = TimeSpan.FromSeconds(5);

    private readonly object _gate = new();
    private readonly Dictionary<string, List<TrackedClone>> _tracked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubernetesObject> _seen = new(StringComparer.Ordinal);
    private readonly KubeVirtCluster _cluster;
    private readonly ResourceKind _kind;
    private readonly string _namespace;
    private readonly WaitState _for;
    private readonly TrackerEvents _events;
    private readonly CancellationToken _ct;
    private readonly WatchPump _clones;
    private readonly RelatedObjects _related;
    private Fault? _refused;
    private readonly StuckFinder _stuck;
    private bool _warnedOfStopped;

    public NamespaceTracker(
        KubeVirtCluster cluster,
        ResourceKind kind,
        string ns,
        string? snapshotVersion,
        WatchOptions scope,
        WaitState @for,
        TrackerEvents events,
        CancellationToken ct)
    {
        _cluster = cluster;
        _kind = kind;
        _namespace = ns;
        _for = @for;
        _events = events;
        _ct = ct;
        _clones = new(cluster, kind, ns, scope, _gate, OnClone, OnRefused);
        _related = new(cluster, ns, snapshotVersion, _gate);
        _stuck = new(cluster, ns);
    }

    /// <summary>Follows a clone until its wait is over.</summary>
    public Task<FollowOutcome> FollowAsync(CloneReference reference, CloneRecord? initial, TimeSpan? timeout)
    {
        lock (_gate)
        {
            var now = _cluster.Clock.GetUtcNow();
            var clone = new TrackedClone(reference, now, timeout is { } t ? now + t : null);
            if (_refused is not null)
                return Task.FromResult(new FollowOutcome(initial, _refused));
            if (!_tracked.TryGetValue(reference.Name, out var sameName))
                _tracked[reference.Name] = sameName = [];
            sameName.Add(clone);
            _clones.Start(_ct);
            if (_for == WaitState.Running)
                _related.Machines.Start(_ct);
            // Who has just made it directly knows that its claims are made; of any other they have to be seen.
            clone.ClaimsMade = initial is { Method: CloneMethod.Direct or CloneMethod.DataVolume, Phase: ClonePhase.Succeeded };
            // A clone object tells by itself when its volumes are bound; a restore and a machine do not.
            if (reference.Method == CloneMethod.Direct ? _for == WaitState.Bound || !clone.ClaimsMade : _for == WaitState.Bound && reference.Method == CloneMethod.Restore)
                _related.Claims.Start(_ct);
            if (_for == WaitState.Bound && reference.Method == CloneMethod.Direct)
                _related.ConsumerEvents.Start(_ct);
            if (reference.Method == CloneMethod.DataVolume && (_for == WaitState.Bound || !clone.ClaimsMade))
            {
                _related.DataVolumes.Start(_ct);
                _related.Claims.Start(_ct);
            }

            if (initial is not null)
                Update(clone, initial, now);
            if (_seen.TryGetValue(reference.Name, out var known))
                Show(clone, known, now);
            if (_clones.Synced)
                JudgeMissing(clone, now);
            Decide(clone, now);
            return clone.Outcome.Task;
        }
    }

    /// <summary>Looks at every clone again: for what only time changes.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            var now = _cluster.Clock.GetUtcNow();
            foreach (var clone in _tracked.Values.SelectMany(c => c).ToList())
            {
                LookCloser(clone, now);
                Decide(clone, now);
            }

            if (_stuck.IsDue(_tracked.Values.SelectMany(c => c), now))
                _ = FindStuckAsync();
        }
    }

    // Some causes leave no trace on what is watched: a quota, a claim that is being deleted. All there is around the clones is read now and then.
    private async Task FindStuckAsync()
    {
        if (await _stuck.ReadAsync(_ct) is not { } reading)
            return;
        lock (_gate)
        {
            foreach (var clone in _tracked.Values.SelectMany(c => c).ToList())
            {
                if (StuckFinder.Judge(clone, reading) is { } outcome)
                    End(clone, outcome);
            }
        }
    }

    public Task CompletionAsync() => Task.WhenAll(_related.All.Append(_clones).Select(w => w.Completion));

    // Without this watch no clone of the namespace can be followed, so it ends the wait as a whole.
    private void OnRefused(Fault fault)
    {
        _refused = fault = fault with { Terminating = true };
        foreach (var clone in _tracked.Values.SelectMany(c => c).ToList())
            End(clone, new(clone.Record, fault));
    }

    private void OnClone(ResourceEvent change)
    {
        var now = _cluster.Clock.GetUtcNow();
        if (change.Object is not { } item)
        {
            foreach (var clone in _tracked.Values.SelectMany(c => c).ToList())
            {
                JudgeMissing(clone, now);
                Decide(clone, now);
            }

            return;
        }

        if (change.Kind == ResourceEventKind.Deleted)
            _seen.Remove(item.Name);
        else
            _seen[item.Name] = item;
        foreach (var clone in _tracked.GetValueOrDefault(item.Name)?.ToList() ?? [])
        {
            if (change.Kind == ResourceEventKind.Deleted)
                clone.Gone |= SameObject(clone, item);
            else
                Show(clone, item, now);
            Decide(clone, now);
        }
    }

    private void Show(TrackedClone clone, KubernetesObject item, DateTimeOffset now)
    {
        if (!SameObject(clone, item))
        {
            // Another object has the name. If ours was known it is gone; if not (an event from before ours was made), ours is still to come.
            if (clone.Record is null || clone.SeenByWatch || item.CreationTimestamp > clone.Record.CreationTimestamp)
                clone.Gone = true;
            if (clone.Record is null)
                End(clone, new(CloneRecord.From(item), ReplacedFaults.OfClone(item, clone.Reference.Uid)! with { Id = FaultIds.VMCloneDeleted }));
            return;
        }

        clone.SeenByWatch = true;
        var record = CloneRecord.From(item);
        Update(clone, record, now);
        _events.Seen?.Invoke(clone.Reference, record);
    }

    private void Update(TrackedClone clone, CloneRecord record, DateTimeOffset now)
    {
        record = _related.Complete(clone, record);
        clone.Update(record, now);
        // Whatever is waited for: they grow when they are bound.
        if (record.IsGrowing)
            _related.Claims.Start(_ct);
        _cluster.Times.Note(record, now);
    }

    private static bool SameObject(TrackedClone clone, KubernetesObject item) =>
        (clone.Record?.Uid ?? clone.Reference.Uid) is not { Length: > 0 } uid || uid == item.Uid;

    // Called when everything that exists has been shown.
    private void JudgeMissing(TrackedClone clone, DateTimeOffset now)
    {
        if (_seen.ContainsKey(clone.Reference.Name) || clone.Outcome.Task.IsCompleted)
            return;
        if (clone.SeenByWatch)
            clone.Gone = true;
        else if (clone.Record is null)
            End(clone, new(null, NotFound(clone)));
        else
            LookCloser(clone, now);
    }

    private void LookCloser(TrackedClone clone, DateTimeOffset now)
    {
        if (clone.Record is not { } record || clone.Outcome.Task.IsCompleted)
            return;
        var inPhase = now - clone.PhaseSince;
        if (record.Method == CloneMethod.Restore)
            WakeIfStuck(clone, record, now);
        else if (record.Phase == ClonePhase.Failed || (record.Phase != ClonePhase.Succeeded && inPhase >= Patience))
            _related.LookForTrouble(_ct);
        if (record.Phase == ClonePhase.Succeeded && _for == WaitState.Bound && !record.Bound && inPhase >= Patience)
            _related.Claims.Start(_ct);
        if (!clone.SeenByWatch && !clone.BeingRead && _clones.Synced && now - clone.Started >= UnseenPatience)
        {
            clone.BeingRead = true;
            _ = ReadAsync(clone);
        }
    }

    // KubeVirt tries a restore again only after a growing pause, whatever changes meanwhile.
    private void WakeIfStuck(TrackedClone clone, CloneRecord record, DateTimeOffset now)
    {
        if (record.Message.Length == 0 || record.Phase == ClonePhase.Succeeded || now - clone.PokedAt < WakeInterval)
            return;
        clone.PokedAt = now;
        _ = new RestoreKeeper(_cluster).WakeAsync(record.Namespace, record.Name, _ct).ContinueWith(
            t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private async Task ReadAsync(TrackedClone clone)
    {
        KubernetesObject? found;
        try
        {
            found = await _cluster.Client.FindAsync(_kind, _namespace, clone.Reference.Name, _ct);
        }
        catch (Exception e) when (e is KubernetesException or OperationCanceledException)
        {
            lock (_gate)
                clone.BeingRead = false;
            return;
        }

        lock (_gate)
        {
            var now = _cluster.Clock.GetUtcNow();
            clone.BeingRead = false;
            if (found is not null && SameObject(clone, found))
                Show(clone, found, now);
            else
                clone.Gone = true;
            Decide(clone, now);
        }
    }

    private void Decide(TrackedClone clone, DateTimeOffset now)
    {
        if (clone.Outcome.Task.IsCompleted)
            return;
        if (clone is { ClaimsMade: false, Record: { Method: CloneMethod.Direct } seen })
            Update(clone, CloneRecord.From(seen.Raw), now);
        if (clone is { GrowthBegun: false, Record: { IsGrowing: true, Phase: ClonePhase.Succeeded } done } && _related.AreBound(done))
        {
            clone.GrowthBegun = true;
            _ = GrowAsync(clone, done);
        }

        // Who waits for it sees the storage give it, and only then says that it is done.
        if (clone is { GrowthEnded: false, Grown: { } grown, Record: { } larger } && (_for != WaitState.Bound || _related.HaveGrown(grown)))
        {
            clone.GrowthEnded = true;
            _ = EndGrowthAsync(clone, larger);
        }

        if (WaitJudge.Judge(clone, _related, _for, now) is { } outcome)
        {
            End(clone, outcome);
            return;
        }

        foreach (var notice in WaitJudge.Notices(clone, _related, now).Where(clone.Warned.Add))
            _events.Warn(clone.Reference, clone.Record, notice);
        WarnOfStopped(clone, now);
    }

    private Task GrowAsync(TrackedClone clone, CloneRecord record) => BesideAsync(
        clone,
        () => new DiskGrowth(_cluster).CarryOutAsync(record, GrowthNote.Read(record.Raw), _ct),
        outcome =>
        {
            if (outcome.Fault is { } fault)
                End(clone, new(clone.Record, fault with { Terminating = false }));
            clone.Grown = outcome.Claims;
        });

    private Task EndGrowthAsync(TrackedClone clone, CloneRecord record) => BesideAsync(
        clone,
        () => new DiskGrowth(_cluster).UnmarkAsync(record, _ct),
        unmarked =>
        {
            clone.HasGrown = true;
            if (unmarked is not null)
                Update(clone, CloneRecord.From(unmarked), _cluster.Clock.GetUtcNow());
        });

    // Work for one clone while the others are followed.
    private async Task BesideAsync<T>(TrackedClone clone, Func<Task<T>> work, Action<T> then)
    {
        try
        {
            var result = await work();
            lock (_gate)
            {
                then(result);
                Decide(clone, _cluster.Clock.GetUtcNow());
            }
        }
        catch (OperationCanceledException) when (_ct.IsCancellationRequested)
        {
            // Nobody waits any more.
        }
#pragma warning disable CA1031 // Whatever it is, who waits for the clone has to hear of it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            clone.Outcome.TrySetException(e);
        }
    }

    private void WarnOfStopped(TrackedClone clone, DateTimeOffset now)
    {
        if (_warnedOfStopped || _for != WaitState.Running || clone.Record is not { Phase: ClonePhase.Succeeded } record
            || now - clone.PhaseSince < Patience || _related.MachineOf(record) is not { IsHalted: true })
        {
            return;
        }

        _warnedOfStopped = true;
        _events.Warn(
            clone.Reference,
            record,
            $"Clones are made stopped: {record.TargetName} waits for somebody to start it, and so do others made like it. Pipe the clones to {CommandName.StartVM}, or patch /spec/runStrategy.");
    }

    private void End(TrackedClone clone, FollowOutcome outcome)
    {
        if (!clone.Outcome.TrySetResult(outcome))
            return;
        if (_tracked.TryGetValue(clone.Reference.Name, out var sameName) && sameName.Remove(clone) && sameName.Count == 0)
            _tracked.Remove(clone.Reference.Name);
    }

    private Fault NotFound(TrackedClone clone) => FaultMapper.Make(
        FaultIds.VMCloneNotFound,
        FaultCategory.ObjectNotFound,
        $"There is no clone '{clone.Reference.Name}' in namespace '{_namespace}'.",
        "Check name and namespace. KubeVirt also deletes a finished clone when its virtual machine is deleted.",
        clone.Reference.ToString());
}
