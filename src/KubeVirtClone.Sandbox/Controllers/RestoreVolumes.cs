using KubeVirtClone.Sandbox.Cdi;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>The PVCs of a restore: named in its status first, then made from the VolumeSnapshots, then waited for.</summary>
internal sealed class RestoreVolumes(Cluster cluster, StorageLookups storage, JsonObject restore, RestoreTarget target, JsonObject content)
{
    private const string BackendLabel = "persistent-state-for";
    private static readonly string[] DroppedAnnotations =
        ["pv.kubernetes.io", "volume.beta.kubernetes.io", "cdi.kubevirt.io", "volume.kubernetes.io", "k8s.io/CloneRequest", "k8s.io/CloneOf"];

    private JsonObject Source => content.ObjectAt("spec", "source", "virtualMachine")!;

    private bool InPlace => restore.TextAt("spec", "volumeRestorePolicy") == "InPlace";

    /// <summary>The name of a restored volume by override, then policy, then at random from the restore's uid.</summary>
    public static string NameFor(JsonObject restore, string volume, string original)
    {
        var given = restore.ArrayAt("spec", "volumeRestoreOverrides").Objects()
            .FirstOrDefault(o => o.TextAt("volumeName") == volume && o.TextAt("restoreName") is { Length: > 0 }).TextAt("restoreName");
        return given ?? restore.TextAt("spec", "volumeRestorePolicy") switch
        {
            "InPlace" => original,
            "PrefixTargetName" => VolumeNames.Prefixed(restore.TextAt("spec", "target", "name") ?? "", volume),
            _ => $"restore-{restore.Uid()}-{volume}",
        };
    }

    /// <summary>True while there is still something to make or to wait for; <paramref name="status"/> is brought up to date.</summary>
    public bool Reconcile(JsonObject status)
    {
        var recorded = status.ArrayAt("restores").Objects().ToList();
        var wanted = new JsonArray();
        var memoryDumps = VirtualMachines.Volumes(Source).Where(v => v.ObjectAt("memoryDump") is not null).Select(v => v.TextAt("name")).ToHashSet();
        foreach (var backup in content.ArrayAt("spec", "volumeBackups").Objects())
        {
            var volume = backup.TextAt("volumeName") ?? "";
            if (memoryDumps.Contains(volume))
                continue;
            wanted.Add(recorded.Find(r => r.TextAt("volumeName") == volume)?.DeepClone() ?? new JsonObject
            {
                ["volumeName"] = volume,
                ["persistentVolumeClaim"] = NameFor(restore, volume, backup.TextAt("persistentVolumeClaim", "metadata", "name") ?? ""),
                ["volumeSnapshotName"] = backup.TextAt("volumeSnapshotName"),
            });
        }

        if (wanted.Count != recorded.Count || !JsonNode.DeepEquals(wanted, status.ArrayAt("restores") ?? []))
        {
            status["restores"] = wanted;
            return true;
        }

        var busy = false;
        foreach (var volume in recorded)
            busy |= ReconcileVolume(volume);
        return busy;
    }

    private bool ReconcileVolume(JsonObject volume)
    {
        var name = volume.TextAt("persistentVolumeClaim") ?? "";
        var claim = cluster.Get(cluster.Claims, restore.Namespace(), name);
        if (claim is null)
        {
            CreateClaim(name, volume);
            return true;
        }

        if (InPlace && claim.Annotation(ClonePatches.LastRestoreAnnotation) != RestoreController.Mark(restore))
            return Replace(volume, claim);
        switch (claim.TextAt("status", "phase"))
        {
            case "Pending":
                return storage.BindingMode(claim) is null or "Immediate";
            case "Bound":
                return false;
            case var phase:
                throw new ReconcileException($"PVC {claim.Namespace()}/{claim.Name()} in status {GoText.Quote(phase ?? "")}");
        }
    }

    // In place the source's own claim is deleted and made anew under its name; its DataVolume is told to keep out of it first.
    private bool Replace(JsonObject volume, JsonObject claim)
    {
        var owner = claim.ArrayAt("metadata", "ownerReferences").Objects().FirstOrDefault(o => o.FlagAt("controller") is true && o.TextAt("kind") == "DataVolume").TextAt("name");
        if (owner is not null)
        {
            if (volume.TextAt("dataVolumeName") is null)
            {
                volume["dataVolumeName"] = owner;
                return true;
            }

            if (cluster.Get(cluster.DataVolumes, restore.Namespace(), owner) is { } dataVolume)
            {
                var copy = dataVolume.Copy();
                var annotations = copy.Ensure("metadata", "annotations");
                annotations[RestoreController.NameAnnotation] = restore.Name();
                annotations[CdiNames.PrePopulated] = owner;
                cluster.Update(cluster.DataVolumes, copy);
            }
        }

        cluster.Delete(cluster.Claims, claim.Namespace(), claim.Name());
        return true;
    }

    private void CreateClaim(string name, JsonObject volume)
    {
        var volumeName = volume.TextAt("volumeName");
        var backup = content.ArrayAt("spec", "volumeBackups").Objects().FirstOrDefault(b => b.TextAt("volumeName") == volumeName)
            ?? throw new ReconcileException($"volume backup for volume {volumeName} not found");
        var snapshotName = backup.TextAt("volumeSnapshotName") ?? throw new ReconcileException("missing VolumeSnapshot name");
        var volumeSnapshot = cluster.Get(cluster.VolumeSnapshots, restore.Namespace(), snapshotName)
            ?? throw new ReconcileException("missing volumeSnapshot " + snapshotName);
        var original = backup.ObjectAt("persistentVolumeClaim")!;
        var annotations = Metadata(original, backup.TextAt("volumeName"));
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = restore.Namespace(),
            ["labels"] = annotations.Labels,
            ["annotations"] = annotations.Annotations,
        };
        if (volume.TextAt("dataVolumeName") is { } dataVolume)
        {
            annotations.Annotations[CdiNames.PopulatedFor] = dataVolume;
        }
        else if (restore.TextAt("spec", "volumeOwnershipPolicy") != "None")
        {
            if (target.Machine is { } machine)
                metadata["ownerReferences"] = new JsonArray(RestoreTarget.Owner(machine));
            else if (OwnedBySource(original))
                annotations.Annotations[RestoreTarget.OwnedByVmAnnotation] = restore.Name();
        }

        cluster.Create(cluster.Claims, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolumeClaim",
            ["metadata"] = metadata,
            ["spec"] = Spec(original, volumeSnapshot, snapshotName),
        });
    }

    private bool OwnedBySource(JsonObject original) => original.ArrayAt("metadata", "ownerReferences").Objects().Any(o =>
        o.TextAt("kind") == VirtualMachines.KindName && o.TextAt("name") == Source.Name() && o.TextAt("uid") == Source.Uid());

    private (JsonObject Labels, JsonObject Annotations) Metadata(JsonObject original, string? volumeName)
    {
        var labels = original.ObjectAt("metadata", "labels")?.Copy() ?? [];
        labels.Remove(BackendLabel);
        labels["restore.kubevirt.io/source-vm-name"] = Source.Name();
        labels["restore.kubevirt.io/source-vm-namespace"] = Source.Namespace();
        var annotations = new JsonObject();
        foreach (var (key, value) in original.ObjectAt("metadata", "annotations") ?? [])
        {
            if (key == CdiNames.ContentType || !Array.Exists(DroppedAnnotations, p => key.StartsWith(p, StringComparison.Ordinal)))
                annotations[key] = value?.DeepClone();
        }

        annotations[RestoreController.NameAnnotation] = restore.Name();
        annotations[ClonePatches.LastRestoreAnnotation] = RestoreController.Mark(restore);
        if (restore.ArrayAt("spec", "volumeRestoreOverrides").Objects().FirstOrDefault(o => o.TextAt("volumeName") == volumeName) is { } given)
        {
            foreach (var (key, value) in given.ObjectAt("labels") ?? [])
                labels[key] = value?.DeepClone();
            foreach (var (key, value) in given.ObjectAt("annotations") ?? [])
                annotations[key] = value?.DeepClone();
        }

        return (labels, annotations);
    }

    private static JsonObject Spec(JsonObject original, JsonObject volumeSnapshot, string snapshotName)
    {
        var spec = new JsonObject();
        foreach (var field in (ReadOnlySpan<string>)["accessModes", "resources", "storageClassName", "volumeMode"])
        {
            if (original.At("spec", field) is { } value)
                spec[field] = value.DeepClone();
        }

        foreach (var field in (ReadOnlySpan<string>)["dataSource", "dataSourceRef"])
            spec[field] = new JsonObject { ["apiGroup"] = "snapshot.storage.k8s.io", ["kind"] = "VolumeSnapshot", ["name"] = snapshotName };
        if (volumeSnapshot.TextAt("status", "restoreSize") is { } size)
        {
            var requests = spec.Ensure("resources", "requests");
            if (requests.TextAt("storage") is not { } asked || Quantity.Value(asked) < Quantity.Value(size))
                requests["storage"] = size;
        }

        return spec;
    }
}
