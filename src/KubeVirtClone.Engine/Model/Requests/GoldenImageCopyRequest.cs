namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>A golden image that is to be published in other namespaces.</summary>
public sealed record GoldenImageCopyRequest
{
    /// <summary>Namespace of the image.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the image.</summary>
    public required string Name { get; init; }

    /// <summary>Uid of the image's snapshot, when known: another of that name and version is not copied.</summary>
    public string? Uid { get; init; }

    /// <summary>Version; null is the newest that is ready.</summary>
    public string? Version { get; init; }

    /// <summary>Namespaces it is to be in.</summary>
    public required IReadOnlyList<string> Destinations { get; init; }

    /// <summary>Storage class of the copy's disks; null keeps each disk's own.</summary>
    public string? StorageClass { get; init; }

    /// <summary>Also copy the Secrets and ConfigMaps its machine names, where they are not there. None is ever overwritten.</summary>
    public bool CopySecrets { get; init; }

    /// <summary>Hand over the storage driver's snapshots by their handles instead of having CDI bring the disks; see <see cref="CloneOptions.HandOver"/>.</summary>
    public bool HandOver { get; init; }

    /// <summary>Check everything, and make nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Longest time for each step: the disks, and the snapshot; null waits for as long as there is progress.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What the user gave, handed back with every update.</summary>
    public object? Input { get; init; }
}
