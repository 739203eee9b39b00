using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// The VirtualMachineClone controller: temporary snapshot, restore, wait for the target, clean up when volumes are bound.
/// It retries for ever and knows no deadline.
/// </summary>
internal sealed class CloneController
{
    private readonly Cluster _cluster;
    private readonly CloneSteps _steps;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _bySourceMachine;
    private readonly ObjectIndex _bySourceSnapshot;
    private readonly ObjectIndex _byTarget;
    private readonly ObjectIndex _bySnapshot;
    private readonly ObjectIndex _byRestore;

    public CloneController(Cluster cluster)
    {
        _cluster = cluster;
        _steps = new CloneSteps(cluster);
        _queue = cluster.Queue(Reconcile, workers: 3);
        _bySourceMachine = cluster.Index(cluster.Clones, c => SourceKey(c, "VirtualMachine"));
        _bySourceSnapshot = cluster.Index(cluster.Clones, c => SourceKey(c, "VirtualMachineSnapshot"));
        _byTarget = cluster.Index(cluster.Clones, c => c.TextAt("spec", "target", "apiGroup") == "kubevirt.io" && c.TextAt("spec", "target", "kind") == "VirtualMachine"
            ? [Cluster.Key(c.Namespace(), c.TextAt("spec", "target", "name") ?? "")]
            : []);
        _bySnapshot = cluster.Index(cluster.Clones, c => Named(c, "snapshotName"));
        _byRestore = cluster.Index(cluster.Clones, c => Named(c, "restoreName"));
        cluster.On(cluster.Clones, e => _queue.Add(Cluster.Key(e.Object)));
        cluster.On(cluster.Snapshots, e => Wake(e.Object, _bySourceSnapshot, _bySnapshot));
        cluster.On(cluster.Restores, e => Wake(e.Object, _byRestore));
        cluster.On(cluster.Claims, OnClaim);
        cluster.On(cluster.Machines, OnMachine);
    }

    private static string[] SourceKey(JsonObject clone, string kind) =>
        clone.TextAt("spec", "source", "kind") == kind ? [Cluster.Key(clone.Namespace(), clone.TextAt("spec", "source", "name") ?? "")] : [];

    private static string[] Named(JsonObject clone, string field) =>
        clone.TextAt("status", field) is { } name ? [Cluster.Key(clone.Namespace(), name)] : [];

    private void Wake(JsonObject o, params ReadOnlySpan<ObjectIndex> indexes)
    {
        foreach (var owner in o.ArrayAt("metadata", "ownerReferences").Objects())
        {
            if (owner.TextAt("kind") == "VirtualMachineClone" && owner.TextAt("apiVersion") == _cluster.Clones.StorageApiVersion)
            {
                _queue.AddRateLimited(Cluster.Key(o.Namespace(), owner.TextAt("name") ?? ""));
                break;
            }
        }

        foreach (var index in indexes)
        {
            foreach (var key in index.Find(Cluster.Key(o)))
                _queue.AddRateLimited(key);
        }
    }

    private void OnClaim(StoreEvent e)
    {
        if (e.Object.Annotation("restore.kubevirt.io/name") is not { } restore || e.Object.TextAt("status", "phase") != "Bound")
            return;
        foreach (var key in _byRestore.Find(Cluster.Key(e.Object.Namespace(), restore)))
            _queue.AddRateLimited(key);
    }

    private void OnMachine(StoreEvent e)
    {
        var key = Cluster.Key(e.Object);
        var woken = e.Type switch
        {
            StoreEventType.Added => _bySourceMachine.Find(key),
            StoreEventType.Deleted => _byTarget.Find(key),
            _ when e.Object.At("status", "volumeSnapshotStatuses").Same(e.Old.At("status", "volumeSnapshotStatuses")) => [],
            _ => _bySourceMachine.Find(key),
        };
        foreach (var clone in woken)
            _queue.Add(clone);
    }

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.Clones, key) is not { } clone)
            return null;
        var @namespace = clone.Namespace();
        if (clone.TextAt("status", "phase") == "Succeeded" && _cluster.Profile.Is("cloneGoesWithItsTarget") && _cluster.Get(_cluster.Machines, @namespace, clone.TextAt("status", "targetName") ?? "") is null)
        {
            if (!clone.IsDeleting())
                _cluster.Delete(_cluster.Clones, @namespace, clone.Name());
            return null;
        }

        var found = new CloneFindings();
        Sync(clone, found);
        _cluster.WriteStatus(_cluster.Clones, clone, CloneStatus(clone, found));
        if (found.Error is { } error)
            throw new ReconcileException(error);
        return null;
    }

    private void Sync(JsonObject clone, CloneFindings found)
    {
        var @namespace = clone.Namespace();
        var kind = clone.TextAt("spec", "source", "kind") ?? "";
        var source = clone.TextAt("spec", "source", "name") ?? "";
        var fromMachine = kind == "VirtualMachine";
        var origin = _cluster.Get(fromMachine ? _cluster.Machines : _cluster.Snapshots, @namespace, source);
        if (origin is null)
        {
            var missing = $"Source doesnt exist: {kind} {@namespace}/{source}";
            if (_cluster.Profile.Is("cloneWaitsForSource"))
                found.Wait("SourceDoesNotExist", missing);
            else
                found.Error = missing;
            return;
        }

        if (fromMachine && _cluster.Profile.Is("backendStorageIsRefused") && VirtualMachines.NeedsBackendStorage(origin))
        {
            found.Fail("SourceVMWithBackendStorageInvalid", $"Clone of source with backendstorage is not supported: VM {@namespace}/{source}");
            return;
        }

        var snapshotName = fromMachine ? clone.TextAt("status", "snapshotName") : source;
        JsonObject? snapshot = fromMachine ? null : origin;
        switch (clone.TextAt("status", "phase") ?? "")
        {
            case "" or "SnapshotInProgress":
                if (fromMachine && snapshotName is null)
                {
                    _steps.CreateSnapshot(clone, origin, found);
                    return;
                }

                snapshot = _steps.CheckSnapshot(clone, snapshotName!, found);
                if (found.Stopped || !found.SnapshotReady)
                    return;
                goto case "RestoreInProgress";
            case "RestoreInProgress":
                if (!_steps.Restore(clone, snapshotName!, snapshot, found))
                    return;
                goto case "CreatingTargetVM";
            case "CreatingTargetVM":
                var target = clone.TextAt("spec", "target", "name") ?? "";
                if (_cluster.Get(_cluster.Machines, @namespace, target) is null)
                {
                    found.Error = $"target VM {target} is not created yet for clone {clone.Name()}";
                    return;
                }

                _steps.Note(clone, "TargetVMCreated", $"created target VM {target} for clone {clone.Name()}");
                found.TargetThere = true;
                goto case "Succeeded";
            case "Succeeded":
                _steps.CleanUp(clone, fromMachine, found);
                return;
            default:
                return; // Failed: nothing more is done
        }
    }

    // Events are written on the way: what KubeVirt says of a clone is said as its status is computed.
    private JsonObject CloneStatus(JsonObject clone, CloneFindings found)
    {
        var status = clone.ObjectAt("status")?.Copy() ?? [];
        var phase = status.TextAt("phase") ?? "";
        var now = _cluster.Timestamp;
        if (found.Pending || found.Failing)
            _steps.Note(clone, found.Event!, found.Reason);
        if (found.Failing)
            phase = "Failed";
        if (found.Pending || (found.Failing && _cluster.Profile.Is("failedCloneKeepsItsReason")))
        {
            Conditions.ProgressAndReady(status, false, found.Pending ? "Pending" : "Failed", false, found.Reason, now);
        }
        else
        {
            // This overwrites what was said of a failure, too: a terminal phase is no exception in KubeVirt.
            Conditions.ProgressAndReady(status, true, "Still processing", false, "Still processing", now);
        }

        if (phase.Length == 0 && !found.Pending)
            phase = "SnapshotInProgress";
        if (phase == "SnapshotInProgress")
        {
            if (found.Snapshot is not null)
                status["snapshotName"] = found.Snapshot;
            if (found.SnapshotReady)
                phase = "RestoreInProgress";
        }

        if (phase == "RestoreInProgress")
        {
            if (found.Restore is not null)
                status["restoreName"] = found.Restore;
            if (found.RestoreReady)
                phase = "CreatingTargetVM";
        }

        if (phase == "CreatingTargetVM")
        {
            if (found.Target is not null)
                status["targetName"] = found.Target;
            if (found.TargetThere)
                phase = "Succeeded";
        }

        if (phase == "Succeeded")
            Conditions.ProgressAndReady(status, false, "Ready", true, "Ready", now);
        if (phase.Length > 0)
            status["phase"] = phase;
        if (found.VolumesBound)
        {
            status.Remove("snapshotName");
            status.Remove("restoreName");
        }

        return status;
    }
}
