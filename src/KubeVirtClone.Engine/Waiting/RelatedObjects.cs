using k8s.Models;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

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
}

/// <summary>The objects around the clones of one namespace, each kind over one watch that starts when a clone gives reason to look. Used under the owner's lock.</summary>
internal sealed class RelatedObjects
{
    private readonly Dictionary<string, SnapshotFact> _snapshots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RestoreFact> _restores = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EventFact> _events = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MachineFact> _machines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, ClaimFact>> _claims = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClaimFact> _claimsByName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClaimState> _dataVolumes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _waitingForConsumer = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;
    private readonly WatchPump? _snapshotWatch;
    private readonly WatchPump? _restoreWatch;

    public RelatedObjects(KubeVirtCluster cluster, string ns, string? snapshotVersion, object gate)
    {
        _clock = cluster.Clock;
        if (snapshotVersion is not null)
        {
            _snapshotWatch = new(cluster, KubeVirtKinds.Snapshot(snapshotVersion), ns, new WatchOptions(), gate, e => Keep(e, _snapshots, ReadSnapshot));
            _restoreWatch = new(cluster, KubeVirtKinds.Restore(snapshotVersion), ns, new WatchOptions(), gate, e => Keep(e, _restores, ReadRestore));
        }

        Events = new(
            cluster,
            KubeVirtKinds.Event,
            ns,
            new WatchOptions { FieldSelector = "involvedObject.kind=VirtualMachineClone" },
            gate,
            OnEvent);
        ConsumerEvents = new(
            cluster,
            KubeVirtKinds.Event,
            ns,
            new WatchOptions { FieldSelector = "involvedObject.kind=PersistentVolumeClaim,reason=WaitForFirstConsumer" },
            gate,
            OnConsumerEvent);
        Machines = new(cluster, KubeVirtKinds.VirtualMachine, ns, new WatchOptions(), gate, e => Keep(e, _machines, ReadMachine));
        Claims = new(cluster, KubeVirtKinds.PersistentVolumeClaim, ns, new WatchOptions(), gate, OnClaim);
        DataVolumes = new(cluster, RelatedKinds.DataVolume, ns, new WatchOptions(), gate, e => Keep(e, _dataVolumes, ClaimState.OfDataVolume));
    }

    /// <summary>Watch of the clones' events.</summary>
    public WatchPump Events { get; }

    /// <summary>Watch of the events that tell which claims wait for their first consumer. Storage classes, which would tell too, are not for everybody to read.</summary>
    public WatchPump ConsumerEvents { get; }

    /// <summary>Watch of the machines.</summary>
    public WatchPump Machines { get; }

    /// <summary>Watch of the claims.</summary>
    public WatchPump Claims { get; }

    /// <summary>Watch of the data volumes.</summary>
    public WatchPump DataVolumes { get; }

    /// <summary>True once every snapshot that exists has been seen.</summary>
    public bool SnapshotsSynced => _snapshotWatch?.Synced == true;

    /// <summary>True once every restore that exists has been seen.</summary>
    public bool RestoresSynced => _restoreWatch?.Synced == true;

    public IEnumerable<WatchPump> All => new[] { _snapshotWatch, _restoreWatch, Events, ConsumerEvents, Machines, Claims, DataVolumes }.OfType<WatchPump>();

    /// <summary>Begins to look for what may keep a clone from going on.</summary>
    public void LookForTrouble(CancellationToken ct)
    {
        _snapshotWatch?.Start(ct);
        _restoreWatch?.Start(ct);
        Events.Start(ct);
    }

    public SnapshotFact? SnapshotOf(CloneRecord clone) => _snapshots.GetValueOrDefault(
        clone.SourceKind == SourceKinds.VirtualMachineSnapshot ? clone.SourceName : clone.SnapshotName ?? "tmp-snapshot-" + clone.Uid);

    public RestoreFact? RestoreOf(CloneRecord clone) =>
        clone.Method == CloneMethod.Restore ? ReadRestore(clone.Raw) : _restores.GetValueOrDefault(RestoreName(clone));

    public EventFact? EventsOf(CloneRecord clone) => _events.GetValueOrDefault(clone.Uid);

    public MachineFact? MachineOf(CloneRecord clone) => _machines.GetValueOrDefault(clone.TargetName);

    // The claims a restore lists are its own; others of its name may be left over from an earlier restore.
    public IReadOnlyCollection<ClaimFact> ClaimsOf(CloneRecord clone) => clone.Method switch
    {
        CloneMethod.Direct => [.. clone.ClaimNames.Select(n => _claimsByName.GetValueOrDefault(n)).OfType<ClaimFact>().Where(c => c.State.Machine == clone.Uid)],
        CloneMethod.Restore => [.. RestoreKeeper.Claims(clone.Raw).Select(n => _claimsByName.GetValueOrDefault(n)).OfType<ClaimFact>()],
        _ => _claims.TryGetValue(RestoreName(clone), out var claims) ? claims.Values : [],
    };

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
        .. wanted.Select(w => (w.Key, w.Value, Growth: _claimsByName.GetValueOrDefault(w.Key)?.Growth ?? default)).Where(w => !w.Growth.Has(w.Value)).Select(w => (w.Key, w.Growth)),
    ];

    /// <summary>A data volume of a clone's, or null.</summary>
    public ClaimState? DataVolumeOf(CloneRecord clone, string name) => _dataVolumes.TryGetValue(name, out var found) && found.Machine == clone.Uid ? found : null;

    /// <summary>The clone with what data volumes and claims tell of its disks. One that is filled may have been tidied away; its claim is the machine's own then.</summary>
    public CloneRecord WithDisks(CloneRecord clone) => clone.WithClaims(name => _dataVolumes.TryGetValue(name, out var found) ? found : _claimsByName.GetValueOrDefault(name)?.State);

    /// <summary>Whether a claim is known to wait until its machine starts.</summary>
    public bool WaitsForConsumer(ClaimFact claim) => _waitingForConsumer.Contains(claim.Name);

    /// <summary>A clone whose claims or data volumes are posted with its machine, with what is known of them; any other as it is.</summary>
    public CloneRecord Complete(TrackedClone clone, CloneRecord record)
    {
        if (!record.PostsDisks || clone.ClaimsMade || record.ClaimNames.Count == 0)
            return record;
        var disks = record.Method == CloneMethod.Direct ? Claims : DataVolumes;
        // Where they cannot be seen, the machine is all there is to go by.
        if (disks.Refused)
            return record;
        if (!disks.Synced)
            return record with { Phase = ClonePhase.RestoreInProgress, Ready = false };
        record = disks == Claims ? record.WithClaims(name => _claimsByName.GetValueOrDefault(name)?.State) : WithDisks(record);
        clone.ClaimsMade = record.Phase == ClonePhase.Succeeded;
        return record;
    }

    private static string RestoreName(CloneRecord clone) => clone.RestoreName ?? "tmp-restore-" + clone.Uid;

    private static void Keep<T>(ResourceEvent change, Dictionary<string, T> facts, Func<KubernetesObject, T> read)
    {
        if (change.Object is not { } item)
            return;
        if (change.Kind == ResourceEventKind.Deleted)
            facts.Remove(item.Name);
        else
            facts[item.Name] = read(item);
    }

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
                    RefusedSince = same ? before.RefusedSince : _clock.GetUtcNow(),
                };
                break;
            case "SourceVMWithBackendStorageInvalid" or "SnapshotContentInvalid" or "SnapshotDeleted":
                _events[uid] = before with { Failure = message };
                break;
        }
    }

    private void OnClaim(ResourceEvent change)
    {
        if (change.Object is not { } claim)
            return;
        var fact = new ClaimFact(claim.Name, claim.AsClaim().IsPending(), ClaimState.Of(claim)) { Growth = ClaimGrowth.Of(claim) };
        var restore = claim.Annotations.GetValueOrDefault("restore.kubevirt.io/name");
        if (restore is null && fact.State is { Machine: null, FilledByDataVolume: false })
            return;
        if (change.Kind == ResourceEventKind.Deleted)
            _claimsByName.Remove(claim.Name);
        else
            _claimsByName[claim.Name] = fact;
        if (restore is null)
            return;
        if (!_claims.TryGetValue(restore, out var ofRestore))
            _claims[restore] = ofRestore = new(StringComparer.Ordinal);
        if (change.Kind == ResourceEventKind.Deleted)
            ofRestore.Remove(claim.Name);
        else
            ofRestore[claim.Name] = fact;
    }

    private void OnConsumerEvent(ResourceEvent change)
    {
        if (change.Object is { } item && change.Kind != ResourceEventKind.Deleted && item.TryAs<Corev1Event>()?.InvolvedObject?.Name is { } claim)
            _waitingForConsumer.Add(claim);
    }
}
