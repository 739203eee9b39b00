namespace KubeVirtClone;

/// <summary>What becomes of a clone's volumes when its machine is removed.</summary>
public enum VMVolumeOwnershipPolicy
{
    /// <summary>They go with it: the machine is their owner.</summary>
    Vm,

    /// <summary>They stay, with their data; nobody owns them.</summary>
    None,
}
