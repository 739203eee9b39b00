using KubeVirtClone.Sandbox.Controllers;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>How CDI decides to fill a claim.</summary>
/// <param name="Type"><c>snapshot</c>, <c>csi-clone</c> or <c>copy</c>.</param>
/// <param name="FallbackReason">Why it is copied though another way was meant; null where none was.</param>
internal sealed record CloneStrategy(string Type, string? FallbackReason = null)
{
    private const string Component = "clone-populator";

    /// <summary>Decides; null while it cannot, because the source is not there.</summary>
    /// <exception cref="ReconcileException">The claim has no class, or is too small.</exception>
    public static CloneStrategy? Choose(Cluster cluster, JsonObject target, CloneSource source)
    {
        if (target.TextAt("spec", "storageClassName") is not { Length: > 0 } name)
            throw new ReconcileException("claim has emptystring storageclass, will not work");
        if (cluster.Get(cluster.StorageClasses, null, name) is not { } storageClass)
            throw new ReconcileException("target storage class not found");
        if (cluster.Get(source.IsSnapshot ? cluster.VolumeSnapshots : cluster.Claims, source.Namespace, source.Name) is not { } found)
        {
            cluster.Recorder.Warning(target, "CloneWithoutSource", $"The source {source.Word} {source.Name} doesn't exist", Component);
            return null;
        }

        return source.IsSnapshot ? FromSnapshot(cluster, target, found, storageClass) : FromClaim(cluster, target, found, storageClass);
    }

    /// <summary>
    /// The VolumeSnapshotClass for both claims: the one their profiles agree on, said in an Event on the last; null when there is none.
    /// </summary>
    public static string? SnapshotClass(Cluster cluster, params JsonObject[] claims)
    {
        if (CommonDriver(cluster, claims) is not { } driver)
            return null;
        var named = claims.Select(c => cluster.Get(cluster.StorageProfiles, null, c.TextAt("spec", "storageClassName") ?? "").TextAt("status", "snapshotClass")).Distinct().ToList();
        if (named is [{ } agreed])
        {
            if (cluster.Get(cluster.VolumeSnapshotClasses, null, agreed).TextAt("driver") != driver)
                return null;
            cluster.Recorder.Normal(claims[^1], "VolumeSnapshotClassSelected", "VolumeSnapshotClass selected according to StorageProfile " + agreed, Component);
            return agreed;
        }

        if (cluster.Api.List(cluster.VolumeSnapshotClasses, null).FirstOrDefault(c => c.TextAt("driver") == driver) is not { } first)
            return null;
        cluster.Recorder.Normal(claims[^1], "VolumeSnapshotClassSelected", "VolumeSnapshotClass selected according to first VolumeSnapshotClass with matching driver " + first.Name(), Component);
        return first.Name();
    }

    private static CloneStrategy FromSnapshot(Cluster cluster, JsonObject target, JsonObject snapshot, JsonObject storageClass)
    {
        var content = cluster.Get(cluster.VolumeSnapshotContents, null, snapshot.TextAt("status", "boundVolumeSnapshotContentName") ?? "")
            ?? throw new ReconcileException("volumeSnapshotContent name not found");
        if (content.TextAt("spec", "driver") != storageClass.TextAt("provisioner"))
            return FallBack(cluster, target, "NoProvisionerMatch", "The storageclass provisioner does not match the volumesnapshotcontent driver");
        if (Quantity.Value(snapshot.TextAt("status", "restoreSize")) < Size(target) && storageClass.FlagAt("allowVolumeExpansion") is not true)
            return FallBack(cluster, target, "NoVolumeExpansion", "No volume expansion is possible");
        // A content that does not say counts as one of a file system.
        return (content.TextAt("spec", "sourceVolumeMode") ?? "Filesystem") == Mode(target)
            ? new CloneStrategy(CdiNames.Snapshot)
            : FallBack(cluster, target, "IncompatibleVolumeModes", "The volume modes of source and target are incompatible");
    }

    private static CloneStrategy FromClaim(Cluster cluster, JsonObject target, JsonObject claim, JsonObject storageClass)
    {
        var (least, asked) = (Size(claim), Size(target));
        if (least > asked)
        {
            var problem = $"target resources requests storage size is smaller than the source {CloneStatus.Bytes(asked)} < {CloneStatus.Bytes(least)}";
            cluster.Recorder.Warning(target, "ErrIncompatiblePVC", problem, Component);
            throw new ReconcileException(problem);
        }

        var wanted = cluster.Get(cluster.StorageProfiles, null, storageClass.Name()).TextAt("status", "cloneStrategy") ?? CdiNames.Snapshot;
        if (wanted == CdiNames.Snapshot && SnapshotClass(cluster, claim, target) is null)
            return FallBack(cluster, target, "NoVolumeSnapshotClass", "No compatible volumesnapshotclass found");
        if (wanted == CdiNames.Copy)
            return new CloneStrategy(wanted);
        if (CommonDriver(cluster, claim, target) is null)
            return FallBack(cluster, target, "IncompatibleProvisioners", "Provisioners are incompatible");
        if (Mode(claim) != Mode(target))
            return FallBack(cluster, target, "IncompatibleVolumeModes", "The volume modes of source and target are incompatible");
        if (claim.TextAt("status", "capacity", "storage") is not { } capacity)
            throw new ReconcileException("source/target size info missing");
        return Quantity.Value(capacity) < asked && storageClass.FlagAt("allowVolumeExpansion") is not true
            ? FallBack(cluster, target, "NoVolumeExpansion", "No volume expansion is possible")
            : new CloneStrategy(wanted);
    }

    private static CloneStrategy FallBack(Cluster cluster, JsonObject target, string reason, string message)
    {
        cluster.Recorder.Warning(target, reason, message, Component);
        return new CloneStrategy(CdiNames.Copy, message);
    }

    // The driver of each claim's volume, or of its class while it has none, when all have the same.
    private static string? CommonDriver(Cluster cluster, params JsonObject[] claims)
    {
        var drivers = claims.Select(c => cluster.Get(cluster.Volumes, null, c.TextAt("spec", "volumeName") ?? "").TextAt("spec", "csi", "driver")
            ?? cluster.Get(cluster.StorageClasses, null, c.TextAt("spec", "storageClassName") ?? "").TextAt("provisioner")).Distinct().ToList();
        return drivers.Count == 1 ? drivers[0] : null;
    }

    private static decimal Size(JsonObject claim) => Quantity.Value(claim.TextAt("spec", "resources", "requests", "storage"));

    private static string Mode(JsonObject claim) => claim.TextAt("spec", "volumeMode") ?? "Filesystem";
}
