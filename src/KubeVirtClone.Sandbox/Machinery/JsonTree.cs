using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>Small operations on JSON trees that the API machinery and the controllers share.</summary>
internal static class JsonTree
{
    /// <summary>Writer settings of everything sent: compact, and no escapes that JSON does not need.</summary>
    public static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// A whole copy with keys sorted and every number held as JSON text. Such a tree reads the same whoever made it
    /// (C# numbers, parsed text) and is safe to read from several threads, which a lazily parsed tree is not.
    /// </summary>
    public static JsonObject Frozen(JsonObject source) => (JsonObject)FrozenNode(source)!;

    /// <summary>See <see cref="Frozen(JsonObject)"/>; for any node.</summary>
    public static JsonNode? FrozenNode(JsonNode? node)
    {
        switch (node)
        {
            case null:
                return null;
            case JsonObject map:
                var keys = new List<KeyValuePair<string, JsonNode?>>(map.Count);
                foreach (var (key, value) in map)
                    keys.Add(new(key, FrozenNode(value)));
                keys.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
                return new JsonObject(keys);
            case JsonArray list:
                var items = new JsonNode?[list.Count];
                for (var i = 0; i < items.Length; i++)
                    items[i] = FrozenNode(list[i]);
                return new JsonArray(items);
            default:
                var leaf = node.AsValue();
                return leaf.GetValueKind() switch
                {
                    JsonValueKind.String => JsonValue.Create(leaf.TryGetValue<string>(out var text) ? text : Unquoted(leaf)),
                    JsonValueKind.True => JsonValue.Create(true),
                    JsonValueKind.False => JsonValue.Create(false),
                    JsonValueKind.Null => null,
                    _ => Number(Encoding.UTF8.GetBytes(leaf.ToJsonString())),
                };
        }
    }

    /// <summary>A JSON number from its text, normalised as Go prints it: <c>1.0</c> becomes <c>1</c>.</summary>
    public static JsonValue Number(ReadOnlySpan<byte> text)
    {
        if (text.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0)
        {
            var real = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
            if (real == Math.Truncate(real) && Math.Abs(real) < 1e15)
                return Element(Encoding.UTF8.GetBytes(((long)real).ToString(CultureInfo.InvariantCulture)));
        }

        return Element(text);
    }

    /// <summary>An integer as a JSON number that reads back as any numeric type.</summary>
    public static JsonValue Number(long value) => Number(Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>UTF-8 text of a node.</summary>
    public static byte[] Utf8(JsonNode? node) => JsonSerializer.SerializeToUtf8Bytes(node, Compact);

    /// <summary>The node at a path of object keys, or null where any step is missing or not an object.</summary>
    public static JsonNode? At(JsonNode? root, params ReadOnlySpan<string> path)
    {
        foreach (var key in path)
        {
            if (root is not JsonObject map || !map.TryGetPropertyValue(key, out root))
                return null;
        }

        return root;
    }

    /// <summary>The string at a path, or null where it is missing or no string.</summary>
    public static string? Text(JsonNode? root, params ReadOnlySpan<string> path) =>
        At(root, path) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>The object under a key, made when absent.</summary>
    public static JsonObject Child(JsonObject parent, string key)
    {
        if (parent[key] is JsonObject existing)
            return existing;
        var made = new JsonObject();
        parent[key] = made;
        return made;
    }

    /// <summary>Strings of an array at a path; empty when absent.</summary>
    public static IReadOnlyList<string> Texts(JsonNode? root, params ReadOnlySpan<string> path)
    {
        if (At(root, path) is not JsonArray list)
            return [];
        var result = new List<string>(list.Count);
        foreach (var item in list)
        {
            if (item is JsonValue value && value.TryGetValue<string>(out var text))
                result.Add(text);
        }

        return result;
    }

    /// <summary>An array of strings.</summary>
    public static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode?)JsonValue.Create(v))]);

    private static JsonValue Element(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text);
        return JsonValue.Create(JsonElement.ParseValue(ref reader))!;
    }

    private static string Unquoted(JsonValue leaf) => JsonSerializer.Deserialize<string>(leaf.ToJsonString())!;
}
