namespace KubeVirtClone;

/// <summary>What becomes of the data when a snapshot object is deleted.</summary>
public enum VMSnapshotDeletionPolicy
{
    /// <summary>It is deleted too.</summary>
    Delete,

    /// <summary>It stays in storage, where no machine can be made of it by name any more.</summary>
    Retain,
}
