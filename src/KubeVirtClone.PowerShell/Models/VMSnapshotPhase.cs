namespace KubeVirtClone;

/// <summary>How far a snapshot is. The names are KubeVirt's, but for <see cref="Pending"/>, which KubeVirt leaves empty.</summary>
public enum VMSnapshotPhase
{
    /// <summary>A phase this version does not know, or the one KubeVirt calls Unknown.</summary>
    Unknown,

    /// <summary>New, or its machine does not exist.</summary>
    Pending,

    /// <summary>Waiting for the machine's lock, or being taken.</summary>
    InProgress,

    /// <summary>Taken. Whether machines can be made of it yet is told by <see cref="VMSnapshot.ReadyToUse"/>.</summary>
    Succeeded,

    /// <summary>Ended without success; it never recovers.</summary>
    Failed,

    /// <summary>Being deleted.</summary>
    Deleting,
}
