using System.Text.Json;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>One entry of <c>status.conditions</c>.</summary>
/// <param name="Type">Its type.</param>
/// <param name="IsTrue">True when the status is <c>True</c>.</param>
/// <param name="Reason">Reason; KubeVirt's clone, snapshot and restore put their whole text here.</param>
/// <param name="Message">Message.</param>
internal sealed record ObjectCondition(string Type, bool IsTrue, string? Reason, string? Message);

/// <summary>Reads conditions and lists from objects.</summary>
internal static class ObjectConditions
{
    public static ObjectCondition? Condition(this KubernetesObject source, string type) =>
        source.Conditions().FirstOrDefault(c => c.Type == type);

    public static IEnumerable<ObjectCondition> Conditions(this KubernetesObject source) =>
        source.ItemsAt("status", "conditions").Select(c => new ObjectCondition(
            c.Text("type") ?? "",
            c.Text("status") == "True",
            c.Text("reason"),
            c.Text("message")));

    public static IEnumerable<JsonElement> ItemsAt(this KubernetesObject source, params string[] path) =>
        source.At(path) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static string? Text(this JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    public static JsonElement? Member(this JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public static DateTimeOffset? TimeAt(this KubernetesObject source, params string[] path) =>
        Time(source.StringAt(path));

    /// <summary>A time as the API writes it, or null.</summary>
    public static DateTimeOffset? Time(string? text) => DateTimeOffset.TryParse(
        text,
        System.Globalization.CultureInfo.InvariantCulture,
        System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal,
        out var time) ? time : null;

    public static bool IsTrueAt(this KubernetesObject source, params string[] path) =>
        source.At(path) is { ValueKind: JsonValueKind.True };
}
