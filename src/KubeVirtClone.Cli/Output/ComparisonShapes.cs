using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Insight.Comparison;

namespace KubeVirtClone.Cli.Output;

/// <summary>One difference, with the comparison it is of.</summary>
internal sealed record ComparedField(MachineComparison Of, MachineDifference Difference);

/// <summary>How comparisons are printed: in a table a row a difference, in json and yaml an item a clone.</summary>
internal static class ComparisonShapes
{
    private const int LongestCell = 40;

    public static RecordShape<ComparedField> Field { get; } = new(
        [
            new("CLONE", f => f.Of.TargetName),
            new("AREA", f => f.Difference.Area, WideOnly: true),
            new("FIELD", f => f.Difference.Path),
            new("SOURCE", f => Value(f.Difference.Source)),
            new("TARGET", f => Value(f.Difference.Target)),
            new("EXPECTED", f => CellText.Word(f.Difference.Expected), Colour: f => f.Difference.Expected ? null : AnsiColour.Red),
            new("REASON", f => CellText.Line(f.Difference.Reason)),
        ],
        f => "vm/" + f.Of.TargetName,
        f => Document(f.Difference),
        f => f.Of.Namespace);

    public static RecordShape<MachineComparison> Comparison { get; } = new(
        [],
        c => "vm/" + c.TargetName,
        c => new JsonObject
        {
            ["namespace"] = c.Namespace,
            ["source"] = c.Source,
            ["target"] = CloneRecord.SourceText(SourceKinds.VirtualMachine, c.TargetName),
            ["identity"] = new JsonObject
            {
                ["macAddresses"] = new JsonArray([.. c.Identity.MacAddresses.Select(a => (JsonNode)a)]),
                ["serial"] = c.Identity.Serial,
                ["uuid"] = c.Identity.Uuid,
                ["ipAddresses"] = new JsonArray([.. c.Identity.IpAddresses.Select(a => (JsonNode)a)]),
            },
            ["asAsked"] = c.AsAsked,
            ["differences"] = new JsonArray([.. c.Differences.Select(Document)]),
        },
        c => c.Namespace);

    private static JsonObject Document(MachineDifference difference) => new()
    {
        ["area"] = difference.Area,
        ["path"] = difference.Path,
        ["source"] = difference.Source,
        ["target"] = difference.Target,
        ["expected"] = difference.Expected,
        ["reason"] = CellText.Line(difference.Reason),
    };

    // Whole objects would push every other column off the screen; json and yaml have them in full.
    private static string Value(string? value)
    {
        var line = string.Join(' ', (value ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= LongestCell ? line : line[..(LongestCell - 1)] + "…";
    }
}
