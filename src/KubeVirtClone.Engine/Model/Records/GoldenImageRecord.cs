namespace KubeVirtClone.Engine.Model.Records;

/// <summary>One version of a golden image: a snapshot that is kept to make machines of.</summary>
public sealed record GoldenImageRecord
{
    /// <summary>Name of the image.</summary>
    public required string Name { get; init; }

    /// <summary>Version.</summary>
    public required string Version { get; init; }

    /// <summary>Namespace; machines are made in the same.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the snapshot that holds it.</summary>
    public required string SnapshotName { get; init; }

    /// <summary>Name of the machine it was made of; that need not exist any more.</summary>
    public required string SourceName { get; init; }

    /// <summary>Description, or null.</summary>
    public string? Description { get; init; }

    /// <summary>True when machines can be made of it.</summary>
    public bool Ready { get; init; }

    /// <summary>True for the version that the name alone means: the newest that is ready.</summary>
    public bool IsDefault { get; init; }

    /// <summary>What keeps it from being ready; empty when it is.</summary>
    public string Message { get; init; } = "";

    /// <summary>How the snapshot was taken; empty when the machine was off.</summary>
    public IReadOnlyList<SnapshotIndication> Indications { get; init; } = [];

    /// <summary>Bytes the disks of one machine take when they are restored; null when that cannot be read.</summary>
    public long? Size { get; init; }

    /// <summary>Disks with data in it; null when they cannot be read.</summary>
    public IReadOnlyList<SnapshotVolume>? Disks { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Names of the machines there are that were made of it; null when that was not asked or cannot be read.</summary>
    public IReadOnlyList<string>? Machines { get; init; }

    /// <summary>Names of those that still need it: their volumes are not bound, or they are not finished. Null as <see cref="Machines"/>.</summary>
    public IReadOnlyList<string>? Dependents { get; init; }

    /// <summary><c>namespace/name</c> of the snapshot this image is a copy of, which was transferred from there; null when it was made here.</summary>
    public string? CopyOf { get; init; }

    /// <summary>Storage class its disks were put on when it was copied; null when they kept their own, or it is no copy.</summary>
    public string? CopyStorageClass { get; init; }

    /// <summary>Namespaces that hold a copy of this version; null when that was not asked, or snapshots of all namespaces cannot be listed.</summary>
    public IReadOnlyList<string>? Copies { get; init; }

    /// <summary>Identity of the snapshot.</summary>
    public required string Uid { get; init; }

    /// <summary>The snapshot it is.</summary>
    public required SnapshotRecord Snapshot { get; init; }

    /// <summary>The object as the server sent it.</summary>
    public KubernetesObject Raw => Snapshot.Raw;

    /// <summary>Reads an image from its snapshot; null when the snapshot is none.</summary>
    /// <param name="snapshot">The snapshot.</param>
    public static GoldenImageRecord? From(SnapshotRecord snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return !snapshot.Labels.TryGetValue(ImageLabels.Image, out var name) ? null : new GoldenImageRecord
        {
            Name = name,
            Version = snapshot.Labels.GetValueOrDefault(ImageLabels.Version) ?? "",
            Namespace = snapshot.Namespace,
            SnapshotName = snapshot.Name,
            SourceName = snapshot.Annotations.GetValueOrDefault(ImageLabels.CopySource) ?? snapshot.SourceName,
            CopyOf = snapshot.Annotations.GetValueOrDefault(ImageLabels.CopyOf),
            CopyStorageClass = snapshot.Annotations.GetValueOrDefault(ImageLabels.CopyStorageClass),
            Description = snapshot.Annotations.GetValueOrDefault(ImageLabels.Description),
            Ready = snapshot is { ReadyToUse: true, Failed: false, Phase: not SnapshotPhase.Deleting },
            Message = snapshot.Phase == SnapshotPhase.Deleting ? "being deleted" : snapshot.Message,
            Indications = snapshot.Indications,
            Size = snapshot.Size,
            Disks = snapshot.Volumes,
            CreationTimestamp = snapshot.CreationTimestamp,
            Uid = snapshot.Uid,
            Snapshot = snapshot,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}:{Version}";
}

/// <summary>One golden image that is to be made.</summary>
public sealed record GoldenImageRequest
{
    /// <summary>Namespace of the machine; the image is made there.</summary>
    public required string Namespace { get; init; }

    /// <summary>Machine to make it of.</summary>
    public required string SourceName { get; init; }

    /// <summary>Uid of the machine, when known: of another of that name no image is made.</summary>
    public string? SourceUid { get; init; }

    /// <summary>The clone that made the machine, where it is meant by that.</summary>
    public MachineMaker? SourceMaker { get; init; }

    /// <summary>Name of the image: a legal label value.</summary>
    public required string Name { get; init; }

    /// <summary>Version: a legal label value; null counts up from the highest number there is (1, 2, 3 …).</summary>
    public string? Version { get; init; }

    /// <summary>Description, free text.</summary>
    public string? Description { get; init; }

    /// <summary>Stop the machine first, and have it run again, as it did, when the image is made.</summary>
    public bool StopSource { get; init; }

    /// <summary>Leave a machine stopped that was stopped for its image; starting it brings back the run strategy it had.</summary>
    public bool KeepStopped { get; init; }

    /// <summary>Remove the machine when the image is made and every disk is in it. Volumes from templates of the machine go with it.</summary>
    public bool RemoveSource { get; init; }

    /// <summary>Time the guest gets to shut down; null is what the machine says.</summary>
    public TimeSpan? GracePeriod { get; init; }

    /// <summary>Longest wait for each step (off, ready to use); null is the snapshot's own deadline.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Failure deadline of the snapshot; null is 30 minutes.</summary>
    public TimeSpan? FailureDeadline { get; init; }

    /// <summary>What the user gave, handed back with every update.</summary>
    public object? Input { get; init; }
}
