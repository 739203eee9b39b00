using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>VirtualMachineSnapshotContents: how one is made, and the controller that makes its VolumeSnapshots and watches them.</summary>
internal sealed class SnapshotContents
{
    private const string Finalizer = "snapshot.kubevirt.io/vmsnapshotcontent-protection";
    private static readonly TimeSpan DeletionRetry = TimeSpan.FromSeconds(5);
    private readonly Cluster _cluster;
    private readonly StorageLookups _storage;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _byVolumeSnapshot;

    public SnapshotContents(Cluster cluster, StorageLookups storage)
    {
        _cluster = cluster;
        _storage = storage;
        _queue = cluster.Queue(Reconcile);
        _byVolumeSnapshot = cluster.Index(cluster.Contents, c => Backups(c).Select(b => b.TextAt("volumeSnapshotName")).OfType<string>().Select(n => Cluster.Key(c.Namespace(), n)));
        cluster.On(cluster.Contents, e => _queue.Add(Cluster.Key(e.Object)));
        cluster.On(cluster.VolumeSnapshots, e => _queue.Add(_byVolumeSnapshot.Find(Cluster.Key(e.Object))));
    }

    private static IEnumerable<JsonObject> Backups(JsonObject content) => content.ArrayAt("spec", "volumeBackups").Objects();

    public void Create(JsonObject snapshot, SnapshotSource source)
    {
        var backups = new JsonArray();
        var volumes = VirtualMachines.Volumes(source.Machine).ToDictionary(v => v.TextAt("name") ?? "");
        foreach (var volume in _cluster.Settings.MapOrder(volumes.Keys).Select(n => volumes[n]))
        {
            if (VirtualMachines.ClaimName(volume) is not { } claimName || SnapshottableClaim(snapshot.Namespace(), claimName) is not { } claim)
                continue;
            var metadata = claim.ObjectAt("metadata")!.Copy();
            metadata.Remove("managedFields");
            backups.Add((JsonNode)new JsonObject
            {
                ["volumeName"] = volume.TextAt("name"),
                ["persistentVolumeClaim"] = new JsonObject { ["metadata"] = metadata, ["spec"] = claim["spec"]!.DeepClone() },
                ["volumeSnapshotName"] = $"vmsnapshot-{snapshot.Uid()}-volume-{volume.TextAt("name")}",
            });
        }

        var spec = new JsonObject
        {
            ["virtualMachineSnapshotName"] = snapshot.Name(),
            ["source"] = new JsonObject { ["virtualMachine"] = Machine(snapshot, source) },
        };
        if (backups.Count > 0)
            spec["volumeBackups"] = backups;
        var name = SnapshotController.ContentName(snapshot);
        var content = new JsonObject
        {
            ["apiVersion"] = _cluster.Contents.StorageApiVersion,
            ["kind"] = "VirtualMachineSnapshotContent",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = snapshot.Namespace(), ["finalizers"] = new JsonArray(Finalizer) },
            ["spec"] = spec,
        };
        try
        {
            _cluster.Create(_cluster.Contents, content);
        }
        catch (ApiException e) when (e.Reason == "AlreadyExists")
        {
            // ours from an earlier try
        }

        _cluster.Recorder.Normal(snapshot, "SuccessfulVirtualMachineSnapshotContentCreate", "Successfully created VirtualMachineSnapshotContent " + name, SnapshotController.Component);
    }

    private JsonObject? SnapshottableClaim(string? @namespace, string name) =>
        _cluster.Get(_cluster.Claims, @namespace, name) is { } claim
        && claim.TextAt("status", "phase") == "Bound"
        && claim.TextAt("spec", "storageClassName") is { } storageClass
        && _storage.SnapshotClass(storageClass) is not null
            ? claim
            : null;

    // A running VM is captured as it was started, with today's volumes and disks; a stopped one as it is.
    private JsonObject Machine(JsonObject snapshot, SnapshotSource source)
    {
        var machine = source.Machine;
        var metadata = machine.ObjectAt("metadata")!.Copy();
        metadata.Remove("managedFields");
        var spec = machine.ObjectAt("spec")!.Copy();
        if (source.Instance is { } instance)
        {
            var revisionName = instance.TextAt("status", "virtualMachineRevisionName") ?? "";
            var revision = _cluster.Get(_cluster.Revisions, machine.Namespace(), revisionName) ?? throw new ReconcileException($"vm revision {revisionName} doesn't exist");
            var started = revision.ObjectAt("data", "spec")!.Copy();
            Overlay(started, spec, "template", "spec", "volumes");
            Overlay(started, spec, "template", "spec", "domain", "devices", "disks");
            Overlay(started, spec, "dataVolumeTemplates");
            spec = started;
        }

        foreach (var matcher in (ReadOnlySpan<string>)["instancetype", "preference"])
        {
            if (spec.TextAt(matcher, "revisionName") is { Length: > 0 } revisionName)
                spec.ObjectAt(matcher)!["revisionName"] = InstancetypeRevisions.Capture(_cluster, snapshot, revisionName);
        }

        // printableStatus has a default in the schema, so an empty status comes out with it.
        return new JsonObject { ["metadata"] = metadata, ["spec"] = spec, ["status"] = new JsonObject { ["printableStatus"] = "Stopped" } };
    }

    private static void Overlay(JsonObject started, JsonObject live, params ReadOnlySpan<string> path)
    {
        var parent = started.Ensure(path[..^1]);
        if (live.At(path) is { } value)
            parent[path[^1]] = value.DeepClone();
        else
            parent.Remove(path[^1]);
    }

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.Contents, key) is not { } content)
            return null;
        var snapshot = _cluster.Get(_cluster.Snapshots, content.Namespace(), content.TextAt("spec", "virtualMachineSnapshotName") ?? "");
        if (snapshot is null || IsTerminating(snapshot))
        {
            content = _cluster.RemoveFinalizer(_cluster.Contents, content, Finalizer);
            if (snapshot is not null && SnapshotController.ContentGoes(snapshot, content))
                return null;
        }

        if (_cluster.Get(_cluster.Contents, key) is null)
            return null;
        if (content.IsDeleting())
            return _cluster.Settings.Scaled(DeletionRetry);
        Watch(content, snapshot);
        return null;
    }

    private bool IsTerminating(JsonObject snapshot)
    {
        if (snapshot.IsDeleting() || snapshot.TextAt("status", "phase") == "Failed")
            return true;
        return snapshot.TextAt("status", "phase") != "Succeeded" && SnapshotDeadline.Left(snapshot, _cluster) < TimeSpan.Zero;
    }

    private void Watch(JsonObject content, JsonObject? snapshot)
    {
        var created = content.At("status", "creationTime") is not null;
        var statuses = new JsonArray();
        List<string> missing = [], skipped = [];
        foreach (var backup in Backups(content))
        {
            if (backup.TextAt("volumeSnapshotName") is not { } name)
                continue;
            var volumeSnapshot = _cluster.Get(_cluster.VolumeSnapshots, content.Namespace(), name);
            if (volumeSnapshot is null)
            {
                if (created)
                {
                    _cluster.Recorder.Warning(content, "VolumeSnapshotMissing", $"VolumeSnapshot {name} no longer exists", SnapshotController.Component);
                    missing.Add(name);
                    continue;
                }

                if (snapshot is null || snapshot.IsDeleting())
                {
                    skipped.Add(name);
                    continue;
                }

                volumeSnapshot = CreateVolumeSnapshot(content, backup, name);
            }

            var entry = new JsonObject { ["volumeSnapshotName"] = name };
            foreach (var field in (ReadOnlySpan<string>)["readyToUse", "creationTime", "error"])
            {
                if (volumeSnapshot.At("status", field) is { } value)
                    entry[field] = value.DeepClone();
            }

            statuses.Add((JsonNode)entry);
        }

        var status = content.ObjectAt("status")?.Copy() ?? [];
        var list = statuses.Objects().ToList();
        var broken = missing.Count > 0 || skipped.Count > 0;
        var ready = !broken && list.TrueForAll(s => s.FlagAt("readyToUse") is true);
        if (!broken && list.TrueForAll(s => s["creationTime"] is not null) && status["creationTime"] is null)
            status["creationTime"] = _cluster.Timestamp;
        SetError(status, ready, ErrorText(missing, skipped, list));
        status["readyToUse"] = ready;
        if (statuses.Count > 0)
            status["volumeSnapshotStatus"] = statuses;
        else
            status.Remove("volumeSnapshotStatus");
        _cluster.WriteStatus(_cluster.Contents, content, status);
    }

    private static string? ErrorText(List<string> missing, List<string> skipped, List<JsonObject> statuses)
    {
        if (missing.Count > 0)
            return $"VolumeSnapshots ({string.Join(',', missing)}) missing";
        if (skipped.Count > 0)
            return $"VolumeSnapshots ({string.Join(',', skipped)}) skipped because vm snapshot is deleted";
        return statuses.Find(s => s.TextAt("error", "message") is not null) is { } failed
            ? $"VolumeSnapshot {failed.TextAt("volumeSnapshotName")} error: {failed.TextAt("error", "message")}"
            : null;
    }

    private void SetError(JsonObject status, bool ready, string? text)
    {
        if (text is null)
            status.Remove("error");
        else if (!ready && status.TextAt("error", "message") != text)
            status["error"] = new JsonObject { ["time"] = _cluster.Timestamp, ["message"] = text };
    }

    private JsonObject CreateVolumeSnapshot(JsonObject content, JsonObject backup, string name)
    {
        var storageClass = backup.TextAt("persistentVolumeClaim", "spec", "storageClassName") ?? "";
        if (_storage.SnapshotClass(storageClass) is not { } snapshotClass)
            throw new ReconcileException($"no VolumeSnapshotClass for {storageClass}");
        var made = _cluster.Create(_cluster.VolumeSnapshots, new JsonObject
        {
            ["apiVersion"] = "snapshot.storage.k8s.io/v1",
            ["kind"] = "VolumeSnapshot",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = content.Namespace(),
                ["labels"] = new JsonObject
                {
                    ["snapshot.kubevirt.io/source-vm-name"] = content.TextAt("spec", "source", "virtualMachine", "metadata", "name"),
                    ["snapshot.kubevirt.io/source-vm-namespace"] = content.TextAt("spec", "source", "virtualMachine", "metadata", "namespace"),
                },
                ["ownerReferences"] = new JsonArray(Cluster.OwnerReference(content, _cluster.Contents.StorageApiVersion, "VirtualMachineSnapshotContent")),
            },
            ["spec"] = new JsonObject
            {
                ["source"] = new JsonObject { ["persistentVolumeClaimName"] = backup.TextAt("persistentVolumeClaim", "metadata", "name") },
                ["volumeSnapshotClassName"] = snapshotClass,
            },
        });
        _cluster.Recorder.Normal(content, "SuccessfulVolumeSnapshotCreate", "Successfully created VolumeSnapshot " + name, SnapshotController.Component);
        return made;
    }
}
