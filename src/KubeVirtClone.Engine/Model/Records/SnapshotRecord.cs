namespace KubeVirtClone.Engine.Model.Records;

/// <summary>Phase of a snapshot. KubeVirt leaves it empty while a snapshot is new or its source is missing; that is <see cref="Pending"/> here.</summary>
public enum SnapshotPhase
{
    /// <summary>New.</summary>
    Pending,

    /// <summary>Waiting for the source's lock, or being taken.</summary>
    InProgress,

    /// <summary>Taken. Whether machines can be made of it yet is <see cref="SnapshotRecord.ReadyToUse"/>.</summary>
    Succeeded,

    /// <summary>Ended without success; it never recovers.</summary>
    Failed,

    /// <summary>Being deleted.</summary>
    Deleting,

    /// <summary>A phase this version does not know.</summary>
    Unknown,
}

/// <summary>A circumstance a snapshot was taken under.</summary>
/// <param name="Name">KubeVirt's word: <c>Online</c>, <c>GuestAgent</c>, <c>NoGuestAgent</c>, <c>QuiesceTimeout</c>, <c>QuiesceFailed</c>, <c>Paused</c>, <c>PartialSnapshot</c>, or one this version does not know.</param>
/// <param name="Description">What it means for whoever uses the snapshot.</param>
public sealed record SnapshotIndication(string Name, string Description)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>One snapshot of a virtual machine at one moment. A record never changes; read again for news.</summary>
public sealed record SnapshotRecord
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Namespace of the snapshot and of the machine.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the machine it was taken of; that need not exist any more.</summary>
    public required string SourceName { get; init; }

    /// <summary>Phase.</summary>
    public SnapshotPhase Phase { get; init; }

    /// <summary>True when machines can be made of it now. Storage may take longer for that than for <see cref="SnapshotPhase.Succeeded"/>.</summary>
    public bool ReadyToUse { get; init; }

    /// <summary>True when it has failed for good.</summary>
    public bool Failed { get; init; }

    /// <summary>What went wrong, or what it waits for, in KubeVirt's words; empty when all is well.</summary>
    public string Message { get; init; } = "";

    /// <summary>How it was taken; empty when the machine was off.</summary>
    public IReadOnlyList<SnapshotIndication> Indications { get; init; } = [];

    /// <summary>Volumes whose data is in it; known once it is taken.</summary>
    public IReadOnlyList<string> IncludedVolumes { get; init; } = [];

    /// <summary>Volumes whose data is not in it. Container disks and cloud-init are listed too, where that means nothing.</summary>
    public IReadOnlyList<string> ExcludedVolumes { get; init; } = [];

    /// <summary><c>Delete</c> or <c>Retain</c>; whatever is not <c>Delete</c> acts as <c>Retain</c>. Null is KubeVirt's default, <c>Delete</c>.</summary>
    public string? DeletionPolicy { get; init; }

    /// <summary>Longest time it may take, from its creation; null is KubeVirt's default of five minutes, zero is no limit.</summary>
    public TimeSpan? FailureDeadline { get; init; }

    /// <summary>When the object was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>When the data was taken; null until it was.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>Sum of the sizes its volumes need when they are restored, in bytes; null where it was not read (see <c>SnapshotCatalog.DescribeAsync</c>).</summary>
    public long? Size { get; init; }

    /// <summary>Volumes with data, their claims and sizes; null where it was not read (see <c>SnapshotCatalog.DescribeAsync</c>).</summary>
    public IReadOnlyList<SnapshotVolume>? Volumes { get; init; }

    /// <summary>Name of the object that holds the snapshotted machine, or null.</summary>
    public string? ContentName { get; init; }

    /// <summary>Batch of clones it was made for, or null.</summary>
    public string? Batch { get; init; }

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Annotations.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Identity of the object.</summary>
    public required string Uid { get; init; }

    /// <summary>The object as the server sent it.</summary>
    public required KubernetesObject Raw { get; init; }

    /// <summary>What identifies it, to wait for it or remove it.</summary>
    public SnapshotReference Reference => new(Namespace, Name, Uid);

    /// <summary>True when a volume with data was left out, so that a machine made of it would use the source's own volume.</summary>
    public bool IsPartial => Indications.Any(i => i.Name == SnapshotIndications.Partial);

    /// <summary>Reads a VirtualMachineSnapshot.</summary>
    /// <param name="snapshot">The object as received.</param>
    public static SnapshotRecord From(KubernetesObject snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var phase = ReadPhase(snapshot);
        var failure = snapshot.Condition("Failure");
        var failed = phase == SnapshotPhase.Failed || failure?.IsTrue == true;
        var ready = snapshot.IsTrueAt("status", "readyToUse");
        return new SnapshotRecord
        {
            Name = snapshot.Name,
            Namespace = snapshot.Namespace ?? "",
            SourceName = snapshot.StringAt("spec", "source", "name") ?? "",
            Phase = phase,
            ReadyToUse = ready,
            Failed = failed,
            Message = MessageOf(snapshot, failed, ready),
            Indications = SnapshotIndications.Read(snapshot),
            IncludedVolumes = Names(snapshot, "includedVolumes"),
            ExcludedVolumes = Names(snapshot, "excludedVolumes"),
            DeletionPolicy = snapshot.StringAt("spec", "deletionPolicy"),
            FailureDeadline = GoDuration.Parse(snapshot.StringAt("spec", "failureDeadline")),
            CreationTimestamp = snapshot.CreationTimestamp,
            TakenAt = snapshot.TimeAt("status", "creationTime"),
            ContentName = snapshot.StringAt("status", "virtualMachineSnapshotContentName"),
            Batch = snapshot.Labels.GetValueOrDefault(CloneLabels.Batch),
            Labels = snapshot.Labels,
            Annotations = snapshot.Annotations,
            Uid = snapshot.Uid,
            Raw = snapshot,
        };
    }

    private static SnapshotPhase ReadPhase(KubernetesObject snapshot) => snapshot.StringAt("status", "phase") switch
    {
        _ when snapshot.DeletionTimestamp is not null => SnapshotPhase.Deleting,
        null or "" => SnapshotPhase.Pending,
        var phase when Enum.TryParse<SnapshotPhase>(phase, ignoreCase: false, out var known) => known,
        _ => SnapshotPhase.Unknown,
    };

    private static string MessageOf(KubernetesObject snapshot, bool failed, bool ready)
    {
        var error = snapshot.StringAt("status", "error", "message");
        if (failed)
            return string.Join(": ", new[] { snapshot.Condition("Failure")?.Reason, error }.OfType<string>().Where(t => t.Length > 0).Distinct(StringComparer.Ordinal));
        if (error is { Length: > 0 })
            return error;
        return ready ? "" : snapshot.Condition("Progressing")?.Reason switch
        {
            // The lock is taken in a moment, or the reason goes on to say what keeps it.
            null or "Source not locked" or "Source locked and operation in progress" => "",
            "Operation complete" => "taken, but storage does not offer it for use yet",
            var reason => reason,
        };
    }

    private static List<string> Names(KubernetesObject snapshot, string list) =>
        [.. snapshot.ItemsAt("status", "snapshotVolumes", list).Select(v => v.GetString() ?? "")];
}

/// <summary>What identifies a snapshot.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid, when known: another object of the same name is then another snapshot.</param>
public sealed record SnapshotReference(string Namespace, string Name, string? Uid = null)
{
    /// <summary>What the user gave, handed back with every update about this snapshot.</summary>
    public object? Input { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}";
}

/// <summary>One volume whose data is in a snapshot.</summary>
/// <param name="Name">Volume name in the machine.</param>
/// <param name="Claim">The claim it was taken of.</param>
/// <param name="VolumeSnapshot">Its VolumeSnapshot.</param>
/// <param name="StorageClass">Storage class restored claims get, or null.</param>
/// <param name="Size">Size the source's claim asked for, in bytes; null when that cannot be read.</param>
public sealed record SnapshotVolume(string Name, string Claim, string? VolumeSnapshot, string? StorageClass, long? Size)
{
    /// <summary>The claim as it was snapshotted; not to be changed.</summary>
    internal JsonObject? Backup { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
