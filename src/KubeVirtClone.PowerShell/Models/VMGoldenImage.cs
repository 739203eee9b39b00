namespace KubeVirtClone;

/// <summary>One version of a golden image at one moment; read again for news. Piped into New-VMClone it is the source.</summary>
public sealed class VMGoldenImage : KubeVirtObject
{
    private readonly RawObject _raw;

    internal VMGoldenImage(GoldenImageRecord record)
    {
        Name = record.Name;
        Version = record.Version;
        Namespace = record.Namespace;
        SnapshotName = record.SnapshotName;
        SourceName = record.SourceName;
        Description = record.Description;
        Ready = record.Ready;
        IsDefault = record.IsDefault;
        Message = record.Message;
        Indication = [.. record.Indications.Select(i => i.Name)];
        Consistency = string.Join(' ', record.Indications.Select(i => i.Description));
        Size = record.Size;
        Disk = record.Disks is null ? null : [.. record.Disks.Select(d => d.Name)];
        CreationTimestamp = record.CreationTimestamp;
        Machine = record.Machines is null ? null : [.. record.Machines];
        Dependent = record.Dependents is null ? null : [.. record.Dependents];
        CopyOf = record.CopyOf;
        CopyStorageClass = record.CopyStorageClass;
        CopyNamespace = record.Copies is null ? null : [.. record.Copies];
        Uid = record.Uid;
        _raw = new RawObject(record.Raw.Json);
    }

    /// <summary>Name of the image.</summary>
    public string Name { get; }

    /// <summary>Version.</summary>
    public string Version { get; }

    /// <summary>Namespace; machines are made in the same.</summary>
    public string Namespace { get; }

    /// <summary>The snapshot that holds it.</summary>
    public string SnapshotName { get; }

    /// <summary>The machine it was made of; that need not exist any more.</summary>
    public string SourceName { get; }

    /// <summary>Description, or null.</summary>
    public string? Description { get; }

    /// <summary>Namespace and name of the snapshot it was copied from by Copy-VMGoldenImage; null when it was made here.</summary>
    public string? CopyOf { get; }

    /// <summary>Storage class given when it was copied; null when its disks kept their own.</summary>
    public string? CopyStorageClass { get; }

    /// <summary>Namespaces that hold a copy of this version; null when that was not asked or cannot be seen.</summary>
    public string[]? CopyNamespace { get; }

    /// <summary>True when machines can be made of it.</summary>
    public bool Ready { get; }

    /// <summary>True for the version that the name alone means: the newest that is ready.</summary>
    public bool IsDefault { get; }

    /// <summary>What keeps it from being ready; empty when it is.</summary>
    public string Message { get; }

    /// <summary>KubeVirt's words for how it was taken; none when the machine was off.</summary>
    public string[] Indication { get; }

    /// <summary>What these words mean for the data.</summary>
    public string Consistency { get; }

    /// <summary>Bytes the disks of one machine take; null where that cannot be read.</summary>
    public long? Size { get; }

    /// <summary>Disks with data in it; null where they cannot be read.</summary>
    public string[]? Disk { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; }

    /// <summary>Time since then.</summary>
    public TimeSpan? Age => DateTimeOffset.UtcNow - CreationTimestamp;

    /// <summary><see cref="Age"/> as the views show it: 42s, 5m30s, 12d.</summary>
    [Hidden]
    public string AgeText => Durations.Age(Age);

    /// <summary>The machines there are that were made of it; null where that was not read.</summary>
    public string[]? Machine { get; }

    /// <summary>Those that still need it: their volumes are not filled, or they are not finished. Null where that was not read.</summary>
    public string[]? Dependent { get; }

    /// <summary>Identity of the snapshot.</summary>
    public string Uid { get; }

    /// <summary>The snapshot as the server sent it, in the shape ConvertFrom-Json gives.</summary>
    [Hidden]
    public PSObject Raw => _raw.Value;

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}:{Version}";
}
