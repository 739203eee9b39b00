namespace KubeVirtClone.Engine.Model.Records;

/// <summary>The kinds a clone can be made of, and the API group of each.</summary>
public static class SourceKinds
{
    /// <summary>A virtual machine (<c>kubevirt.io</c>).</summary>
    public const string VirtualMachine = "VirtualMachine";

    /// <summary>A snapshot of one (<c>snapshot.kubevirt.io</c>).</summary>
    public const string VirtualMachineSnapshot = "VirtualMachineSnapshot";

    /// <summary>A restore of a snapshot (<c>snapshot.kubevirt.io</c>); never a source.</summary>
    public const string VirtualMachineRestore = "VirtualMachineRestore";

    /// <summary>A clone (<c>clone.kubevirt.io</c>); never a source.</summary>
    internal const string VirtualMachineClone = "VirtualMachineClone";

    /// <summary>The kind that <paramref name="given"/> names, in any of virtctl's spellings; null when there is none.</summary>
    /// <param name="given">A kind, short name or plural, in any case.</param>
    public static string? Normalize(string? given) => given?.Trim().ToLowerInvariant() switch
    {
        "vm" or "vms" or "virtualmachine" or "virtualmachines" => VirtualMachine,
        "snapshot" or "vmsnapshot" or "vmsnapshots" or "virtualmachinesnapshot" or "virtualmachinesnapshots" => VirtualMachineSnapshot,
        _ => null,
    };

    /// <summary>API group of a kind given by one of the two constants.</summary>
    /// <param name="kind"><see cref="VirtualMachine"/> or <see cref="VirtualMachineSnapshot"/>.</param>
    public static string GroupOf(string kind) => kind == VirtualMachineSnapshot ? KubeVirtKinds.SnapshotGroup : KubeVirtKinds.KubeVirtGroup;
}
