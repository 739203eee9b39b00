using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Data;

/// <summary>
/// A recorded case whose steps are data: a program carries them out without reading a sentence. It has a namespace for the source and
/// one for the target; <c>before</c> and <c>steps</c> hold steps with their results, <c>beforeState</c> and <c>left</c> what was there
/// by namespace, <c>timeline</c> the watch of both, <c>leftPersistentVolumes</c> the volumes at the end.
/// </summary>
internal sealed partial class DataCase(VectorCase @case)
{
    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Uuid();

    public string Name => @case.Name;

    public JsonObject Data => @case.Data;

    /// <summary>Names of the namespaces, each once.</summary>
    public IReadOnlyList<string> Namespaces => NamespacesOf(Data);

    public IEnumerable<JsonObject> Before => Data.ArrayAt("before").Objects();

    public IEnumerable<JsonObject> Steps => Data.ArrayAt("steps").Objects();

    /// <summary>What was there before the first step, of all namespaces.</summary>
    public IEnumerable<JsonObject> BeforeState => Flat(Data, "beforeState");

    /// <summary>When the last thing was seen, in milliseconds from the first step.</summary>
    public double LastMs => Data.ArrayAt("timeline").Objects().Concat(Steps).Select(t => t["ms"]!.GetValue<double>()).DefaultIfEmpty(0).Max();

    /// <summary>Whether a file's content has this form.</summary>
    public static bool Is(JsonObject o) => o["namespaces"] is JsonObject { Count: > 0 } && o["steps"] is JsonArray steps && steps.Objects().All(s => s.TextAt("step", "do") is not null);

    public static IReadOnlyList<string> NamespacesOf(JsonObject recording) =>
        [.. (recording.ObjectAt("namespaces") ?? []).Where(p => p.Key is "src" or "dst").Select(p => p.Value.AsText()!).Distinct(StringComparer.Ordinal)];

    /// <summary>The objects of a part that lists them by namespace.</summary>
    public static IEnumerable<JsonObject> Flat(JsonObject recording, string part) =>
        (recording.ObjectAt(part) ?? []).SelectMany(n => (n.Value as JsonArray).Objects());

    /// <summary>Every object a recording holds whole, the earliest picture of it first.</summary>
    public static IEnumerable<JsonObject> Whole(JsonObject recording) => Flat(recording, "beforeState")
        .Concat(Results(recording).Select(r => r.ObjectAt("stored") ?? r.ObjectAt("object")).OfType<JsonObject>())
        .Concat(Flat(recording, "left"));

    /// <summary>UUIDs that the case itself gives, such as a machine's firmware uuid: data, not an object's identity.</summary>
    public static IEnumerable<string> GivenUuids(JsonObject recording)
    {
        var uids = Whole(recording).Select(o => o.Uid()).ToHashSet(StringComparer.Ordinal);
        var asked = recording.ArrayAt("before").Objects().Concat(recording.ArrayAt("steps").Objects()).Select(s => s["step"]!.ToJsonString());
        return asked.SelectMany(a => Uuid().Matches(a).Select(m => m.Value)).Where(u => !uids.Contains(u)).Distinct(StringComparer.Ordinal);
    }

    public static MatchCollection Uuids(string text) => Uuid().Matches(text);

    private static IEnumerable<JsonObject> Results(JsonObject recording) => recording.ArrayAt("steps").Objects().Select(s => s.ObjectAt("result")).OfType<JsonObject>();
}
