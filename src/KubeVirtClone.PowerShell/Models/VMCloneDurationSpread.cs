using System.Globalization;
using KubeVirtClone.Engine.Insight.Measurement;

namespace KubeVirtClone;

/// <summary>How a duration is spread over clones. Percentiles are nearest-rank: each is a duration that was measured.</summary>
public sealed class VMCloneDurationSpread
{
    internal VMCloneDurationSpread(DurationSpread spread)
    {
        Name = spread.Name;
        Count = spread.Count;
        Minimum = spread.Minimum;
        Mean = spread.Mean;
        P50 = spread.P50;
        P90 = spread.P90;
        P99 = spread.P99;
        Maximum = spread.Maximum;
    }

    /// <summary>Snapshot, Restore, Bind, Boot or Total.</summary>
    public string Name { get; }

    /// <summary>Clones it is known of.</summary>
    public int Count { get; }

    /// <summary>The shortest.</summary>
    public TimeSpan Minimum { get; }

    /// <summary>The mean.</summary>
    public TimeSpan Mean { get; }

    /// <summary>Half of the clones took at most this.</summary>
    public TimeSpan P50 { get; }

    /// <summary>Nine of ten took at most this.</summary>
    public TimeSpan P90 { get; }

    /// <summary>Ninety-nine of a hundred took at most this.</summary>
    public TimeSpan P99 { get; }

    /// <summary>The longest.</summary>
    public TimeSpan Maximum { get; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"50% {AgeText.Format(P50)}, 90% {AgeText.Format(P90)}, 99% {AgeText.Format(P99)}, longest {AgeText.Format(Maximum)} ({Count})");
}
