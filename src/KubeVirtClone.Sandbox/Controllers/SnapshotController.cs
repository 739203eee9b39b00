using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// The VirtualMachineSnapshot controller: locks the VM (one snapshot at a time; others try again every 5 s while their deadlines
/// run), makes the content, mirrors its state, and gives up at the deadline.
/// </summary>
internal sealed class SnapshotController
{
    public const string Finalizer = "snapshot.kubevirt.io/vmsnapshot-protection";
    public const string Component = "snapshot-controller";
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LockRetry = TimeSpan.FromSeconds(5);
    private readonly Cluster _cluster;
    private readonly StorageLookups _storage;
    private readonly WorkQueue _queue;
    private readonly WorkQueue _machineQueue;
    private readonly ObjectIndex _byMachine;
    private readonly ObjectIndex _machinesByClaim;
    private readonly SnapshotContents _contents;
    private readonly WaitingLine _line = new();

    public SnapshotController(Cluster cluster, StorageLookups storage)
    {
        _cluster = cluster;
        _storage = storage;
        _contents = new SnapshotContents(cluster, storage);
        _queue = cluster.Queue(Reconcile, workers: 6);
        _machineQueue = cluster.Queue(ReconcileMachine);
        _byMachine = cluster.Index(cluster.Snapshots, s => [Cluster.Key(s.Namespace(), s.TextAt("spec", "source", "name") ?? "")]);
        // The claim of a memory dump wakes nobody: what is said of it stays until the VM itself is looked at again.
        _machinesByClaim = cluster.Index(cluster.Machines, m => VirtualMachines.Volumes(m).Where(v => v["memoryDump"] is null).Select(VirtualMachines.ClaimName).OfType<string>().Select(c => Cluster.Key(m.Namespace(), c)));
        cluster.On(cluster.Snapshots, e =>
        {
            // A round trip lies between a snapshot's making and its first status, and between its end and the release of its VM: others
            // see the one and not yet the other.
            if (e.Type == StoreEventType.Added || (e.Type == StoreEventType.Modified && e.Object.TextAt("status", "phase") == "Succeeded" && e.Old.TextAt("status", "phase") != "Succeeded"))
                _queue.AddAfter(Cluster.Key(e.Object), cluster.Settings.Scaled(RoundTrip));
            else
                _queue.Add(Cluster.Key(e.Object));
        });
        cluster.On(cluster.Contents, e =>
        {
            if (e.Object.TextAt("spec", "virtualMachineSnapshotName") is { } name)
                _queue.Add(Cluster.Key(e.Object.Namespace(), name));
        });
        cluster.On(cluster.Machines, e =>
        {
            if (cluster.Settings.Pacing || e.Type != StoreEventType.Modified)
                WakeSnapshotsOf(e.Object);
            else
                WakeNext(e.Object);
            if (e.Type == StoreEventType.Added)
                _machineQueue.AddAfter(Cluster.Key(e.Object), cluster.Settings.Scaled(RoundTrip));
            else
                _machineQueue.Add(Cluster.Key(e.Object));
        });
        cluster.On(cluster.Instances, e => WakeSnapshotsOf(e.Object));
        cluster.On(cluster.Claims, e => WakeMachines(e.Object));
        cluster.On(cluster.DataVolumes, e => WakeMachines(e.Object));
        cluster.On(cluster.VolumeSnapshotClasses, _ => _machineQueue.Add(cluster.Api.List(cluster.Machines, null).Select(Cluster.Key)));
    }

    /// <summary>The name in the status, else the one it will have.</summary>
    public static string ContentName(JsonObject snapshot) =>
        snapshot.TextAt("status", "virtualMachineSnapshotContentName") ?? "vmsnapshot-content-" + snapshot.Uid();

    private void WakeSnapshotsOf(JsonObject machine)
    {
        foreach (var key in _cluster.Settings.MapOrder(_byMachine.Find(Cluster.Key(machine))))
            _queue.Add(key);
    }

    // KubeVirt wakes all snapshots of a VM whenever it changes, so that n of one VM cost n² steps. Without pacing only those that can
    // get on are woken: the one that holds the VM, else the next in line; the others look again by themselves.
    private void WakeNext(JsonObject machine)
    {
        var key = Cluster.Key(machine);
        if (machine.TextAt("status", "snapshotInProgress") is { Length: > 0 } holder)
            _queue.Add(Cluster.Key(machine.Namespace(), holder));
        else if (_line.Next(key, MayStillWait) is { } next)
            _queue.Add(next);

        bool MayStillWait(string waiting) => _cluster.Get(_cluster.Snapshots, waiting) is { } snapshot && IsProgressing(snapshot) && !snapshot.IsDeleting();
    }

    private void WakeMachines(JsonObject volume) => _machineQueue.Add(_machinesByClaim.Find(Cluster.Key(volume)));

    // status.volumeSnapshotStatuses of the VM is the snapshot controller's to write.
    private TimeSpan? ReconcileMachine(string key)
    {
        if (_cluster.Get(_cluster.Machines, key) is not { } machine)
            return null;
        var status = machine.ObjectAt("status")?.Copy() ?? [];
        var list = new JsonArray([.. VirtualMachines.Volumes(machine).Select(v => (JsonNode?)_storage.SnapshotStatus(machine, v))]);
        if (list.Count == 0)
            status.Remove("volumeSnapshotStatuses");
        else
            status["volumeSnapshotStatuses"] = list;
        _cluster.WriteStatus(_cluster.Machines, machine, status);
        return null;
    }

    public static bool IsDeletePolicy(JsonObject snapshot) => snapshot.TextAt("spec", "deletionPolicy") is null or "Delete";

    /// <summary>Content goes with the snapshot unless it is to be retained and is ready.</summary>
    public static bool ContentGoes(JsonObject snapshot, JsonObject content) =>
        IsDeletePolicy(snapshot) || content.FlagAt("status", "readyToUse") is not true;

    public bool IsTerminating(JsonObject snapshot) => snapshot.IsDeleting() || IsPastDeadline(snapshot);

    private static bool IsProgressing(JsonObject snapshot) => snapshot.TextAt("status", "phase") is not ("Failed" or "Succeeded");

    private bool IsPastDeadline(JsonObject snapshot) => snapshot.TextAt("status", "phase") == "Failed"
        || (IsProgressing(snapshot) && SnapshotDeadline.Left(snapshot, _cluster) < TimeSpan.Zero);

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.Snapshots, key) is not { } snapshot)
            return null;
        var source = SnapshotSource.Find(_cluster, snapshot);
        var content = _cluster.Get(_cluster.Contents, snapshot.Namespace(), ContentName(snapshot));
        var terminating = IsTerminating(snapshot);
        if (!terminating)
            snapshot = _cluster.AddFinalizer(_cluster.Snapshots, snapshot, Finalizer);
        TimeSpan? retry = null;
        var mayGo = true;
        if (snapshot["status"] is not null && source is not null)
        {
            if (IsProgressing(snapshot) && !terminating)
            {
                if (source.IsLocked)
                {
                    if (content is null)
                        _contents.Create(snapshot, source);
                }
                else
                {
                    source.TryLock();
                    _line.Join(Cluster.Key(snapshot.Namespace(), snapshot.TextAt("spec", "source", "name") ?? ""), key);
                    retry = _cluster.Settings.Scaled(LockRetry);
                }

                mayGo = false;
            }
            else
            {
                if (!IsProgressing(snapshot) || (terminating && (content is null || !ContentGoes(snapshot, content))))
                    source.Unlock();
                mayGo = !source.IsLocked;
            }
        }

        if (terminating && content is not null && ContentGoes(snapshot, content))
            _cluster.DeleteIfThere(_cluster.Contents, content.Namespace(), content.Name());
        snapshot = WriteStatus(snapshot, source);
        if (snapshot.IsDeleting() && mayGo)
            _cluster.RemoveFinalizer(_cluster.Snapshots, snapshot, Finalizer);
        // A moment later than the deadline: at the very moment it is not past yet.
        var left = SnapshotDeadline.Left(snapshot, _cluster);
        return retry ?? (left > TimeSpan.Zero ? left + TimeSpan.FromMilliseconds(1) : null);
    }

    private JsonObject WriteStatus(JsonObject snapshot, SnapshotSource? source)
    {
        var now = _cluster.Timestamp;
        var status = snapshot.ObjectAt("status")?.Copy() ?? new JsonObject { ["readyToUse"] = false };
        var content = _cluster.Get(_cluster.Contents, snapshot.Namespace(), ContentName(snapshot));
        if (source is not null)
            status["sourceUID"] = source.Uid;
        if (content?["status"] is JsonObject mirrored)
        {
            status["virtualMachineSnapshotContentName"] = content.Name();
            foreach (var field in (ReadOnlySpan<string>)["creationTime", "readyToUse", "error"])
            {
                if (mirrored[field] is { } value)
                    status[field] = value.DeepClone();
                else
                    status.Remove(field);
            }
        }

        var asWritten = snapshot.Copy();
        asWritten["status"] = status.DeepClone();
        if (IsPastDeadline(asWritten))
        {
            status["phase"] = "Failed";
            Conditions.Set(status, "Failure", true, "snapshot deadline exceeded", now);
            Conditions.Set(status, "Progressing", false, "Operation failed", now);
        }
        else if (status.TextAt("phase") == "Succeeded" || status["creationTime"] is not null)
        {
            status["phase"] = "Succeeded";
            Conditions.Set(status, "Progressing", false, "Operation complete", now);
            if (content?.ObjectAt("spec", "source", "virtualMachine") is { } machine)
                ListVolumes(status, machine, content);
        }
        else
        {
            status["phase"] = "InProgress";
            if (source is null)
            {
                Conditions.Set(status, "Progressing", false, "Source does not exist", now);
            }
            else
            {
                Conditions.Set(status, "Progressing", source.IsLocked, source.LockMessage, now);
                SnapshotIndications.Write(status, source, _cluster.Profile.Indications);
            }

            if (snapshot.IsDeleting())
            {
                status["phase"] = "Deleting";
                Conditions.Set(status, "Progressing", false, "VM snapshot is deleting", now);
            }
        }

        var ready = status.FlagAt("readyToUse") is true;
        Conditions.Set(status, "Ready", ready, ready ? "Ready" : "Not ready", now);
        if (status["error"] is not null)
            Conditions.Set(status, "Progressing", false, "In error state", now);
        if (JsonNode.DeepEquals(snapshot["status"] ?? new JsonObject(), status))
            return snapshot;
        var copy = snapshot.Copy();
        copy["status"] = status;
        return _cluster.UpdateStatus(_cluster.Snapshots, copy);
    }

    private void ListVolumes(JsonObject status, JsonObject machine, JsonObject content)
    {
        if (machine.ObjectAt("spec", "template") is null)
            return;
        var backedUp = content.ArrayAt("spec", "volumeBackups").Objects().Select(b => b.TextAt("volumeName")).ToHashSet();
        var volumes = VirtualMachines.Volumes(machine).ToLookup(v => backedUp.Contains(v.TextAt("name")));
        var lists = new JsonObject();
        if (volumes[true].Any())
            lists["includedVolumes"] = Names(volumes[true]);
        if (volumes[false].Any())
            lists["excludedVolumes"] = Names(volumes[false]);
        status["snapshotVolumes"] = lists;
        if (volumes[false].Any(VirtualMachines.IsSnapshottable))
            SnapshotIndications.AddPartial(status, _cluster.Profile.Indications);

        static JsonArray Names(IEnumerable<JsonObject> list) => JsonAccess.StringArray(list.Select(v => v.TextAt("name") ?? ""));
    }
}
