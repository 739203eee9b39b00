namespace KubeVirtClone.Engine.Model.Results;

/// <summary>How far a batch is.</summary>
public sealed record CloneProgress
{
    /// <summary>Items in all.</summary>
    public required int Total { get; init; }

    /// <summary>Items that reached what was asked for.</summary>
    public required int Completed { get; init; }

    /// <summary>Items that ended with a fault.</summary>
    public required int Failed { get; init; }

    /// <summary>Items passed over.</summary>
    public required int Skipped { get; init; }

    /// <summary>Items in flight.</summary>
    public required int Running { get; init; }

    /// <summary>Items not begun.</summary>
    public int Waiting => Math.Max(0, Total - Completed - Failed - Skipped - Running);

    /// <summary>Share of the work that is done, 0 to 100; clones in flight count by their phase.</summary>
    public required double PercentComplete { get; init; }

    /// <summary>Time since the start.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Time left, estimated from the pace of the clones finished last; null until there is a pace.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>At most three clones in flight, those longest under way first.</summary>
    public required IReadOnlyList<CloneRecord> Slowest { get; init; }
}
