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

    /// <summary><see cref="Minimum"/> as the views show it.</summary>
    [Hidden]
    public string MinimumText => Durations.Duration(Minimum);

    /// <summary>The mean.</summary>
    public TimeSpan Mean { get; }

    /// <summary><see cref="Mean"/> as the views show it.</summary>
    [Hidden]
    public string MeanText => Durations.Duration(Mean);

    /// <summary>Half of the clones took at most this.</summary>
    public TimeSpan P50 { get; }

    /// <summary><see cref="P50"/> as the views show it.</summary>
    [Hidden]
    public string P50Text => Durations.Duration(P50);

    /// <summary>Nine of ten took at most this.</summary>
    public TimeSpan P90 { get; }

    /// <summary><see cref="P90"/> as the views show it.</summary>
    [Hidden]
    public string P90Text => Durations.Duration(P90);

    /// <summary>Ninety-nine of a hundred took at most this.</summary>
    public TimeSpan P99 { get; }

    /// <summary><see cref="P99"/> as the views show it.</summary>
    [Hidden]
    public string P99Text => Durations.Duration(P99);

    /// <summary>The longest.</summary>
    public TimeSpan Maximum { get; }

    /// <summary><see cref="Maximum"/> as the views show it.</summary>
    [Hidden]
    public string MaximumText => Durations.Duration(Maximum);

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"50% {P50Text}, 90% {P90Text}, 99% {P99Text}, longest {MaximumText} ({Count})");
}
