namespace KubeVirtClone;

/// <summary>How far a clone is. The names are KubeVirt's, but for <see cref="Pending"/>, which KubeVirt leaves empty.</summary>
public enum VMClonePhase
{
    /// <summary>A phase this version does not know, or the one KubeVirt calls Unknown.</summary>
    Unknown,

    /// <summary>Not begun, or waiting for its source to exist.</summary>
    Pending,

    /// <summary>The snapshot of the source is being taken.</summary>
    SnapshotInProgress,

    /// <summary>The volumes are being restored from the snapshot.</summary>
    RestoreInProgress,

    /// <summary>The new virtual machine is being made.</summary>
    CreatingTargetVM,

    /// <summary>The new virtual machine exists.</summary>
    Succeeded,

    /// <summary>The clone has failed and will not go on.</summary>
    Failed,
}
