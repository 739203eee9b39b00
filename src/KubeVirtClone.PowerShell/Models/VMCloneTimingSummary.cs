using KubeVirtClone.Engine.Insight.Measurement;

namespace KubeVirtClone;

/// <summary>Where the time of a batch of clones went.</summary>
public sealed class VMCloneTimingSummary
{
    internal VMCloneTimingSummary(string @namespace, BatchTiming timing)
    {
        Namespace = @namespace;
        Batch = timing.Batch;
        Count = timing.Count;
        Succeeded = timing.Succeeded;
        Failed = timing.Failed;
        Started = timing.Started;
        Ended = timing.Ended;
        Elapsed = timing.Total;
        Rate = timing.Rate;
        SharedSnapshot = timing.SharedSnapshot;
        Spread = [.. timing.Spreads.Select(s => new VMCloneDurationSpread(s))];
    }

    /// <summary>Namespace of the clones.</summary>
    public string Namespace { get; }

    /// <summary>Batch; null for clones that were made in none.</summary>
    public string? Batch { get; }

    /// <summary>Clones measured.</summary>
    public int Count { get; }

    /// <summary>Of them, those that succeeded.</summary>
    public int Succeeded { get; }

    /// <summary>Of them, those that failed.</summary>
    public int Failed { get; }

    /// <summary>When the first clone object was made.</summary>
    public DateTimeOffset? Started { get; }

    /// <summary>When the last of those that succeeded was done.</summary>
    public DateTimeOffset? Ended { get; }

    /// <summary>From the first creation to the last end.</summary>
    public TimeSpan? Elapsed { get; }

    /// <summary><see cref="Elapsed"/> as the views show it.</summary>
    [Hidden]
    public string ElapsedText => Durations.Duration(Elapsed);

    /// <summary>Clones a second over the whole batch; null for less than two, or when they took no time that can be seen.</summary>
    public double? Rate { get; }

    /// <summary>Time the snapshot took that the clones share; null when there is none, or it is gone.</summary>
    public TimeSpan? SharedSnapshot { get; }

    /// <summary><see cref="SharedSnapshot"/> as the views show it.</summary>
    [Hidden]
    public string SharedSnapshotText => Durations.Duration(SharedSnapshot);

    /// <summary>The spread of each part that is known, and of the total.</summary>
    public VMCloneDurationSpread[] Spread { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Batch}: {Count} clones in {(Elapsed is null ? "unknown time" : ElapsedText)}";
}
