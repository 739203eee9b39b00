using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>JSON trees as they are stored and sent.</summary>
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
                return AsWritten(Encoding.UTF8.GetBytes(((long)real).ToString(CultureInfo.InvariantCulture)));
        }

        return AsWritten(text);
    }

    /// <summary>An integer as a JSON number that reads back as any numeric type.</summary>
    public static JsonValue Number(long value) => Number(Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>UTF-8 text of a node.</summary>
    public static byte[] Utf8(JsonNode? node)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = Compact.Encoder, SkipValidation = true }))
        {
            if (node is null)
                writer.WriteNullValue();
            else
                node.WriteTo(writer, Compact);
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>A JSON number that keeps its digits.</summary>
    public static JsonValue AsWritten(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text);
        return JsonValue.Create(JsonElement.ParseValue(ref reader))!;
    }

    private static string Unquoted(JsonValue leaf) => JsonNode.Parse(leaf.ToJsonString())!.GetValue<string>();
}
