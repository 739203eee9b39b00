using System.Globalization;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>What a claim is filled from, and what an external provisioner has against it.</summary>
internal static class ClaimSources
{
    /// <summary>The kind of CDI's source that imports or makes blank volumes.</summary>
    public const string Import = "VolumeImportSource";

    /// <summary>The kind of CDI's source that clones.</summary>
    public const string Clone = "VolumeCloneSource";

    /// <summary>The kind of a source that a populator, not the provisioner, fills a claim from; null for others.</summary>
    public static string? Populator(JsonObject claim) =>
        claim.TextAt("spec", "dataSourceRef", "apiGroup") == "cdi.kubevirt.io" ? claim.TextAt("spec", "dataSourceRef", "kind") : null;

    /// <summary>Why a volume cannot be made from the claim's source now; null when it can, or when there is no source.</summary>
    public static string? Problem(Cluster cluster, JsonObject claim, JsonObject storageClass)
    {
        var source = claim.ObjectAt("spec", "dataSourceRef") ?? claim.ObjectAt("spec", "dataSource");
        var name = source.TextAt("name") ?? "";
        var problem = source.TextAt("kind") switch
        {
            "VolumeSnapshot" => OfSnapshot(cluster, claim, storageClass, name),
            "PersistentVolumeClaim" => OfClaim(cluster, claim, storageClass, name),
            _ => null,
        };
        return problem is null ? null : $"error getting handle for DataSource Type {source.TextAt("kind")} by Name {name}: {problem}";
    }

    private static string? OfSnapshot(Cluster cluster, JsonObject claim, JsonObject storageClass, string name)
    {
        if (cluster.Get(cluster.VolumeSnapshots, claim.Namespace(), name) is not { } snapshot)
            return $"error getting snapshot {name} from api server: volumesnapshots.snapshot.storage.k8s.io {GoText.Quote(name)} not found";
        if (snapshot.IsDeleting())
            return $"snapshot {name} is currently being deleted";
        if (snapshot.FlagAt("status", "readyToUse") is not true)
            return $"snapshot {name} is not Ready";
        var content = cluster.Get(cluster.VolumeSnapshotContents, null, snapshot.TextAt("status", "boundVolumeSnapshotContentName") ?? "");
        if (content.TextAt("spec", "driver") is { } driver && driver != storageClass.TextAt("provisioner"))
            return $"snapshot {name} is handled by a different CSI driver than requested by StorageClass {storageClass.Name()}";
        var (asked, restored) = (Bytes(claim.TextAt("spec", "resources", "requests", "storage")), Bytes(snapshot.TextAt("status", "restoreSize")));
        if (asked < restored)
            return string.Create(CultureInfo.InvariantCulture, $"requested volume size {asked} is less than the size {restored} for the source snapshot {name}");
        // A content from before modes were recorded says nothing, and then nothing is checked.
        return content.TextAt("spec", "sourceVolumeMode") is { } mode && mode != Mode(claim)
            && content!.Annotation("snapshot.storage.kubernetes.io/allow-volume-mode-change") != "true"
            ? $"requested volume {claim.Namespace()}/{claim.Name()} modifies the mode of the source volume but does not have permission to do so. snapshot.storage.kubernetes.io/allow-volume-mode-change annotation is not present on snapshotcontent {content!.Name()}"
            : null;
    }

    private static string? OfClaim(Cluster cluster, JsonObject claim, JsonObject storageClass, string name)
    {
        if (cluster.Get(cluster.Claims, claim.Namespace(), name) is not { } source)
            return $"error getting PVC {name} (namespace {GoText.Quote(claim.Namespace() ?? "")}) from api server: persistentvolumeclaims {GoText.Quote(name)} not found";
        if (source.IsDeleting())
            return $"the PVC DataSource {name} is currently being deleted";
        if (source.TextAt("status", "phase") != "Bound")
            return $"the PVC DataSource {name} is not bound";
        var driver = cluster.Get(cluster.Volumes, null, source.TextAt("spec", "volumeName") ?? "").TextAt("spec", "csi", "driver");
        if (driver is not null && driver != storageClass.TextAt("provisioner"))
            return $"the source PVC and destination PVCs must be for the same CSI driver for cloning.  Source CSI driver: {driver}, destination CSI driver: {storageClass.TextAt("provisioner")}";
        var (asked, given) = (Bytes(claim.TextAt("spec", "resources", "requests", "storage")), Bytes(source.TextAt("status", "capacity", "storage")));
        if (asked < given)
            return string.Create(CultureInfo.InvariantCulture, $"error, new PVC request must be greater than or equal in size to the specified PVC data source, requested {asked} but source is {given}");
        return Mode(source) == Mode(claim) ? null : "the source PVC and destination PVCs must have the same volume mode for cloning. Source and destination PVC volumeModes differ";
    }

    private static string Mode(JsonObject claim) => claim.TextAt("spec", "volumeMode") ?? "Filesystem";

    private static decimal Bytes(string? amount) => decimal.Ceiling(Quantity.Value(amount));
}
