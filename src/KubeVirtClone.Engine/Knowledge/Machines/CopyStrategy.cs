namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>How CDI fills a claim from another one of the same storage class: worked out from what it decides by itself (CDI 1.66, planner of the clone populator).</summary>
internal static class CopyStrategy
{
    /// <summary>The way in words.</summary>
    /// <param name="wanted">Way that CDI's configuration or the class's StorageProfile asks for: <c>snapshot</c>, <c>csi-clone</c>, <c>copy</c>; null or empty where none does.</param>
    /// <param name="isCsi">Whether the class's provisioner is a CSI driver; null where that is not known.</param>
    /// <param name="hasSnapshotClass">Whether there is a VolumeSnapshotClass for it; null where that is not known.</param>
    public static string InWords(string? wanted, bool? isCsi, bool? hasSnapshotClass) => (wanted, isCsi, hasSnapshotClass) switch
    {
        (_, false, _) => "copied byte by byte by pods, because its storage has no CSI driver",
        ("copy", _, _) => "copied byte by byte by pods, as the StorageProfile or CDI's configuration asks",
        ("csi-clone", _, _) => "cloned by the storage's driver (CSI clone)",
        (_, _, true) => "filled from a snapshot that CDI takes for it and removes",
        (_, _, false) => "copied byte by byte by pods, because there is no VolumeSnapshotClass for its storage",
        _ => "filled from a snapshot where there is a VolumeSnapshotClass for its storage, else copied byte by byte by pods",
    };
}
