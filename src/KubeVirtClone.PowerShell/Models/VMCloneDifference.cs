using KubeVirtClone.Engine.Insight.Comparison;

namespace KubeVirtClone;

/// <summary>One place where a clone differs from its source.</summary>
public sealed class VMCloneDifference
{
    internal VMCloneDifference(MachineComparison comparison, MachineDifference difference)
    {
        Namespace = comparison.Namespace;
        SourceKind = comparison.SourceKind;
        SourceName = comparison.SourceName;
        SourceNamespace = comparison.SourceNamespace;
        TargetName = comparison.TargetName;
        TargetMacAddress = new VMTextList(comparison.Identity.MacAddresses);
        TargetSerial = comparison.Identity.Serial;
        TargetUuid = comparison.Identity.Uuid;
        TargetIpAddress = new VMTextList(comparison.Identity.IpAddresses);
        Area = difference.Area;
        Path = difference.Path;
        SourceValue = difference.Source;
        TargetValue = difference.Target;
        Expected = difference.Expected;
        Reason = difference.Reason;
    }

    /// <summary>Namespace of the clone; of the source too, unless <see cref="SourceNamespace"/> says another.</summary>
    public string Namespace { get; }

    /// <summary>VirtualMachine or VirtualMachineSnapshot.</summary>
    public string SourceKind { get; }

    /// <summary>Name of the source.</summary>
    public string SourceName { get; }

    /// <summary>Namespace of the source, where it is not the clone's own; else null.</summary>
    public string? SourceNamespace { get; }

    /// <summary>Name of the clone's machine.</summary>
    public string TargetName { get; }

    /// <summary>The clone's MAC addresses, in the order of its interfaces.</summary>
    public VMTextList TargetMacAddress { get; }

    /// <summary>The clone's SMBIOS serial number; null when it is not known.</summary>
    public string? TargetSerial { get; }

    /// <summary>The clone's SMBIOS UUID; null when it is not known.</summary>
    public string? TargetUuid { get; }

    /// <summary>The clone's addresses; empty while it does not run.</summary>
    public VMTextList TargetIpAddress { get; }

    /// <summary>What kind of thing: Disks, Volumes, Networks, Cpu, Memory, Firmware, Labels, Annotations, Machine.</summary>
    public string Area { get; }

    /// <summary>Where in the machine, as a field path.</summary>
    public string Path { get; }

    /// <summary>What the source has; null when it has nothing there.</summary>
    public string? SourceValue { get; }

    /// <summary>What the clone has; null when it has nothing there.</summary>
    public string? TargetValue { get; }

    /// <summary>True when the clone was asked for this, or KubeVirt makes it so for every clone.</summary>
    public bool Expected { get; }

    /// <summary>Why it is expected, or what is wrong.</summary>
    public string Reason { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{TargetName} {Path}: {SourceValue ?? "(nothing)"} -> {TargetValue ?? "(nothing)"} ({(Expected ? "expected" : "not expected")}: {Reason})";
}
