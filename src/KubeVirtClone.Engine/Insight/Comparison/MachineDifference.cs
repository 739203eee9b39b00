namespace KubeVirtClone.Engine.Insight.Comparison;

/// <summary>One place where source and clone differ.</summary>
/// <param name="Area">What kind of thing: Disks, Volumes, Networks, Cpu, Memory, Firmware, Labels, Annotations, Machine.</param>
/// <param name="Path">Where in the machine, as a field path.</param>
/// <param name="Source">What the source has; null when it has nothing there.</param>
/// <param name="Target">What the clone has; null when it has nothing there.</param>
/// <param name="Expected">True when the clone was asked for this, or KubeVirt makes it so for every clone.</param>
/// <param name="Reason">Why it is expected, or what is wrong.</param>
public sealed record MachineDifference(string Area, string Path, string? Source, string? Target, bool Expected, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Source ?? "(nothing)"} -> {Target ?? "(nothing)"} ({(Expected ? "expected" : "not expected")}: {Reason})";
}

/// <summary>What a comparison of a clone with its source gave.</summary>
public sealed record MachineComparison
{
    /// <summary>Namespace of the clone; of the source too, unless <see cref="SourceNamespace"/> says another.</summary>
    public required string Namespace { get; init; }

    /// <summary>Kind of the source: VirtualMachine or VirtualMachineSnapshot.</summary>
    public required string SourceKind { get; init; }

    /// <summary>Name of the source.</summary>
    public required string SourceName { get; init; }

    /// <summary>Namespace of the source, where it is not the clone's own; else null.</summary>
    public string? SourceNamespace { get; init; }

    /// <summary>The source as it is shown: <c>vm/golden</c>, <c>vm/images/golden</c>.</summary>
    public string Source => CloneRecord.SourceText(SourceKind, SourceNamespace is { } ns ? $"{ns}/{SourceName}" : SourceName);

    /// <summary>Name of the clone's machine.</summary>
    public required string TargetName { get; init; }

    /// <summary>What the clone's machine is known by.</summary>
    public required MachineIdentity Identity { get; init; }

    /// <summary>Every difference, unexpected ones first.</summary>
    public required IReadOnlyList<MachineDifference> Differences { get; init; }

    /// <summary>True when the clone is what was asked for: no unexpected difference.</summary>
    public bool AsAsked => Differences.All(d => d.Expected);

    /// <summary>The differences that were not asked for.</summary>
    public IEnumerable<MachineDifference> Unexpected => Differences.Where(d => !d.Expected);
}
