namespace KubeVirtClone.Engine.Insight.Measurement;

/// <summary>A part of the time a clone takes.</summary>
public enum ClonePart
{
    /// <summary>From the clone's creation until its own snapshot was ready; clones of a shared or existing snapshot have none.</summary>
    Snapshot,

    /// <summary>From there until the machine was made.</summary>
    Restore,

    /// <summary>From there until every volume was bound.</summary>
    Bind,

    /// <summary>From the machine's start until its guest ran.</summary>
    Boot,
}

/// <summary>One stretch of time of one clone.</summary>
/// <param name="Part">What was done.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it ended; null while it lasts.</param>
/// <param name="Origin">Where the times are from: an object's field, an event, or the watch. Events and objects count in whole seconds.</param>
public sealed record CloneSpan(ClonePart Part, DateTimeOffset Start, DateTimeOffset? End, string Origin)
{
    /// <summary>How long it took; null while it lasts.</summary>
    public TimeSpan? Duration => End - Start;
}

/// <summary>Where one clone's time went.</summary>
public sealed record CloneTiming
{
    /// <summary>Namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the clone object.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the new machine.</summary>
    public required string TargetName { get; init; }

    /// <summary>Name of the source.</summary>
    public required string SourceName { get; init; }

    /// <summary>How it was made.</summary>
    public CloneMethod Method { get; init; }

    /// <summary>Batch, or null.</summary>
    public string? Batch { get; init; }

    /// <summary>Phase when it was read.</summary>
    public ClonePhase Phase { get; init; }

    /// <summary>When the clone object was made.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>The stretches, in order.</summary>
    public required IReadOnlyList<CloneSpan> Spans { get; init; }

    /// <summary>Time until its own snapshot was ready; null when it had none or that is not known.</summary>
    public TimeSpan? Snapshot => Of(ClonePart.Snapshot);

    /// <summary>Time until the machine was made, from the snapshot on.</summary>
    public TimeSpan? Restore => Of(ClonePart.Restore);

    /// <summary>Time until the volumes were bound, from the machine on; null when they are not bound, or that is not known.</summary>
    public TimeSpan? Bind => Of(ClonePart.Bind);

    /// <summary>Time from the machine's start until it ran; null when it does not run.</summary>
    public TimeSpan? Boot => Of(ClonePart.Boot);

    /// <summary>Time from the clone's creation to the end of its last finished part, boot aside; null while it is not done.</summary>
    public TimeSpan? Total => Phase == ClonePhase.Succeeded && Started is { } started
        ? Spans.Where(s => s.Part != ClonePart.Boot).Select(s => s.End).Max() - started
        : null;

    private TimeSpan? Of(ClonePart part) => Spans.FirstOrDefault(s => s.Part == part)?.Duration;
}

/// <summary>How a duration is spread over the clones of a batch.</summary>
/// <param name="Name">Snapshot, Restore, Bind, Boot or Total.</param>
/// <param name="Count">Clones it is known of.</param>
/// <param name="Minimum">The shortest.</param>
/// <param name="Mean">The mean.</param>
/// <param name="P50">Half of the clones took at most this.</param>
/// <param name="P90">Nine of ten took at most this.</param>
/// <param name="P99">Ninety-nine of a hundred took at most this.</param>
/// <param name="Maximum">The longest.</param>
public sealed record DurationSpread(string Name, int Count, TimeSpan Minimum, TimeSpan Mean, TimeSpan P50, TimeSpan P90, TimeSpan P99, TimeSpan Maximum)
{
    /// <summary>The spread of durations; null when there are none. Percentiles are nearest-rank: each is a duration that was measured.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="durations">The durations; unknown ones are left out.</param>
    public static DurationSpread? Of(string name, IEnumerable<TimeSpan?> durations)
    {
        ArgumentNullException.ThrowIfNull(durations);
        var sorted = durations.OfType<TimeSpan>().Order().ToList();
        if (sorted.Count == 0)
            return null;
        TimeSpan Rank(double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)];
        return new DurationSpread(name, sorted.Count, sorted[0], TimeSpan.FromTicks((long)sorted.Average(d => d.Ticks)), Rank(0.5), Rank(0.9), Rank(0.99), sorted[^1]);
    }
}

/// <summary>Where the time of a batch went.</summary>
public sealed record BatchTiming
{
    /// <summary>Batch id; null when clones of several batches, or of none, were measured together.</summary>
    public string? Batch { get; init; }

    /// <summary>Clones measured.</summary>
    public required int Count { get; init; }

    /// <summary>Of them, those that succeeded.</summary>
    public required int Succeeded { get; init; }

    /// <summary>Of them, those that failed.</summary>
    public required int Failed { get; init; }

    /// <summary>When the first clone was made.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When the last of those that succeeded was done.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>From the first creation to the last end.</summary>
    public TimeSpan? Total => Ended - Started;

    /// <summary>Clones a second over the whole batch; null for less than two, or when they took no time that can be seen.</summary>
    public double? Rate => Succeeded > 1 && Total is { TotalSeconds: > 0 } total ? Succeeded / total.TotalSeconds : null;

    /// <summary>Time the snapshot took that the clones share; null when there is none or it is gone.</summary>
    public TimeSpan? SharedSnapshot { get; init; }

    /// <summary>The spread of each part, and of the total.</summary>
    public required IReadOnlyList<DurationSpread> Spreads { get; init; }

    /// <summary>Sums up clones.</summary>
    /// <param name="clones">The clones.</param>
    /// <param name="sharedSnapshot">Time of the snapshot they share, when known.</param>
    public static BatchTiming Of(IReadOnlyList<CloneTiming> clones, TimeSpan? sharedSnapshot = null)
    {
        ArgumentNullException.ThrowIfNull(clones);
        var batches = clones.Select(c => c.Batch).Distinct(StringComparer.Ordinal).ToList();
        return new BatchTiming
        {
            Batch = batches.Count == 1 ? batches[0] : null,
            Count = clones.Count,
            Succeeded = clones.Count(c => c.Phase == ClonePhase.Succeeded),
            Failed = clones.Count(c => c.Phase == ClonePhase.Failed),
            Started = clones.Select(c => c.Started).Min(),
            Ended = clones.Where(c => c.Total is not null).Select(c => c.Started + c.Total).Max(),
            SharedSnapshot = sharedSnapshot,
            Spreads =
            [
                .. new[]
                {
                    DurationSpread.Of(nameof(CloneTiming.Snapshot), clones.Select(c => c.Snapshot)),
                    DurationSpread.Of(nameof(CloneTiming.Restore), clones.Select(c => c.Restore)),
                    DurationSpread.Of(nameof(CloneTiming.Bind), clones.Select(c => c.Bind)),
                    DurationSpread.Of(nameof(CloneTiming.Boot), clones.Select(c => c.Boot)),
                    DurationSpread.Of(nameof(CloneTiming.Total), clones.Select(c => c.Total)),
                }.OfType<DurationSpread>(),
            ],
        };
    }
}
