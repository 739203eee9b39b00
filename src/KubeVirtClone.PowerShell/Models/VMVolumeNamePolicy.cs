namespace KubeVirtClone;

/// <summary>How the clone's volumes are named.</summary>
public enum VMVolumeNamePolicy
{
    /// <summary>Names made up by KubeVirt.</summary>
    RandomizeNames,

    /// <summary>The target's name, a hyphen, and the volume's name in the source.</summary>
    PrefixTargetName,
}
