using System.Text;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Cli.Output;

/// <summary>How diagnoses are printed.</summary>
internal static class DiagnosisShapes
{
    public static RecordShape<CloneDiagnosis> Diagnosis { get; } = new(
        [
            new("NAME", d => d.Reference.Name),
            new("TARGET", d => d.TargetName),
            new("HEALTH", d => d.Health.ToString(), Colour: d => ColourOf(d.Health)),
            new("CAUSE", d => d.Code),
            new("SINCE", d => d.Since is null ? null : CellText.Age(d.Since)),
            new("ENDS", d => d.Health == CloneHealth.Completed ? null : d.CanEndByItself ? "by itself" : "never"),
            new("EVIDENCE", d => CellText.Line(d.Evidence.Count == 0 ? "" : d.Evidence[0].ToString()), WideOnly: true),
            new("MESSAGE", Message),
        ],
        d => RecordShapes.KindPrefix(d.Method) + d.Reference.Name,
        Document,
        d => d.Reference.Namespace);

    /// <summary>The same, with what a repair has done in documents: every step that was taken, the last with its error where it failed.</summary>
    public static RecordShape<CloneDiagnosis> Repaired(IReadOnlyDictionary<CloneDiagnosis, JsonArray> done) => Diagnosis with
    {
        Document = d =>
        {
            var document = Document(d);
            document["repaired"] = done.GetValueOrDefault(d)?.DeepClone() ?? new JsonArray();
            return document;
        },
    };

    /// <summary>A step of a repair that was taken.</summary>
    public static JsonObject Step(RepairAction step, Fault? fault) => new()
    {
        ["operation"] = step.Operation,
        ["target"] = step.Target,
        ["done"] = fault is null,
        ["error"] = fault is null ? null : new JsonObject { ["code"] = fault.Id, ["message"] = CellText.Line(fault.Message) },
    };

    /// <summary>A health in a sentence.</summary>
    public static string Word(CloneHealth health) => health == CloneHealth.InProgress ? "in progress" : health.ToString().ToLowerInvariant();

    /// <summary>All of one diagnosis, in the look of <c>kubectl describe</c>.</summary>
    public static string Paragraph(CloneDiagnosis diagnosis, bool colour)
    {
        var text = new StringBuilder();
        Line("Clone", $"{diagnosis.Reference} ({diagnosis.Method}) → vm/{CellText.OrNone(diagnosis.TargetName)}");
        var since = diagnosis.Since is null ? "" : $", for {CellText.Age(diagnosis.Since)}";
        var health = Word(diagnosis.Health);
        Line("Health", (colour && ColourOf(diagnosis.Health) is { } c ? c + health + AnsiColour.Reset : health) + since);
        Line("Cause", $"{CellText.Line(diagnosis.Cause)} ({diagnosis.Code})");
        Lines("Evidence", diagnosis.Evidence.Select(e => CellText.Line(e.ToString()) + (e.Since is null ? "" : $" ({CellText.Age(e.Since)} ago)")));
        if (diagnosis.Health != CloneHealth.Completed)
            Line("Ends by itself", diagnosis.CanEndByItself ? "yes, it can" : "no");
        if (!diagnosis.NextStep.IsEmpty)
            Line("Next step", ShellWords.Line(diagnosis.NextStep));
        Lines("Repair", diagnosis.Repair.Actions.Select(a => $"{a.Operation} {a.Target}: {CellText.Line(a.Reason)}"));
        if (diagnosis.Partial)
            Line("Not read", string.Join(", ", diagnosis.NotRead));
        return text.ToString();

        void Line(string name, string value) => text.Append((name.Length == 0 ? "" : name + ":").PadRight(16)).Append(value).Append('\n');

        void Lines(string name, IEnumerable<string> values)
        {
            foreach (var value in values)
            {
                Line(name, value);
                name = "";
            }
        }
    }

    private static string Message(CloneDiagnosis diagnosis)
    {
        var next = ShellWords.Line(diagnosis.NextStep);
        return CellText.Line(diagnosis.Cause) + (next.Length == 0 ? "" : " Next step: " + next);
    }

    private static JsonObject Document(CloneDiagnosis diagnosis) => new()
    {
        ["namespace"] = diagnosis.Reference.Namespace,
        ["name"] = diagnosis.Reference.Name,
        ["method"] = diagnosis.Method.ToString(),
        ["targetName"] = diagnosis.TargetName,
        ["health"] = diagnosis.Health.ToString(),
        ["code"] = diagnosis.Code,
        ["cause"] = CellText.Line(diagnosis.Cause),
        ["since"] = Time(diagnosis.Since),
        ["canEndByItself"] = diagnosis.CanEndByItself,
        ["nextStep"] = ShellWords.Line(diagnosis.NextStep),
        ["evidence"] = new JsonArray([.. diagnosis.Evidence.Select(e => new JsonObject
        {
            ["object"] = e.Object,
            ["field"] = e.Field,
            ["text"] = e.Text,
            ["since"] = Time(e.Since),
        })]),
        ["repair"] = new JsonArray([.. diagnosis.Repair.Actions.Select(a => new JsonObject
        {
            ["operation"] = a.Operation,
            ["target"] = a.Target,
            ["reason"] = CellText.Line(a.Reason),
        })]),
        ["notRead"] = new JsonArray([.. diagnosis.NotRead.Select(k => JsonValue.Create(k))]),
    };

    // As Kubernetes writes times: in whole seconds.
    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static string? ColourOf(CloneHealth health) => health switch
    {
        CloneHealth.Completed => AnsiColour.Green,
        CloneHealth.Stuck or CloneHealth.Failed => AnsiColour.Red,
        CloneHealth.Waiting => AnsiColour.Yellow,
        _ => null,
    };
}
