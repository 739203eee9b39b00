namespace KubeVirtClone;

/// <summary>How a clone stands, seen by Debug-VMClone.</summary>
public enum VMCloneHealth
{
    /// <summary>Done: the machine is there, and its volumes with it.</summary>
    Completed,

    /// <summary>On its way; nothing is wrong that can be seen.</summary>
    InProgress,

    /// <summary>Waiting for something that may still happen by itself or by somebody's doing.</summary>
    Waiting,

    /// <summary>Will never finish as it stands, though KubeVirt goes on trying.</summary>
    Stuck,

    /// <summary>Ended without success.</summary>
    Failed,
}
