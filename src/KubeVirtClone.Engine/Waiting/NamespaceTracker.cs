using System.Runtime.ExceptionServices;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>Follows the clones of one namespace over one watch of clones, and at most one of each kind around them.</summary>
internal sealed class NamespaceTracker
{
    // A clone that goes its way is left alone; one that stays in a phase this long is looked into.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UnseenPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan WakeInterval = TimeSpan.FromSeconds(5);

    private readonly HashSet<TrackedClone> _tracked = [];

    // Of clones that are followed no more nothing is kept, but that they were.
    private readonly HashSet<string> _over = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _following = new(StringComparer.Ordinal);
    private readonly WatchedCaches _caches;
    private readonly KubeVirtCluster _cluster;
    private readonly ResourceKind _kind;
    private readonly string _namespace;
    private readonly WaitState _for;
    private readonly TrackerEvents _events;
    private readonly ObjectCache<KubernetesObject> _clones;
    private readonly RelatedObjects _related;
    private readonly StuckFinder _stuck;
    private bool _warnedOfStopped;

    public NamespaceTracker(
        WatchedCaches caches,
        ResourceKind kind,
        string ns,
        string? snapshotVersion,
        WatchOptions scope,
        WaitState @for,
        TrackerEvents events,
        Func<string, string, bool>? isAwaited)
    {
        _caches = caches;
        _cluster = caches.Cluster;
        _kind = kind;
        _namespace = ns;
        _for = @for;
        _events = events;
        _clones = new(caches, kind, ns, scope, item => _over.Contains(item.Name) || isAwaited?.Invoke(ns, item.Name) == false ? null : item, optional: false);
        _related = new(caches, ns, snapshotVersion);
        _stuck = new(_cluster, ns);
    }

    /// <summary>Follows a clone until its wait is over.</summary>
    public async Task<FollowOutcome> FollowAsync(CloneReference reference, CloneRecord? initial, TimeSpan? timeout, CancellationToken ct)
    {
        var clone = new TrackedClone(reference, _cluster.SteadyNow, timeout);
        _caches.Do(() => Begin(clone, initial), reference.Name);
        try
        {
            return await _caches.UntilAsync(reference.Name, new Deadline(_cluster.Clock, timeout), late => Look(clone, late), ct);
        }
        finally
        {
            _caches.Do(() => End(clone), reference.Name);
        }
    }

    /// <summary>Some causes leave no trace on what is watched: a quota, a claim that is being deleted. All there is around the clones is read now and then.</summary>
    public void FindStuck()
    {
        if (_stuck.IsDue(_tracked, _cluster.SteadyNow))
            _ = FindStuckAsync();
    }

    private async Task FindStuckAsync()
    {
        if (await _stuck.ReadAsync(_caches.Stopped) is not { } reading)
            return;
        _caches.Do(() =>
        {
            foreach (var clone in _tracked)
                clone.Outcome ??= StuckFinder.Judge(clone, reading, _cluster.SteadyNow);
        });
    }

    private void Begin(TrackedClone clone, CloneRecord? initial)
    {
        _tracked.Add(clone);
        var (name, method) = (clone.Reference.Name, clone.Reference.Method);
        _following[name] = _following.GetValueOrDefault(name) + 1;
        clone.IsForgotten = _over.Remove(name);
        if (_for == WaitState.Running)
            _related.Machines.Start();
        // Who has just made it directly knows that its claims are made; of any other they have to be seen.
        clone.ClaimsMade = initial is { Method: CloneMethod.Direct or CloneMethod.DataVolume, Phase: ClonePhase.Succeeded };
        // Of a machine that has all it was made with, only its claims are looked at, which go with it: that it has gone they tell.
        if (_for != WaitState.Bound || !clone.ClaimsMade || method != CloneMethod.Direct || OutlivingClaims.MayHave(initial!.Raw))
            _clones.Start();
        // A clone object tells by itself when its volumes are bound; a restore and a machine do not.
        if (method == CloneMethod.Direct ? _for == WaitState.Bound || !clone.ClaimsMade : _for == WaitState.Bound && method == CloneMethod.Restore)
            _related.Claims.Start();
        if (_for == WaitState.Bound && method == CloneMethod.Direct)
            _related.ConsumerEvents.Start();
        if (method == CloneMethod.DataVolume && (_for == WaitState.Bound || !clone.ClaimsMade))
        {
            _related.DataVolumes.Start();
            _related.Claims.Start();
        }

        if (initial is not null)
            Update(clone, initial, _cluster.SteadyNow);
    }

    private void End(TrackedClone clone)
    {
        _tracked.Remove(clone);
        var name = clone.Reference.Name;
        if (--_following[name] > 0)
            return;
        _following.Remove(name);
        _over.Add(name);
        _clones[name] = null;
    }

    private FollowOutcome? Look(TrackedClone clone, bool late)
    {
        var now = _cluster.SteadyNow;
        clone.IsLate = late;
        clone.Failure?.Throw();
        See(clone, now);
        LookCloser(clone, now);
        if (clone is { Outcome: null, ClaimsMade: false, Record: { Method: CloneMethod.Direct } seen })
            Update(clone, CloneRecord.From(seen.Raw), now);
        if (clone.Outcome is null)
            Grow(clone);
        if ((clone.Outcome ??= WaitJudge.Judge(clone, _related, _for, now)) is { } outcome)
            return outcome;
        foreach (var notice in WaitJudge.Notices(clone, _related, now).Where(clone.Warned.Add))
            _events.Warn(clone.Reference, clone.Record, notice);
        WarnOfStopped(clone, now);
        return null;
    }

    private void See(TrackedClone clone, DateTimeOffset now)
    {
        var item = _clones[clone.Reference.Name];
        if (item is null && clone.IsForgotten)
        {
            Read(clone);
            return;
        }

        if (item is not null && item != clone.Shown)
            Show(clone, item, now);
        else if (item is null && clone.SeenByWatch)
            clone.Gone = true;
        else if (item is null && clone.Record is null && _clones.Synced)
            clone.Outcome ??= new(null, NotFound(clone));
        clone.Shown = item;
    }

    private void Show(TrackedClone clone, KubernetesObject item, DateTimeOffset now)
    {
        if (!SameObject(clone, item))
        {
            // Another object has the name. If ours was known it is gone; if not (an event from before ours was made), ours is still to come.
            if (clone.Record is null || clone.SeenByWatch || item.CreationTimestamp > clone.Record.CreationTimestamp)
                clone.Gone = true;
            if (clone.Record is null)
                clone.Outcome ??= new(CloneRecord.From(item), ReplacedFaults.OfClone(item, clone.Reference.Uid)! with { Id = FaultIds.VMCloneDeleted });
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
            _related.Claims.Start();
        _cluster.Times.Note(record, _cluster.Clock.GetUtcNow());
    }

    private static bool SameObject(TrackedClone clone, KubernetesObject item) =>
        (clone.Record?.Uid ?? clone.Reference.Uid) is not { Length: > 0 } uid || uid == item.Uid;

    private void LookCloser(TrackedClone clone, DateTimeOffset now)
    {
        if (clone.Record is not { } record || clone.Outcome is not null)
            return;
        var inPhase = now - clone.PhaseSince;
        if (record.Method == CloneMethod.Restore)
            WakeIfStuck(clone, record, now);
        else if (record.Phase == ClonePhase.Failed || (record.Phase != ClonePhase.Succeeded && inPhase >= Patience))
            _related.LookForTrouble();
        if (record.Phase == ClonePhase.Succeeded && _for == WaitState.Bound && !record.Bound && inPhase >= Patience)
            _related.Claims.Start();
        if (record is { Phase: ClonePhase.Succeeded, Bound: false, Method: CloneMethod.Clone or CloneMethod.Restore } && inPhase >= Patience)
            ReadDoubtful(clone, inPhase);
        if (record.Method == CloneMethod.Direct && clone.ClaimsMade && _related.MissesClaims(clone, record, late: now - clone.Started >= UnseenPatience))
            _clones.Start();
        if (!clone.SeenByWatch && _clones.Synced && now - clone.Started >= UnseenPatience)
            Read(clone);
    }

    private void Read(TrackedClone clone)
    {
        if (clone.BeingRead)
            return;
        clone.BeingRead = true;
        _ = ReadAsync(clone);
    }

    // KubeVirt tries a restore again only after a growing pause, whatever changes meanwhile.
    private void WakeIfStuck(TrackedClone clone, CloneRecord record, DateTimeOffset now)
    {
        if (record.Message.Length == 0 || record.Phase == ClonePhase.Succeeded || now - clone.PokedAt < WakeInterval)
            return;
        clone.PokedAt = now;
        _ = new RestoreKeeper(_cluster).WakeAsync(record.Namespace, record.Name, _caches.Stopped).ContinueWith(
            t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    // Their own Events tell who waits for its first consumer. What these do not tell is read once: a claim that is bound, and not yet seen so, would be taken for one that waits.
    private void ReadDoubtful(TrackedClone clone, TimeSpan inPhase)
    {
        if (clone.ClaimsBeingRead || _related.Doubtful(clone).ToList() is not { Count: > 0 } doubtful)
            return;
        _related.ConsumerEvents.Start();
        if (inPhase < Patience + Patience)
            return;
        clone.ClaimsBeingRead = true;
        _ = ReadClaimsAsync(clone, doubtful);
    }

    private Task ReadClaimsAsync(TrackedClone clone, List<string> names) => BesideAsync(
        clone,
        () => Task.WhenAll(names.Select(n => new KindReader(_cluster).FindAsync(KubeVirtKinds.PersistentVolumeClaim, _namespace, n, _caches.Stopped))),
        found =>
        {
            clone.ClaimsBeingRead = false;
            foreach (var (name, (claim, whyNot)) in names.Zip(found.Select(f => (f.Item, f.WhyNot))))
            {
                if (claim is not null)
                    _related.Take(claim);
                // Where it cannot be read, what is seen has to do.
                if (whyNot is not null || claim?.IsPending() == true)
                    clone.SeenPending.Add(name);
            }
        });

    private async Task ReadAsync(TrackedClone clone)
    {
        KubernetesObject? found;
        try
        {
            found = await _cluster.Client.FindAsync(_kind, _namespace, clone.Reference.Name, _caches.Stopped);
        }
        catch (Exception e) when (e is KubernetesException or OperationCanceledException)
        {
            _caches.Do(() => clone.BeingRead = false, clone.Reference.Name);
            return;
        }

        _caches.Do(
            () =>
            {
                // What was forgotten is looked at as if it had just been shown, whatever has its name now.
                var wasForgotten = clone.IsForgotten;
                clone.BeingRead = clone.IsForgotten = false;
                if (found is not null && (wasForgotten || SameObject(clone, found)))
                    _clones[found.Name] ??= found;
                else
                    clone.Gone = true;
            },
            clone.Reference.Name);
    }

    // Disks that are to be larger than the source's can be given more when they are bound.
    private void Grow(TrackedClone clone)
    {
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
    }

    private Task GrowAsync(TrackedClone clone, CloneRecord record) => BesideAsync(
        clone,
        () => new DiskGrowth(_cluster).CarryOutAsync(record, GrowthNote.Read(record.Raw), _caches.Stopped),
        outcome =>
        {
            if (outcome.Fault is { } fault)
                clone.Outcome ??= new(clone.Record, fault with { Terminating = false });
            clone.Grown = outcome.Claims;
        });

    private Task EndGrowthAsync(TrackedClone clone, CloneRecord record) => BesideAsync(
        clone,
        () => new DiskGrowth(_cluster).UnmarkAsync(record, _caches.Stopped),
        unmarked =>
        {
            clone.HasGrown = true;
            if (unmarked is not null)
                Update(clone, CloneRecord.From(unmarked), _cluster.SteadyNow);
        });

    // Work for one clone while the others are followed.
    private async Task BesideAsync<T>(TrackedClone clone, Func<Task<T>> work, Action<T> then)
    {
        try
        {
            var result = await work();
            _caches.Do(() => then(result), clone.Reference.Name);
        }
        catch (OperationCanceledException) when (_caches.Stopped.IsCancellationRequested)
        {
            // Nobody waits any more.
        }
#pragma warning disable CA1031 // Whatever it is, who waits for the clone has to hear of it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _caches.Do(() => clone.Failure = ExceptionDispatchInfo.Capture(e), clone.Reference.Name);
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

    private Fault NotFound(TrackedClone clone) => FaultMapper.Make(
        FaultIds.VMCloneNotFound,
        FaultCategory.ObjectNotFound,
        $"There is no clone '{clone.Reference.Name}' in namespace '{_namespace}'.",
        "Check name and namespace. KubeVirt also deletes a finished clone when its virtual machine is deleted.",
        clone.Reference.ToString());
}
