using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Cli.Output;

/// <summary>How findings are printed.</summary>
internal static class FindingShapes
{
    public static RecordShape<Finding> Finding { get; } = new(
        [
            new("SEVERITY", f => f.Severity.ToString(), Colour: ColourOf),
            new("CODE", f => f.Code),
            new("ITEM", f => f.Item),
            new("EVIDENCE", f => CellText.Line(f.Evidence), WideOnly: true),
            new("MESSAGE", Message),
        ],
        f => $"{f.Severity}/{f.Code}",
        Document,
        f => f.Item.Split('/')[0]);

    /// <summary>"error", "errors" and so on.</summary>
    public static string Word(FindingSeverity severity, int count) => severity switch
    {
        FindingSeverity.Error => count == 1 ? "error" : "errors",
        FindingSeverity.Warning => count == 1 ? "warning" : "warnings",
        FindingSeverity.Information => "for information",
        _ => "not checked",
    };

    private static string Message(Finding finding)
    {
        var action = ShellWords.Line(finding.RecommendedAction);
        return CellText.Line(finding.Message) + (action.Length == 0 ? "" : " Next step: " + action);
    }

    private static JsonObject Document(Finding finding) => new()
    {
        ["severity"] = finding.Severity.ToString(),
        ["code"] = finding.Code,
        ["item"] = finding.Item,
        ["message"] = CellText.Line(finding.Message),
        ["evidence"] = finding.Evidence,
        ["recommendedAction"] = ShellWords.Line(finding.RecommendedAction),
        ["targets"] = new JsonArray([.. finding.Requests.Select(r => JsonValue.Create(r.DisplayName))]),
    };

    private static string? ColourOf(Finding finding) => finding.Severity switch
    {
        FindingSeverity.Error => AnsiColour.Red,
        FindingSeverity.Warning or FindingSeverity.NotChecked => AnsiColour.Yellow,
        _ => null,
    };
}
