namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>One snapshot that is asked for.</summary>
public sealed record SnapshotRequest
{
    /// <summary>Namespace of the machine; the snapshot is made there too.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the machine.</summary>
    public required string SourceName { get; init; }

    /// <summary>Uid of the machine, when known: of another of that name no snapshot is taken.</summary>
    public string? SourceUid { get; init; }

    /// <summary>The clone that made the machine, where it is meant by that.</summary>
    public MachineMaker? SourceMaker { get; init; }

    /// <summary>Name of the snapshot; null makes one of the machine's name, the time, and five random characters. <c>SnapshotSources</c> replaces <c>{0}</c> in it.</summary>
    public string? Name { get; init; }

    /// <summary>What becomes of the data when the snapshot object is deleted: <c>Delete</c> or <c>Retain</c>; null is KubeVirt's default, <c>Delete</c>.
    /// Nothing can be restored by name of what <c>Retain</c> keeps.</summary>
    public string? DeletionPolicy { get; init; }

    /// <summary>Longest time it may take, counted from its creation; null is KubeVirt's default of five minutes. Must be above zero: a
    /// snapshot without a limit that cannot finish locks its machine until it is deleted.</summary>
    public TimeSpan? FailureDeadline { get; init; }

    /// <summary>Labels of the snapshot.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Annotations of the snapshot.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>What the user gave, handed back with every update about this request.</summary>
    public object? Input { get; init; }
}

/// <summary>How snapshots are waited for.</summary>
public sealed record SnapshotWaitOptions
{
    /// <summary>Longest wait for each, from the start of the wait; null waits for as long as it may still come.</summary>
    public TimeSpan? Timeout { get; init; }
}
