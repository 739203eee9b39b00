using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>What KubeVirt's snapshot code finds out about storage classes and volumes.</summary>
internal sealed class StorageLookups(Cluster cluster)
{
    private const string DefaultClassAnnotation = "snapshot.storage.kubernetes.io/is-default-class";

    /// <summary>
    /// The VolumeSnapshotClass for a StorageClass: the one its StorageProfile names, else the one whose driver is the provisioner, of
    /// several the one marked default; null when there is none.
    /// </summary>
    /// <exception cref="ReconcileException">Several match and none is marked.</exception>
    public string? SnapshotClass(string storageClass)
    {
        if (cluster.Get(cluster.StorageClasses, null, storageClass) is not { } found)
            return null;
        if (cluster.Get(cluster.StorageProfiles, null, storageClass).TextAt("status", "snapshotClass") is { Length: > 0 } named)
            return cluster.Get(cluster.VolumeSnapshotClasses, null, named)?.Name();
        var provisioner = found.TextAt("provisioner");
        var matches = cluster.Api.List(cluster.VolumeSnapshotClasses, null).Where(c => c.TextAt("driver") == provisioner).ToList();
        return matches.Count switch
        {
            0 => null,
            1 => matches[0].Name(),
            _ => matches.Find(c => c.Annotation(DefaultClassAnnotation) is not null)?.Name()
                ?? throw new ReconcileException($"{matches.Count} matching VolumeSnapshotClasses for {storageClass}"),
        };
    }

    /// <summary>Binding mode of a claim's class; null for a claim without class, which counts as Immediate.</summary>
    public string? BindingMode(JsonObject claim)
    {
        if (claim.TextAt("spec", "storageClassName") is not { } name)
            return null;
        return cluster.Get(cluster.StorageClasses, null, name) is { } found
            ? found.TextAt("volumeBindingMode")
            : throw new ReconcileException($"StorageClass {name} does not exist");
    }

    /// <summary>One entry of <c>status.volumeSnapshotStatuses</c>.</summary>
    public JsonObject SnapshotStatus(JsonObject machine, JsonObject volume)
    {
        var name = volume.TextAt("name") ?? "";
        if (!VirtualMachines.IsSnapshottable(volume))
            return Disabled(name, $"Snapshot is not supported for this volumeSource type [{name}]");
        try
        {
            var storageClass = VolumeStorageClass(machine, volume);
            return SnapshotClass(storageClass) is null
                ? Disabled(name, $"No VolumeSnapshotClass: Volume snapshots are not configured for this StorageClass [{storageClass}] [{name}]")
                : new JsonObject { ["name"] = name, ["enabled"] = true };
        }
        catch (ReconcileException e)
        {
            return Disabled(name, e.Message);
        }
    }

    private static JsonObject Disabled(string name, string reason) => new() { ["name"] = name, ["enabled"] = false, ["reason"] = reason };

    private string VolumeStorageClass(JsonObject machine, JsonObject volume)
    {
        var @namespace = machine.Namespace();
        if (volume.TextAt("dataVolume", "name") is not { } dataVolumeName)
            return ClaimStorageClass(@namespace, VirtualMachines.ClaimName(volume) ?? "");
        if (cluster.Get(cluster.DataVolumes, @namespace, dataVolumeName) is { } dataVolume)
        {
            if (dataVolume.TextAt("spec", "pvc", "storageClassName") is { Length: > 0 } own)
                return own;
            if (dataVolume.ArrayAt("metadata", "ownerReferences").Objects().Any(o => o.TextAt("kind") == VirtualMachines.KindName && o.TextAt("name") == machine.Name())
                && VirtualMachines.Templates(machine).FirstOrDefault(t => t.Name() == dataVolumeName).TextAt("spec", "pvc", "storageClassName") is { } fromTemplate)
            {
                return fromTemplate;
            }
        }

        return ClaimStorageClass(@namespace, dataVolumeName);
    }

    private string ClaimStorageClass(string? @namespace, string claim) =>
        cluster.Get(cluster.Claims, @namespace, claim) is { } found
            ? found.TextAt("spec", "storageClassName") ?? ""
            : throw new ReconcileException("PVC not found");
}
