namespace KubeVirtClone;

/// <summary>One snapshot of a virtual machine at one moment; read again for news. Piped into New-VMClone it is the source.</summary>
public sealed class VMSnapshot : KubeVirtObject
{
    private readonly RawObject _raw;

    internal VMSnapshot(SnapshotRecord record)
    {
        Name = record.Name;
        Namespace = record.Namespace;
        SourceName = record.SourceName;
        Phase = Enum.TryParse<VMSnapshotPhase>(record.Phase.ToString(), out var phase) ? phase : VMSnapshotPhase.Unknown;
        ReadyToUse = record.ReadyToUse;
        Failed = record.Failed;
        Message = record.Message;
        Indication = [.. record.Indications.Select(i => i.Name)];
        Consistency = string.Join(' ', record.Indications.Select(i => i.Description));
        IsPartial = record.IsPartial;
        IncludedVolume = [.. record.IncludedVolumes];
        ExcludedVolume = [.. record.ExcludedVolumes];
        DeletionPolicy = record.DeletionPolicy;
        FailureDeadline = record.FailureDeadline;
        CreationTimestamp = record.CreationTimestamp;
        TakenAt = record.TakenAt;
        Size = record.Size;
        Batch = record.Batch;
        Labels = new Dictionary<string, string>(record.Labels, StringComparer.Ordinal);
        Annotations = new Dictionary<string, string>(record.Annotations, StringComparer.Ordinal);
        Uid = record.Uid;
        _raw = new RawObject(record.Raw.Json);
    }

    /// <summary>Name.</summary>
    public string Name { get; }

    /// <summary>Namespace of the snapshot and of its machine.</summary>
    public string Namespace { get; }

    /// <summary>The machine it was taken of; that need not exist any more.</summary>
    public string SourceName { get; }

    /// <summary>How far it is.</summary>
    public VMSnapshotPhase Phase { get; }

    /// <summary>True when machines can be made of it now. Storage may take longer for that than for Succeeded.</summary>
    public bool ReadyToUse { get; }

    /// <summary>True when it has failed for good.</summary>
    public bool Failed { get; }

    /// <summary>What went wrong, or what it waits for; empty when all is well.</summary>
    public string Message { get; }

    /// <summary>KubeVirt's words for how it was taken: Online, GuestAgent, NoGuestAgent, QuiesceTimeout, Paused, PartialSnapshot …; none when the machine was off.</summary>
    public string[] Indication { get; }

    /// <summary>What these words mean for the data.</summary>
    public string Consistency { get; }

    /// <summary>True when a volume with data was left out: a machine made of it would use the source's own volume.</summary>
    public bool IsPartial { get; }

    /// <summary>Volumes whose data is in it; known once it is taken.</summary>
    public string[] IncludedVolume { get; }

    /// <summary>Volumes whose data is not in it. Container disks and cloud-init are among them, where that means nothing.</summary>
    public string[] ExcludedVolume { get; }

    /// <summary>Delete or Retain; null is KubeVirt's default, Delete.</summary>
    public string? DeletionPolicy { get; }

    /// <summary>Longest time it may take; null is KubeVirt's default of five minutes, zero is no limit.</summary>
    public TimeSpan? FailureDeadline { get; }

    /// <summary>When the object was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; }

    /// <summary>Time since then.</summary>
    public TimeSpan? Age => DateTimeOffset.UtcNow - CreationTimestamp;

    /// <summary><see cref="Age"/> as the views show it: 42s, 5m30s, 12d.</summary>
    [Hidden]
    public string AgeText => Durations.Age(Age);

    /// <summary>When the data was taken; null until it was.</summary>
    public DateTimeOffset? TakenAt { get; }

    /// <summary>Bytes its volumes take when they are restored; null where that was not read.</summary>
    public long? Size { get; }

    /// <summary>Batch of clones it was made for, or null.</summary>
    public string? Batch { get; }

    /// <summary>Labels.</summary>
    public Dictionary<string, string> Labels { get; }

    /// <summary>Annotations.</summary>
    public Dictionary<string, string> Annotations { get; }

    /// <summary>Identity of the object.</summary>
    public string Uid { get; }

    /// <summary>The object as the server sent it, in the shape ConvertFrom-Json gives.</summary>
    [Hidden]
    public PSObject Raw => _raw.Value;

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}";
}
