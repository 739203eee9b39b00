namespace KubeVirtClone;

/// <summary>Where the addresses of a clone's interfaces come from, but for those that are given.</summary>
public enum VMMacAddressPolicy
{
    /// <summary>From KubeVirt or the network, as they do it.</summary>
    Default,

    /// <summary>Made up: locally administered, unique among the cluster's machines and the batch.</summary>
    Generate,
}
