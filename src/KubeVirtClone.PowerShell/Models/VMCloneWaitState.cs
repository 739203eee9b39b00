namespace KubeVirtClone;

/// <summary>The state of a clone that is waited for.</summary>
public enum VMCloneWaitState
{
    /// <summary>The new virtual machine exists.</summary>
    Succeeded,

    /// <summary>Its volume claims are bound too: the data is there.</summary>
    Bound,

    /// <summary>It runs.</summary>
    Running,
}
