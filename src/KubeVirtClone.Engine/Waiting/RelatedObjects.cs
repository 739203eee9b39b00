using k8s.Models;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>What matters of a snapshot.</summary>
internal sealed record SnapshotFact(bool Failed, bool Ready, string? Error, string? Progress);

/// <summary>What matters of a restore: whether it is done, failed for good, or says an error that it will try again to overcome.</summary>
internal sealed record RestoreFact(bool Complete, string? Failure, string? Error);

/// <summary>What the clone controller reported about a clone in events.</summary>
internal sealed record EventFact(string? RestoreRefused, int RefusedCount, DateTimeOffset RefusedSince, string? Failure);

/// <summary>What matters of a machine.</summary>
internal sealed record MachineFact(string Status, bool IsHalted);

/// <summary>What matters of a claim that was made for a clone: by a restore, or for a machine that owns it.</summary>
internal sealed record ClaimFact(string Name, bool IsPending, ClaimState State)
{
    public bool IsBound => State.IsBound;

    /// <summary>How far it is where it was given a larger request.</summary>
    public ClaimGrowth Growth { get; init; }

    /// <summary>Name of the restore that made it, if one did.</summary>
    public string? Restore { get; init; }
}

/// <summary>The objects around the clones of one namespace, each kind over one watch that starts when a clone gives reason to look. Used under the owner's lock.</summary>
internal sealed class RelatedObjects
{
    private const string ClaimOfRestore = "restore.kubevirt.io/name";

    private readonly Dictionary<string, EventFact> _events = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _claimsOfRestore = new(StringComparer.Ordinal);
    private readonly HashSet<string> _waitingForConsumer = new(StringComparer.Ordinal);
    private readonly KubeVirtCluster _cluster;
    private readonly ObjectCache<SnapshotFact>? _snapshots;
    private readonly ObjectCache<RestoreFact>? _restores;

    public RelatedObjects(WatchedCaches caches, string ns, string? snapshotVersion)
    {
        _cluster = caches.Cluster;
        var all = new WatchOptions();
        if (snapshotVersion is not null)
        {
            _snapshots = new(caches, KubeVirtKinds.Snapshot(snapshotVersion), ns, all, ReadSnapshot, optional: true);
            _restores = new(caches, KubeVirtKinds.Restore(snapshotVersion), ns, all, ReadRestore, optional: true);
        }

        Events = new(caches, KubeVirtKinds.Event, ns, new WatchOptions { FieldSelector = "involvedObject.kind=VirtualMachineClone" }, optional: true, OnEvent);
        ConsumerEvents = new(
            caches, KubeVirtKinds.Event, ns, new WatchOptions { FieldSelector = "involvedObject.kind=PersistentVolumeClaim,reason=WaitForFirstConsumer" }, optional: true, OnConsumerEvent);
        Machines = new(caches, KubeVirtKinds.VirtualMachine, ns, all, ReadMachine, optional: true);
        Claims = new(caches, KubeVirtKinds.PersistentVolumeClaim, ns, all, ReadClaim, optional: true, static claim => claim.OwningMachine()?.Name ?? claim.Annotations.GetValueOrDefault(ClaimOfRestore));
        DataVolumes = new(caches, RelatedKinds.DataVolume, ns, all, ClaimState.OfDataVolume, optional: true);
    }

    /// <summary>Watch of the clones' events.</summary>
    public ObjectWatch Events { get; }

    /// <summary>Watch of the events that tell which claims wait for their first consumer. Storage classes, which would tell too, are not for everybody to read.</summary>
    public ObjectWatch ConsumerEvents { get; }

    /// <summary>Watch of the machines.</summary>
    public ObjectCache<MachineFact> Machines { get; }

    /// <summary>Watch of the claims.</summary>
    public ObjectCache<ClaimFact> Claims { get; }

    /// <summary>Watch of the data volumes.</summary>
    public ObjectCache<ClaimState> DataVolumes { get; }

    /// <summary>True once every snapshot that exists has been seen.</summary>
    public bool SnapshotsSynced => _snapshots?.Synced == true;

    /// <summary>True once every restore that exists has been seen.</summary>
    public bool RestoresSynced => _restores?.Synced == true;

    /// <summary>Begins to look for what may keep a clone from going on.</summary>
    public void LookForTrouble()
    {
        _snapshots?.Start();
        _restores?.Start();
        Events.Start();
    }

    public SnapshotFact? SnapshotOf(CloneRecord clone) =>
        _snapshots?[clone.SourceSnapshot ?? clone.SnapshotName ?? "tmp-snapshot-" + clone.Uid];

    public RestoreFact? RestoreOf(CloneRecord clone) =>
        clone.Method == CloneMethod.Restore ? ReadRestore(clone.Raw) : _restores?[RestoreName(clone)];

    public EventFact? EventsOf(CloneRecord clone) => _events.GetValueOrDefault(clone.Uid);

    public MachineFact? MachineOf(CloneRecord clone) => Machines[clone.TargetName];

    // The claims a restore lists are its own; others of its name may be left over from an earlier restore.
    public IReadOnlyCollection<ClaimFact> ClaimsOf(CloneRecord clone) => clone.Method switch
    {
        CloneMethod.Direct => [.. Named(clone.ClaimNames).Where(c => c.State.Machine == clone.Uid)],
        CloneMethod.Restore => [.. Named(RestoreKeeper.Claims(clone.Raw))],
        _ => [.. Named(_claimsOfRestore.GetValueOrDefault(RestoreName(clone)) ?? []).Where(c => c.Restore == RestoreName(clone))],
    };

    /// <summary>Whether claims that a machine was made with are gone.</summary>
    /// <param name="clone">The clone.</param>
    /// <param name="record">It, as last seen.</param>
    /// <param name="late">Whether those should have been seen by now that never were.</param>
    public bool MissesClaims(TrackedClone clone, CloneRecord record, bool late)
    {
        var seen = ClaimsOf(record).Count;
        clone.ClaimsSeen = Math.Max(clone.ClaimsSeen, seen);
        return seen < clone.ClaimsSeen || (late && Claims.Synced && seen < record.ClaimNames.Count);
    }

    /// <summary>Whether all volumes of a clone that KubeVirt made are there: they can be given more only then.</summary>
    public bool AreBound(CloneRecord clone)
    {
        if (clone.Bound)
            return true;
        var claims = ClaimsOf(clone);
        return Claims.Synced && claims.Count > 0 && claims.All(c => c.IsBound)
            && (clone.Method != CloneMethod.Restore || claims.Count == RestoreKeeper.Claims(clone.Raw).Count);
    }

    /// <summary>Whether a clone's claims have been given what they were to have. Where they may not be seen, there is nothing to wait for.</summary>
    /// <param name="wanted">Bytes by claim.</param>
    public bool HaveGrown(IReadOnlyDictionary<string, decimal> wanted) => Claims.Refused || (Claims.Synced && Ungrown(wanted).Count == 0);

    /// <summary>Those of a clone's claims that have not been given what they were to have, as far as is seen, with how far they are.</summary>
    /// <param name="wanted">Bytes by claim.</param>
    public IReadOnlyList<(string Claim, ClaimGrowth Growth)> Ungrown(IReadOnlyDictionary<string, decimal>? wanted) => wanted is null || !Claims.Synced ? [] :
    [
        .. wanted.Select(w => (w.Key, w.Value, Growth: Claims[w.Key]?.Growth ?? default)).Where(w => !w.Growth.Has(w.Value)).Select(w => (w.Key, w.Growth)),
    ];

    /// <summary>A data volume of a clone's, or null.</summary>
    public ClaimState? DataVolumeOf(CloneRecord clone, string name) => DataVolumes[name] is { } found && found.Machine == clone.Uid ? found : null;

    /// <summary>The clone with what data volumes and claims tell of its disks. One that is filled may have been tidied away; its claim is the machine's own then.</summary>
    public CloneRecord WithDisks(CloneRecord clone) => clone.WithClaims(name => DataVolumes[name] ?? Claims[name]?.State);

    /// <summary>Whether a claim is known to wait until its machine starts.</summary>
    public bool WaitsForConsumer(ClaimFact claim) => _waitingForConsumer.Contains(claim.Name);

    /// <summary>Names of the claims of a clone that the watch shows as pending, of which it is not sure that they wait for their first consumer: it may come late.</summary>
    public IEnumerable<string> Doubtful(TrackedClone clone) => clone.Record is not { } record ? []
        : ClaimsOf(record).Where(c => c.IsPending && !WaitsForConsumer(c) && !clone.SeenPending.Contains(c.Name)).Select(c => c.Name);

    /// <summary>Takes a claim that was read by itself for what is known of it.</summary>
    public void Take(KubernetesObject claim) => Claims[claim.Name] = ReadClaim(claim);

    /// <summary>A clone whose claims or data volumes are posted with its machine, with what is known of them; any other as it is.</summary>
    public CloneRecord Complete(TrackedClone clone, CloneRecord record)
    {
        if (!record.PostsDisks || clone.ClaimsMade || record.ClaimNames.Count == 0)
            return record;
        ObjectWatch disks = record.Method == CloneMethod.Direct ? Claims : DataVolumes;
        // Where they cannot be seen, the machine is all there is to go by.
        if (disks.Refused)
            return record;
        if (!disks.Synced)
            return record with { Phase = ClonePhase.RestoreInProgress, Ready = false };
        record = disks == Claims ? record.WithClaims(name => Claims[name]?.State) : WithDisks(record);
        clone.ClaimsMade = record.Phase == ClonePhase.Succeeded;
        return record;
    }

    private IEnumerable<ClaimFact> Named(IEnumerable<string> names) => names.Select(n => Claims[n]).OfType<ClaimFact>();

    private static string RestoreName(CloneRecord clone) => clone.RestoreName ?? "tmp-restore-" + clone.Uid;

    private static SnapshotFact ReadSnapshot(KubernetesObject snapshot) => new(
        snapshot.StringAt("status", "phase") == "Failed" || snapshot.Condition("Failure")?.IsTrue == true,
        snapshot.IsTrueAt("status", "readyToUse"),
        snapshot.StringAt("status", "error", "message") ?? (snapshot.Condition("Failure") is { IsTrue: true } failure ? failure.Reason : null),
        snapshot.Condition("Progressing")?.Reason);

    private static RestoreFact ReadRestore(KubernetesObject restore)
    {
        var complete = restore.IsTrueAt("status", "complete");
        var failure = restore.Condition("Failure") is { IsTrue: true } f ? f.Reason ?? f.Message ?? "no reason given" : null;
        // An error shows as both conditions false with the same text; while all is well one of them is true.
        var progressing = restore.Condition("Progressing");
        var ready = restore.Condition("Ready");
        var error = !complete && progressing is { IsTrue: false } && ready is { IsTrue: false } ? progressing.Reason : null;
        return new(complete, failure, error);
    }

    private static MachineFact ReadMachine(KubernetesObject vm)
    {
        var record = VirtualMachineRecord.From(vm);
        return new(record.Status, record.RunStrategy == "Halted");
    }

    private void OnEvent(ResourceEvent change)
    {
        if (change.Object is not { } item || change.Kind == ResourceEventKind.Deleted || item.TryAs<Corev1Event>() is not { InvolvedObject.Uid: { } uid } read)
            return;
        var message = read.Message ?? "";
        var before = _events.GetValueOrDefault(uid) ?? new EventFact(null, 0, default, null);
        switch (read.Reason)
        {
            case "RestoreCreationFailed":
                var count = read.Count ?? 1;
                var same = before.RestoreRefused == message;
                _events[uid] = before with
                {
                    RestoreRefused = message,
                    RefusedCount = Math.Max(count, same ? before.RefusedCount : 0),
                    RefusedSince = same ? before.RefusedSince : _cluster.SteadyNow,
                };
                break;
            case "SourceVMWithBackendStorageInvalid" or "SnapshotContentInvalid" or "SnapshotDeleted":
                _events[uid] = before with { Failure = message };
                break;
        }
    }

    private ClaimFact? ReadClaim(KubernetesObject claim)
    {
        var restore = claim.Annotations.GetValueOrDefault(ClaimOfRestore);
        var fact = new ClaimFact(claim.Name, claim.IsPending(), ClaimState.Of(claim)) { Growth = ClaimGrowth.Of(claim), Restore = restore };
        if (restore is null)
            return fact.State is { Machine: null, FilledByDataVolume: false } ? null : fact;
        if (!_claimsOfRestore.TryGetValue(restore, out var names))
            _claimsOfRestore[restore] = names = new(StringComparer.Ordinal);
        names.Add(claim.Name);
        return fact;
    }

    private void OnConsumerEvent(ResourceEvent change)
    {
        if (change.Object is { } item && change.Kind != ResourceEventKind.Deleted && item.TryAs<Corev1Event>()?.InvolvedObject?.Name is { } claim)
            _waitingForConsumer.Add(claim);
    }
}
