using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Insight.Measurement;

namespace KubeVirtClone.Cli.Output;

/// <summary>How measured times are printed; in json and yaml they are seconds.</summary>
internal static class TimingShapes
{
    public static RecordShape<CloneTiming> Timing { get; } = new(
        [
            new("NAME", t => t.Name),
            new("TARGET", t => t.TargetName),
            new("METHOD", t => t.Method.ToString()),
            new("PHASE", t => t.Phase.ToString(), Colour: t => t.Phase switch
            {
                ClonePhase.Succeeded => AnsiColour.Green,
                ClonePhase.Failed => AnsiColour.Red,
                _ => null,
            }),
            new("SNAPSHOT", t => Time(t.Snapshot)),
            new("RESTORE", t => Time(t.Restore)),
            new("BIND", t => Time(t.Bind)),
            new("BOOT", t => Time(t.Boot)),
            new("TOTAL", t => Time(t.Total)),
            new("STARTED", t => t.Started?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture), WideOnly: true),
        ],
        t => RecordShapes.KindPrefix(t.Method) + t.Name,
        Document,
        t => t.Namespace);

    public static RecordShape<DurationSpread> Spread { get; } = new(
        [
            new("PART", s => s.Name),
            new("COUNT", s => s.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new("MIN", s => CellText.Duration(s.Minimum)),
            new("MEAN", s => CellText.Duration(s.Mean)),
            new("P50", s => CellText.Duration(s.P50)),
            new("P90", s => CellText.Duration(s.P90)),
            new("P99", s => CellText.Duration(s.P99)),
            new("MAX", s => CellText.Duration(s.Maximum)),
        ],
        s => s.Name,
        Document,
        _ => "");

    /// <summary>All of a measurement: {batch, clones}.</summary>
    public static JsonObject Document(CloneMeasurement measured) => new()
    {
        ["batch"] = new JsonObject
        {
            ["name"] = measured.Batch.Batch,
            ["count"] = measured.Batch.Count,
            ["succeeded"] = measured.Batch.Succeeded,
            ["failed"] = measured.Batch.Failed,
            ["totalSeconds"] = Seconds(measured.Batch.Total),
            ["clonesPerSecond"] = measured.Batch.Rate,
            ["sharedSnapshotSeconds"] = Seconds(measured.Batch.SharedSnapshot),
            ["spreads"] = new JsonArray([.. measured.Batch.Spreads.Select(Document)]),
        },
        ["clones"] = new JsonArray([.. measured.Clones.Select(Document)]),
    };

    private static JsonObject Document(CloneTiming timing) => new()
    {
        ["namespace"] = timing.Namespace,
        ["name"] = timing.Name,
        ["targetName"] = timing.TargetName,
        ["sourceName"] = timing.SourceName,
        ["method"] = timing.Method.ToString(),
        ["batch"] = timing.Batch,
        ["phase"] = timing.Phase.ToString(),
        ["started"] = timing.Started?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
        ["snapshotSeconds"] = Seconds(timing.Snapshot),
        ["restoreSeconds"] = Seconds(timing.Restore),
        ["bindSeconds"] = Seconds(timing.Bind),
        ["bootSeconds"] = Seconds(timing.Boot),
        ["totalSeconds"] = Seconds(timing.Total),
    };

    private static JsonObject Document(DurationSpread spread) => new()
    {
        ["part"] = spread.Name,
        ["count"] = spread.Count,
        ["minimumSeconds"] = Seconds(spread.Minimum),
        ["meanSeconds"] = Seconds(spread.Mean),
        ["p50Seconds"] = Seconds(spread.P50),
        ["p90Seconds"] = Seconds(spread.P90),
        ["p99Seconds"] = Seconds(spread.P99),
        ["maximumSeconds"] = Seconds(spread.Maximum),
    };

    private static string? Time(TimeSpan? time) => time is null ? null : CellText.Duration(time);

    private static double? Seconds(TimeSpan? time) => time is { } t ? Math.Round(t.TotalSeconds, 3) : null;
}
