using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// The VirtualMachineClone controller: temporary snapshot, restore, wait for the target, clean up when volumes are bound.
/// It retries for ever and knows no deadline.
/// </summary>
internal sealed class CloneController
{
    private const string Component = "clone-controller";
    private readonly Cluster _cluster;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _bySourceMachine;
    private readonly ObjectIndex _bySourceSnapshot;
    private readonly ObjectIndex _byTarget;
    private readonly ObjectIndex _bySnapshot;
    private readonly ObjectIndex _byRestore;

    public CloneController(Cluster cluster)
    {
        _cluster = cluster;
        _queue = cluster.Queue(Reconcile);
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
        if (clone.TextAt("status", "phase") == "Succeeded" && _cluster.Get(_cluster.Machines, @namespace, clone.TextAt("status", "targetName") ?? "") is null)
        {
            if (!clone.IsDeleting())
                _cluster.Delete(_cluster.Clones, @namespace, clone.Name());
            return null;
        }

        var found = new Findings();
        Sync(clone, found);
        WriteStatus(clone, found);
        if (found.Error is { } error)
            throw new ReconcileException(error);
        return null;
    }

    /// <summary>What one look at a clone found; the status is computed from it.</summary>
    private sealed class Findings
    {
        public string? Error { get; set; }

        public string? Snapshot { get; set; }

        public bool SnapshotReady { get; set; }

        public string? Restore { get; set; }

        public bool RestoreReady { get; set; }

        public string? Target { get; set; }

        public bool TargetThere { get; set; }

        public bool VolumesBound { get; set; }

        public string? Event { get; private set; }

        public string Reason { get; private set; } = "";

        public bool Failing { get; private set; }

        public bool Pending { get; private set; }

        public bool Stopped => Error is not null || Failing;

        public void Fail(string @event, string reason) => (Event, Reason, Failing) = (@event, reason, true);

        public void Wait(string @event, string reason) => (Event, Reason, Pending) = (@event, reason, true);
    }

    private void Sync(JsonObject clone, Findings found)
    {
        var @namespace = clone.Namespace();
        var kind = clone.TextAt("spec", "source", "kind") ?? "";
        var source = clone.TextAt("spec", "source", "name") ?? "";
        var fromMachine = kind == "VirtualMachine";
        var origin = _cluster.Get(fromMachine ? _cluster.Machines : _cluster.Snapshots, @namespace, source);
        if (origin is null)
        {
            found.Wait("SourceDoesNotExist", $"Source doesnt exist: {kind} {@namespace}/{source}");
            return;
        }

        if (fromMachine && VirtualMachines.NeedsBackendStorage(origin))
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
                    CreateSnapshot(clone, origin, found);
                    return;
                }

                snapshot = CheckSnapshot(clone, snapshotName!, found);
                if (found.Stopped || !found.SnapshotReady)
                    return;
                goto case "RestoreInProgress";
            case "RestoreInProgress":
                if (!Restore(clone, snapshotName!, snapshot, found))
                    return;
                goto case "CreatingTargetVM";
            case "CreatingTargetVM":
                var target = clone.TextAt("spec", "target", "name") ?? "";
                if (_cluster.Get(_cluster.Machines, @namespace, target) is null)
                {
                    found.Error = $"target VM {target} is not created yet for clone {clone.Name()}";
                    return;
                }

                Note(clone, "TargetVMCreated", $"created target VM {target} for clone {clone.Name()}");
                found.TargetThere = true;
                goto case "Succeeded";
            case "Succeeded":
                CleanUp(clone, fromMachine, found);
                return;
            default:
                return; // Failed: nothing more is done
        }
    }

    private void CreateSnapshot(JsonObject clone, JsonObject machine, Findings found)
    {
        var problems = VirtualMachines.SnapshotProblems(machine).ToList();
        if (problems.Count > 0)
        {
            found.Wait("VMVolumeSnapshotsInvalid", string.Join('\n', problems));
            return;
        }

        var name = "tmp-snapshot-" + clone.Uid();
        var snapshot = new JsonObject
        {
            ["apiVersion"] = _cluster.Snapshots.StorageApiVersion,
            ["kind"] = "VirtualMachineSnapshot",
            ["metadata"] = Temporary(clone, name),
            ["spec"] = new JsonObject
            {
                ["source"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = machine.Name() },
            },
        };
        try
        {
            _cluster.Create(_cluster.Snapshots, snapshot);
            Note(clone, "SnapshotCreated", $"created snapshot {name} for clone {clone.Name()}");
        }
        catch (ApiException e) when (e.Reason == "AlreadyExists")
        {
            // The name follows from the clone's uid: it is ours from an earlier try.
        }
        catch (ApiException e)
        {
            found.Error = $"failed creating snapshot {name} for clone {clone.Name()}: {e.Message}";
            return;
        }

        found.Snapshot = name;
    }

    private JsonObject Temporary(JsonObject clone, string name) => new()
    {
        ["name"] = name,
        ["namespace"] = clone.Namespace(),
        ["ownerReferences"] = new JsonArray(Cluster.OwnerReference(clone, _cluster.Clones.StorageApiVersion, "VirtualMachineClone")),
    };

    private JsonObject? CheckSnapshot(JsonObject clone, string name, Findings found)
    {
        if (_cluster.Get(_cluster.Snapshots, clone.Namespace(), name) is not { } snapshot)
        {
            found.Error = $"snapshot {name} is not created yet for clone {clone.Name()}";
            return null;
        }

        if (snapshot.FlagAt("status", "readyToUse") is not true)
            return snapshot;
        if (ContentProblem(snapshot) is { } problem)
        {
            found.Fail("SnapshotContentInvalid", problem);
            return null;
        }

        Note(clone, "SnapshotReady", $"snapshot {name} for clone {clone.Name()} is ready to use");
        found.SnapshotReady = true;
        return snapshot;
    }

    private string? ContentProblem(JsonObject snapshot)
    {
        if (Content(snapshot) is not { } content)
            return $"snapshot content {SnapshotController.ContentName(snapshot)} in namespace {snapshot.Namespace()} does not exist";
        var machine = content.ObjectAt("spec", "source", "virtualMachine")!;
        if (machine.ObjectAt("spec", "template") is null)
            return null;
        if (VirtualMachines.NeedsBackendStorage(machine))
            return $"Clone of source with backendstorage is not supported: snapshot {snapshot.Namespace()}/{snapshot.Name()}";
        var backedUp = content.ArrayAt("spec", "volumeBackups").Objects().Select(b => b.TextAt("volumeName")).ToHashSet();
        var missing = VirtualMachines.Volumes(machine)
            .Where(v => v.ObjectAt("persistentVolumeClaim") is not null || v.ObjectAt("dataVolume") is not null)
            .Select(v => v.TextAt("name"))
            .Where(n => !backedUp.Contains(n))
            .Select(n => $"volume {n} is not backed up in snapshot {content.TextAt("spec", "virtualMachineSnapshotName")}")
            .ToList();
        return missing.Count == 0 ? null : string.Join('\n', missing);
    }

    private JsonObject? Content(JsonObject snapshot) => _cluster.Get(_cluster.Contents, snapshot.Namespace(), SnapshotController.ContentName(snapshot));

    // True when the restore is over and the target is next.
    private bool Restore(JsonObject clone, string snapshotName, JsonObject? snapshot, Findings found)
    {
        snapshot ??= _cluster.Get(_cluster.Snapshots, clone.Namespace(), snapshotName);
        if (snapshot is null)
        {
            found.Fail("SnapshotDeleted", $"snapshot {snapshotName} does not exist anymore");
            return false;
        }

        if (clone.TextAt("status", "restoreName") is not { } restoreName)
        {
            if (Content(snapshot)?.ObjectAt("spec", "source", "virtualMachine") is { } machine)
                CreateRestore(clone, machine, snapshotName, found);
            else
                found.Error = $"cannot get VM manifest from snapshot: snapshot content {SnapshotController.ContentName(snapshot)} in namespace {snapshot.Namespace()} does not exist";
            return false;
        }

        if (_cluster.Get(_cluster.Restores, clone.Namespace(), restoreName) is not { } restore)
        {
            found.Error = $"restore {restoreName} is not created yet for clone {clone.Name()}";
            return false;
        }

        if (RestoreController.IsProgressing(restore))
            return false;
        Note(clone, "RestoreReady", $"restore {restoreName} for clone {clone.Name()} is ready to use");
        found.RestoreReady = true;
        found.Target = restore.TextAt("spec", "target", "name");
        return true;
    }

    private void CreateRestore(JsonObject clone, JsonObject machine, string snapshotName, Findings found)
    {
        var name = "tmp-restore-" + clone.Uid();
        var target = clone.ObjectAt("spec", "target")!.Copy();
        if (string.IsNullOrEmpty(target.TextAt("name")))
            target["name"] = machine.Name() + "-clone-" + _cluster.Api.NewSuffix();
        var spec = new JsonObject { ["target"] = target, ["virtualMachineSnapshotName"] = snapshotName };
        var patches = ClonePatches.Compute(machine, clone.ObjectAt("spec")!);
        if (patches.Count > 0)
            spec["patches"] = JsonAccess.StringArray(patches);
        if (clone.TextAt("spec", "volumeNamePolicy") is { } policy)
            spec["volumeRestorePolicy"] = policy;
        var restore = new JsonObject
        {
            ["apiVersion"] = _cluster.Restores.StorageApiVersion,
            ["kind"] = "VirtualMachineRestore",
            ["metadata"] = Temporary(clone, name),
            ["spec"] = spec,
        };
        try
        {
            _cluster.Create(_cluster.Restores, restore);
            Note(clone, "RestoreCreated", $"created restore {name} for clone {clone.Name()}");
        }
        catch (ApiException e) when (e.Reason == "AlreadyExists")
        {
            // ours from an earlier try
        }
        catch (ApiException e)
        {
            found.Error = $"failed creating restore {name} for clone {clone.Name()}: {e.Message}";
            _cluster.Recorder.Warning(clone, "RestoreCreationFailed", found.Error, Component);
            return;
        }

        found.Restore = name;
    }

    private void CleanUp(JsonObject clone, bool fromMachine, Findings found)
    {
        var @namespace = clone.Namespace();
        if (clone.TextAt("status", "restoreName") is not { } restoreName)
            return;
        if (_cluster.Get(_cluster.Restores, @namespace, restoreName) is not { } restore)
        {
            found.Error = $"restore {restoreName} is not created yet for clone {clone.Name()}";
            return;
        }

        foreach (var volume in restore.ArrayAt("status", "restores").Objects())
        {
            var claimName = volume.TextAt("persistentVolumeClaim") ?? "";
            if (_cluster.Get(_cluster.Claims, @namespace, claimName) is not { } claim)
            {
                found.Error = $"PVC {claimName} is not created yet for clone {clone.Name()}";
                return;
            }

            if (claim.TextAt("status", "phase") != "Bound")
                return;
        }

        Note(clone, "PVCBound", $"all PVC for clone {clone.Name()} are bound");
        found.VolumesBound = true;
        _cluster.DeleteIfThere(_cluster.Restores, @namespace, restoreName);
        if (fromMachine && clone.TextAt("status", "snapshotName") is { } snapshotName)
            _cluster.DeleteIfThere(_cluster.Snapshots, @namespace, snapshotName);
    }

    private void WriteStatus(JsonObject clone, Findings found)
    {
        var status = clone.ObjectAt("status")?.Copy() ?? [];
        var phase = status.TextAt("phase") ?? "";
        var now = _cluster.Timestamp;
        if (found.Pending || found.Failing)
        {
            Note(clone, found.Event!, found.Reason);
            if (found.Failing)
                phase = "Failed";
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

        _cluster.WriteStatus(_cluster.Clones, clone, status);
    }

    private void Note(JsonObject clone, string reason, string message) => _cluster.Recorder.Normal(clone, reason, message, Component);
}
