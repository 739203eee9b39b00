namespace KubeVirtClone.Engine.Model.Results;

// Objects that are not the ones they were read as.
public static partial class FaultIds
{
    /// <summary>The virtual machine that is meant was replaced by another of its name.</summary>
    public const string VMReplaced = "VMReplaced";

    /// <summary>The snapshot that is meant was replaced by another of its name.</summary>
    public const string VMSnapshotReplaced = "VMSnapshotReplaced";

    /// <summary>The clone that is meant was replaced by another of its name.</summary>
    public const string VMCloneReplaced = "VMCloneReplaced";

    /// <summary>The golden image that is meant was replaced by another of its name and version.</summary>
    public const string VMGoldenImageReplaced = "VMGoldenImageReplaced";

    /// <summary>The object piped in is of another namespace than the parameter says.</summary>
    public const string NamespaceMismatch = "NamespaceMismatch";

    /// <summary>The object piped in is of another cluster than the one the command talks to.</summary>
    public const string ClusterMismatch = "ClusterMismatch";
}
