using System.Text.Json;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>Reading and building Kubernetes objects held as <see cref="JsonObject"/>, with JSON null read as absent.</summary>
internal static class JsonAccess
{
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var key in path)
        {
            if (node is not JsonObject o || !o.TryGetPropertyValue(key, out node))
                return null;
        }

        return node;
    }

    public static JsonObject? ObjectAt(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) as JsonObject;

    public static JsonArray? ArrayAt(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) as JsonArray;

    public static string? TextAt(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path).AsText();

    public static bool? FlagAt(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) is JsonValue v && v.TryGetValue(out bool b) ? b : null;

    /// <summary>The strings of the array at the path; empty where there is none.</summary>
    public static IReadOnlyList<string> TextsAt(this JsonNode? node, params ReadOnlySpan<string> path) => [.. (node.ArrayAt(path) ?? []).Select(AsText).OfType<string>()];

    public static string? AsText(this JsonNode? node) => node is JsonValue v && v.TryGetValue(out string? s) ? s : null;

    public static DateTimeOffset? TimeAt(this JsonNode? node, params ReadOnlySpan<string> path) =>
        DateTimeOffset.TryParse(node.TextAt(path), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var t) ? t : null;

    public static IEnumerable<JsonObject> Objects(this JsonArray? array) => array is null ? [] : array.OfType<JsonObject>();

    public static IEnumerable<string> Texts(this JsonArray? array) => array is null ? [] : array.Select(n => n.AsText() ?? "");

    public static string Name(this JsonObject o) => o.TextAt("metadata", "name") ?? "";

    public static string? Namespace(this JsonObject o) => o.TextAt("metadata", "namespace");

    public static string Uid(this JsonObject o) => o.TextAt("metadata", "uid") ?? "";

    public static string Kind(this JsonObject o) => o.TextAt("kind") ?? "";

    public static bool IsDeleting(this JsonObject o) => o.At("metadata", "deletionTimestamp") is not null;

    public static string? Annotation(this JsonObject o, string key) => o.TextAt("metadata", "annotations", key);

    public static string? Label(this JsonObject o, string key) => o.TextAt("metadata", "labels", key);

    public static bool HasFinalizer(this JsonObject o, string finalizer) => o.ArrayAt("metadata", "finalizers").Texts().Contains(finalizer);

    /// <summary>The object at the path, made where absent.</summary>
    public static JsonObject Ensure(this JsonObject o, params ReadOnlySpan<string> path)
    {
        foreach (var key in path)
        {
            if (o[key] is not JsonObject next)
                o[key] = next = [];
            o = next;
        }

        return o;
    }

    public static JsonObject Copy(this JsonObject o) => (JsonObject)o.DeepClone();

    public static JsonNode? Copy(this JsonNode? node) => node?.DeepClone();

    public static bool Same(this JsonNode? a, JsonNode? b) => JsonNode.DeepEquals(a, b);

    public static JsonArray StringArray(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode?)JsonValue.Create(v))]);

    /// <summary>A timestamp as Kubernetes writes it: UTC, whole seconds.</summary>
    public static string Timestamp(DateTimeOffset t) => t.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What the value is called in Go's decoding errors.</summary>
    public static string GoKind(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        _ => "null",
    };
}
