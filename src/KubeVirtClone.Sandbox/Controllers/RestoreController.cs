using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// The VirtualMachineRestore controller. Errors stand in the reasons of both conditions and are retried for ever; only a target
/// that is not stopped in time makes it fail. It is woken by restores, their VMs, PVCs and DataVolumes, not by snapshots.
/// </summary>
internal sealed class RestoreController
{
    public const string Component = "restore-controller";
    public const string NameAnnotation = "restore.kubevirt.io/name";
    private const string Finalizer = "snapshot.kubevirt.io/vmrestore-protection";
    private const string TargetExists = "restore source and restore target are different but restore target already exists";
    private const string InstanceExists = "Restore target VMI still exists, please stop the restore target to proceed with restore";
    private const string WaitEventually = "Waiting for target VM to be powered off. Please stop the restore target to proceed with restore";
    private static readonly TimeSpan GracePeriod = TimeSpan.FromMinutes(5);
    private readonly Cluster _cluster;
    private readonly StorageLookups _storage;
    private readonly MachineSubresources _subresources;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _byTarget;

    public RestoreController(Cluster cluster, StorageLookups storage, MachineSubresources subresources)
    {
        _cluster = cluster;
        _storage = storage;
        _subresources = subresources;
        _queue = cluster.Queue(Reconcile, workers: 3);
        _byTarget = cluster.Index(cluster.Restores, r => [Cluster.Key(r.Namespace(), r.TextAt("spec", "target", "name") ?? "")]);
        cluster.On(cluster.Restores, e => _queue.Add(Cluster.Key(e.Object)));
        cluster.On(cluster.Machines, e =>
        {
            if (e.Type == StoreEventType.Deleted)
                return;
            _queue.Add(_byTarget.Find(Cluster.Key(e.Object)));
        });
        cluster.On(cluster.Claims, Wake);
        cluster.On(cluster.DataVolumes, Wake);
    }

    /// <summary>Neither complete nor failed.</summary>
    public static bool IsProgressing(JsonObject restore) =>
        restore.FlagAt("status", "complete") is not true && !Conditions.Has(restore.ObjectAt("status"), "Failure");

    /// <summary>The mark a finished restore leaves on VM and claims.</summary>
    public static string Mark(JsonObject restore) => restore.Name() + "-" + restore.Uid();

    private void Wake(StoreEvent e)
    {
        if (e.Type != StoreEventType.Deleted && e.Object.Annotation(NameAnnotation) is { } name)
            _queue.Add(Cluster.Key(e.Object.Namespace(), name));
    }

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.Restores, key) is not { } restore)
            return null;
        if (restore["status"] is null)
        {
            var fresh = new JsonObject { ["complete"] = false };
            Conditions.ProgressAndReady(fresh, true, "Initializing VirtualMachineRestore", false, "Initializing VirtualMachineRestore", _cluster.Timestamp);
            _cluster.WriteStatus(_cluster.Restores, restore, fresh);
            return null;
        }

        var target = _cluster.Get(_cluster.Machines, restore.Namespace(), restore.TextAt("spec", "target", "name") ?? "");
        if (restore.IsDeleting())
        {
            Finish(restore, target);
            return null;
        }

        if (!IsProgressing(restore))
            return null;
        restore = Adopt(restore, target);
        if (target is not null && _cluster.Get(_cluster.Instances, target.Namespace(), target.Name()) is not null)
        {
            WaitForStop(restore, target);
            return null;
        }

        try
        {
            Advance(restore, target);
        }
        catch (Exception e) when (e is ReconcileException or ApiException)
        {
            ShowError(restore, e.Message, failed: false);
            throw;
        }

        return null;
    }

    private JsonObject Adopt(JsonObject restore, JsonObject? target)
    {
        var copy = restore.Copy();
        var metadata = copy.Ensure("metadata");
        if (target is not null && (restore.ArrayAt("metadata", "ownerReferences")?.Count ?? 0) == 0)
            metadata["ownerReferences"] = new JsonArray(RestoreTarget.Owner(target));
        if (!restore.HasFinalizer(Finalizer))
            metadata["finalizers"] = JsonAccess.StringArray([.. restore.ArrayAt("metadata", "finalizers").Texts(), Finalizer]);
        return copy.Same(restore) ? restore : _cluster.Update(_cluster.Restores, copy);
    }

    private void Advance(JsonObject restore, JsonObject? machine)
    {
        var snapshot = ReadySnapshot(restore);
        var target = new RestoreTarget(_cluster, restore, machine);
        if (machine is not null && !target.IsRestored && snapshot.TextAt("status", "sourceUID") is { } source && source != machine.Uid())
            throw new ReconcileException(TargetExists);
        target.MarkInProgress();
        var content = ReadyContent(snapshot);
        var status = restore.ObjectAt("status")!.Copy();
        var volumes = new RestoreVolumes(_cluster, _storage, restore, target, content);
        if (volumes.Reconcile(status))
        {
            Say(restore, status, "Creating new PVCs", "Waiting for new PVCs");
            return;
        }

        if (target.Reconcile(content, status))
        {
            Say(restore, status, "Updating target spec", "Waiting for target update");
            return;
        }

        foreach (var obsolete in status.ArrayAt("deletedDataVolumes").Texts())
            _cluster.DeleteIfThere(_cluster.DataVolumes, restore.Namespace(), obsolete);
        target.MarkDone(required: true);
        _cluster.Recorder.Normal(restore, "VirtualMachineRestoreComplete", "Successfully completed VirtualMachineRestore " + restore.Name(), Component);
        status["complete"] = true;
        status["restoreTime"] = _cluster.Timestamp;
        Conditions.ProgressAndReady(status, false, "Operation complete", true, "Operation complete", _cluster.Timestamp);
        _cluster.WriteStatus(_cluster.Restores, restore, status);
    }

    private void Say(JsonObject restore, JsonObject status, string progressing, string ready)
    {
        Conditions.ProgressAndReady(status, true, progressing, false, ready, _cluster.Timestamp);
        _cluster.WriteStatus(_cluster.Restores, restore, status);
    }

    private JsonObject ReadySnapshot(JsonObject restore)
    {
        var key = Cluster.Key(restore.Namespace(), restore.TextAt("spec", "virtualMachineSnapshotName") ?? "");
        var snapshot = _cluster.Get(_cluster.Snapshots, key) ?? throw new ReconcileException($"VMSnapshot {key} does not exist");
        if (snapshot.TextAt("status", "phase") == "Failed")
            throw new ReconcileException($"VMSnapshot {key} failed and is invalid to use");
        if (snapshot.FlagAt("status", "readyToUse") is not true)
            throw new ReconcileException($"VMSnapshot {key} not ready");
        return snapshot.TextAt("status", "virtualMachineSnapshotContentName") is null ? throw new ReconcileException($"no snapshot content name in {key}") : snapshot;
    }

    private JsonObject ReadyContent(JsonObject snapshot)
    {
        var key = Cluster.Key(snapshot.Namespace(), SnapshotController.ContentName(snapshot));
        var content = _cluster.Get(_cluster.Contents, key) ?? throw new ReconcileException($"VMSnapshotContent {key} does not exist");
        return content.FlagAt("status", "readyToUse") is true ? content : throw new ReconcileException($"VMSnapshotContent {key} not ready");
    }

    private void ShowError(JsonObject restore, string error, bool failed)
    {
        // Taken anew: what was written so far in this pass must not make this write stale.
        if (_cluster.Get(_cluster.Restores, restore.Namespace(), restore.Name()) is not { } current || current.Uid() != restore.Uid())
            return;
        var status = current.ObjectAt("status")?.Copy() ?? [];
        Conditions.ProgressAndReady(status, false, error, false, error, _cluster.Timestamp);
        if (failed)
            Conditions.Set(status, "Failure", true, error, _cluster.Timestamp);
        _cluster.Recorder.Warning(
            restore,
            failed ? "Operation failed" : "VirtualMachineRestoreError",
            (failed ? "VirtualMachineRestore failed " : "VirtualMachineRestore encountered error ") + error,
            Component);
        _cluster.WriteStatus(_cluster.Restores, current, status);
    }

    private void WaitForStop(JsonObject restore, JsonObject target)
    {
        var reason = WaitEventually;
        switch (restore.TextAt("spec", "targetReadinessPolicy") ?? "WaitGracePeriod")
        {
            case "WaitEventually":
                break;
            case "StopTarget":
                Stop(restore, target);
                return;
            case "FailImmediate":
                ShowError(restore, "Restore target VMI must be powered off before restore operation", failed: true);
                return;
            default:
                var over = (restore.TimeAt("metadata", "creationTimestamp") ?? _cluster.Now) + _cluster.Settings.Scaled(GracePeriod);
                if (over < _cluster.Now)
                {
                    ShowError(restore, "Restore target failed to be ready within 5m0s. Please power off the target VM before attempting restore", failed: true);
                    return;
                }

                reason += ", or the operation will fail after 5m0s";
                _queue.AddAfter(Cluster.Key(restore), over - _cluster.Now + TimeSpan.FromSeconds(1));
                break;
        }

        Hold(restore, reason, InstanceExists);
    }

    // Asked again while its machine is still going down, the server refuses; that too stands in the conditions until the next look.
    private void Stop(JsonObject restore, JsonObject target)
    {
        const string Stopping = "Automatically stopping restore target for restore operation";
        try
        {
            _subresources.Invoke(target.Namespace() ?? "", target.Name(), "stop", null, RequestInfo.Controller("kubevirt-controller"));
        }
        catch (ApiException e)
        {
            _cluster.Recorder.Warning(restore, "RestoreTargetNotReady", Stopping, Component);
            ShowError(restore, e.Message, failed: false);
            throw;
        }

        Hold(restore, Stopping, Stopping);
    }

    private void Hold(JsonObject restore, string reason, string message)
    {
        _cluster.Recorder.Warning(restore, "RestoreTargetNotReady", message, Component);
        var status = restore.ObjectAt("status")!.Copy();
        Conditions.ProgressAndReady(status, false, reason, false, reason, _cluster.Timestamp);
        _cluster.WriteStatus(_cluster.Restores, restore, status);
    }

    private void Finish(JsonObject restore, JsonObject? target)
    {
        if (!restore.HasFinalizer(Finalizer))
            return;
        new RestoreTarget(_cluster, restore, target).MarkDone(required: false);
        var status = restore.ObjectAt("status")!.Copy();
        Conditions.ProgressAndReady(status, false, "VM restore is deleting", false, "VM restore is deleting", _cluster.Timestamp);
        if (!_cluster.WriteStatus(_cluster.Restores, restore, status))
            _cluster.RemoveFinalizer(_cluster.Restores, restore, Finalizer);
    }
}
