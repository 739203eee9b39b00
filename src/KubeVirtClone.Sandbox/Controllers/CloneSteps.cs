using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>What the clone controller does on a clone's way: the temporary snapshot, the restore, the cleaning up.</summary>
internal sealed class CloneSteps(Cluster cluster)
{
    private const string Component = "clone-controller";

    public void CreateSnapshot(JsonObject clone, JsonObject machine, CloneFindings found)
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
            ["apiVersion"] = cluster.Snapshots.StorageApiVersion,
            ["kind"] = "VirtualMachineSnapshot",
            ["metadata"] = Temporary(clone, name),
            ["spec"] = new JsonObject
            {
                ["source"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = machine.Name() },
            },
        };
        try
        {
            cluster.Create(cluster.Snapshots, snapshot);
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
        ["ownerReferences"] = new JsonArray(Cluster.OwnerReference(clone, cluster.Clones.StorageApiVersion, "VirtualMachineClone")),
    };

    public JsonObject? CheckSnapshot(JsonObject clone, string name, CloneFindings found)
    {
        if (cluster.Get(cluster.Snapshots, clone.Namespace(), name) is not { } snapshot)
        {
            found.Error = $"snapshot {name} is not created yet for clone {clone.Name()}";
            return null;
        }

        if (snapshot.FlagAt("status", "readyToUse") is not true)
            return snapshot;
        // What the webhook looked at is not looked at again.
        if (!cluster.Profile.Is("cloneWebhookChecksSnapshot") && ContentProblem(snapshot) is { } problem)
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
        var problems = CapturedSource.Problems(snapshot, content, cluster.Profile);
        return problems.Count == 0 ? null : string.Join('\n', problems);
    }

    private JsonObject? Content(JsonObject snapshot) => cluster.Get(cluster.Contents, snapshot.Namespace(), SnapshotController.ContentName(snapshot));

    /// <summary>Makes the restore, then looks at it. True when it is over and the target is next.</summary>
    public bool Restore(JsonObject clone, string snapshotName, JsonObject? snapshot, CloneFindings found)
    {
        snapshot ??= cluster.Get(cluster.Snapshots, clone.Namespace(), snapshotName);
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

        if (cluster.Get(cluster.Restores, clone.Namespace(), restoreName) is not { } restore)
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

    private void CreateRestore(JsonObject clone, JsonObject machine, string snapshotName, CloneFindings found)
    {
        var name = "tmp-restore-" + clone.Uid();
        var target = clone.ObjectAt("spec", "target")!.Copy();
        if (string.IsNullOrEmpty(target.TextAt("name")))
            target["name"] = machine.Name() + "-clone-" + cluster.Api.NewSuffix();
        var spec = new JsonObject { ["target"] = target, ["virtualMachineSnapshotName"] = snapshotName };
        var patches = ClonePatches.Compute(machine, clone.ObjectAt("spec")!);
        if (patches.Count > 0)
            spec["patches"] = JsonAccess.StringArray(patches);
        if (clone.TextAt("spec", "volumeNamePolicy") is { } policy)
            spec["volumeRestorePolicy"] = policy;
        var restore = new JsonObject
        {
            ["apiVersion"] = cluster.Restores.StorageApiVersion,
            ["kind"] = "VirtualMachineRestore",
            ["metadata"] = Temporary(clone, name),
            ["spec"] = spec,
        };
        try
        {
            cluster.Create(cluster.Restores, restore);
            Note(clone, "RestoreCreated", $"created restore {name} for clone {clone.Name()}");
        }
        catch (ApiException e) when (e.Reason == "AlreadyExists")
        {
            // ours from an earlier try
        }
        catch (ApiException e)
        {
            found.Error = $"failed creating restore {name} for clone {clone.Name()}: {e.Message}";
            cluster.Recorder.Warning(clone, "RestoreCreationFailed", found.Error, Component);
            return;
        }

        found.Restore = name;
    }

    public void CleanUp(JsonObject clone, bool fromMachine, CloneFindings found)
    {
        var @namespace = clone.Namespace();
        if (clone.TextAt("status", "restoreName") is not { } restoreName)
            return;
        if (cluster.Get(cluster.Restores, @namespace, restoreName) is not { } restore)
        {
            found.Error = $"restore {restoreName} is not created yet for clone {clone.Name()}";
            return;
        }

        foreach (var volume in restore.ArrayAt("status", "restores").Objects())
        {
            var claimName = volume.TextAt("persistentVolumeClaim") ?? "";
            if (cluster.Get(cluster.Claims, @namespace, claimName) is not { } claim)
            {
                found.Error = $"PVC {claimName} is not created yet for clone {clone.Name()}";
                return;
            }

            if (claim.TextAt("status", "phase") != "Bound")
                return;
        }

        Note(clone, "PVCBound", $"all PVC for clone {clone.Name()} are bound");
        found.VolumesBound = true;
        cluster.DeleteIfThere(cluster.Restores, @namespace, restoreName);
        if (fromMachine && clone.TextAt("status", "snapshotName") is { } snapshotName)
            cluster.DeleteIfThere(cluster.Snapshots, @namespace, snapshotName);
    }

    public void Note(JsonObject clone, string reason, string message) => cluster.Recorder.Normal(clone, reason, message, Component);
}
