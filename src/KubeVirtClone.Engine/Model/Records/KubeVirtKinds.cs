namespace KubeVirtClone.Engine.Model.Records;

/// <summary>The kinds of object this product reads and writes.</summary>
public static class KubeVirtKinds
{
    /// <summary>Group of virtual machines.</summary>
    public const string KubeVirtGroup = "kubevirt.io";

    /// <summary>Group of clones.</summary>
    public const string CloneGroup = "clone.kubevirt.io";

    /// <summary>Group of snapshots and restores.</summary>
    public const string SnapshotGroup = "snapshot.kubevirt.io";

    /// <summary>Virtual machines.</summary>
    public static ResourceKind VirtualMachine { get; } = new(KubeVirtGroup, "v1", "virtualmachines", "VirtualMachine");

    /// <summary>The KubeVirt installation's own configuration object.</summary>
    public static ResourceKind KubeVirt { get; } = new(KubeVirtGroup, "v1", "kubevirts", "KubeVirt");

    /// <summary>Core events.</summary>
    public static ResourceKind Event { get; } = new("", "v1", "events", "Event");

    /// <summary>Volume claims.</summary>
    public static ResourceKind PersistentVolumeClaim { get; } = new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");

    /// <summary>Clones, in the API version served.</summary>
    /// <param name="version"><c>v1beta1</c> or <c>v1alpha1</c>.</param>
    public static ResourceKind Clone(string version) => new(CloneGroup, version, "virtualmachineclones", "VirtualMachineClone");

    /// <summary>Snapshots, in the API version served.</summary>
    /// <param name="version"><c>v1beta1</c> or <c>v1alpha1</c>.</param>
    public static ResourceKind Snapshot(string version) => new(SnapshotGroup, version, "virtualmachinesnapshots", "VirtualMachineSnapshot");

    /// <summary>Snapshot contents, in the API version served.</summary>
    /// <param name="version"><c>v1beta1</c> or <c>v1alpha1</c>.</param>
    public static ResourceKind SnapshotContent(string version) =>
        new(SnapshotGroup, version, "virtualmachinesnapshotcontents", "VirtualMachineSnapshotContent");

    /// <summary>Restores, in the API version served.</summary>
    /// <param name="version"><c>v1beta1</c> or <c>v1alpha1</c>.</param>
    public static ResourceKind Restore(string version) => new(SnapshotGroup, version, "virtualmachinerestores", "VirtualMachineRestore");
}
