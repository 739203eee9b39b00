namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>What older versions of KubeVirt cannot do, in words.</summary>
internal static class UnsupportedFields
{
    /// <summary>Clones take patches from KubeVirt 1.6; restores took them long before.</summary>
    public static (string Message, Advice Action) Patches(Version version) => (
        $"This cluster runs KubeVirt {version}, whose clones take no patches (1.6 or later do): nothing but filters, MAC addresses and a serial without ':' and ',' can be given to them.",
        $"Have it made by a restore, which takes patches: {OptionName.Method} Restore (or leave {OptionName.Method} out).");

    /// <summary>Restores know the policy from KubeVirt 1.8.</summary>
    public static (string Message, Advice Action) VolumeNamePolicy(Version version) => (
        $"This cluster runs KubeVirt {version}; VolumeNamePolicy needs 1.8 or later.",
        "Leave VolumeNamePolicy out, or upgrade KubeVirt.");
}
