namespace KubeVirtClone;

/// <summary>When KubeVirt runs a machine.</summary>
public enum VMRunStrategy
{
    /// <summary>At all times.</summary>
    Always,

    /// <summary>Not until somebody starts it.</summary>
    Halted,

    /// <summary>Only as start and stop say.</summary>
    Manual,

    /// <summary>At all times, but not again after the guest shut itself down.</summary>
    RerunOnFailure,

    /// <summary>Once.</summary>
    Once,
}
