namespace KubeVirtClone;

/// <summary>
/// One clone at one moment; read again for news. Piped into another cmdlet it stands for the virtual machine it makes.
/// </summary>
public sealed class VMClone : KubeVirtObject
{
    private readonly RawObject _raw;

    internal VMClone(CloneRecord record, VMCloneRequest? request = null)
    {
        Name = record.Name;
        Namespace = record.Namespace;
        SourceKind = record.SourceKind;
        SourceName = record.SourceName;
        SourceNamespace = record.SourceNamespace;
        Image = record.Image?.ToString();
        TargetName = record.TargetName;
        State = record.State;
        Phase = Enum.TryParse<VMClonePhase>(record.Phase.ToString(), out var phase) ? phase : VMClonePhase.Unknown;
        Ready = record.Ready;
        Bound = record.Bound;
        Message = record.Message;
        CreationTimestamp = record.CreationTimestamp;
        Duration = record.Duration;
        Uid = record.Uid;
        SnapshotName = record.SnapshotName;
        SourceUid = record.Origin?.Uid;
        RestoreName = record.RestoreName;
        Batch = record.Batch;
        Method = record.Method.ToString();
        Asked = AskedSizes.Describe(record);
        Reference = record.Reference;
        Maker = MachineMaker.Of(record);
        Request = request;
        _raw = new RawObject(record.Raw.Json);
    }

    /// <summary>Name of the clone object.</summary>
    public string Name { get; }

    /// <summary>Namespace of the clone and its machine; of the source too, unless <see cref="SourceNamespace"/> says another.</summary>
    public string Namespace { get; }

    /// <summary>VirtualMachine or VirtualMachineSnapshot.</summary>
    public string SourceKind { get; }

    /// <summary>Name of the source.</summary>
    public string SourceName { get; }

    /// <summary>Namespace of the source, where it is not the clone's own; else null.</summary>
    public string? SourceNamespace { get; }

    /// <summary>The golden image that the source is, with its version: <c>ubuntu-24.04:3</c>; null for any other source.</summary>
    public string? Image { get; }

    /// <summary>Name of the new virtual machine.</summary>
    public string TargetName { get; }

    /// <summary>How far it is.</summary>
    public VMClonePhase Phase { get; }

    /// <summary>The phase in one word; Bound once the volumes are really there too, and Growing while they have not got the size that was asked for.</summary>
    public string State { get; }

    /// <summary>True when KubeVirt's Ready condition is true.</summary>
    public bool Ready { get; }

    /// <summary>True when the clone succeeded and its volumes are really there.</summary>
    public bool Bound { get; }

    /// <summary>What the clone is doing or what keeps it; empty when all is well.</summary>
    public string Message { get; }

    /// <summary>When the clone object was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; }

    /// <summary>Time since then.</summary>
    public TimeSpan? Age => DateTimeOffset.UtcNow - CreationTimestamp;

    /// <summary><see cref="Age"/> as the views show it: 42s, 5m30s, 12d.</summary>
    [Hidden]
    public string AgeText => Durations.Age(Age);

    /// <summary>Time from creation to the state waited for; null when nobody waited.</summary>
    public TimeSpan? Duration { get; }

    /// <summary><see cref="Duration"/> as the views show it: 0.4s, 12s, 5m30s.</summary>
    [Hidden]
    public string DurationText => Durations.Duration(Duration);

    /// <summary>Identity of the clone object.</summary>
    public string Uid { get; }

    /// <summary>Snapshot still in use, or what a source of another namespace was brought to this one as; or null.</summary>
    public string? SnapshotName { get; }

    /// <summary>Restore still in use, or null.</summary>
    public string? RestoreName { get; }

    /// <summary>Batch the clone was made in, or null.</summary>
    public string? Batch { get; }

    /// <summary>How it is made: Clone, Restore, Direct or DataVolume.</summary>
    public string Method { get; }

    /// <summary>What it was asked to have of other size, type or place than its source: 4 CPUs, 8Gi, root 40Gi. Empty when nothing was.</summary>
    public string Asked { get; }

    /// <summary>Set on the target object of an error: what to ask for again. Piping such a record into New-VMClone retries it.</summary>
    [Hidden]
    public VMCloneRequest? Request { get; }

    /// <summary>The object as the server sent it, in the shape ConvertFrom-Json gives.</summary>
    [Hidden]
    public PSObject Raw => _raw.Value;

    internal CloneReference Reference { get; }

    internal string? SourceUid { get; }

    // The machine it stands for is the one it made.
    internal MachineMaker Maker { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{TargetName}";
}
