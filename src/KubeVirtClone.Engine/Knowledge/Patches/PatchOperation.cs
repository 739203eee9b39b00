using System.Text;
using System.Text.Json;

namespace KubeVirtClone.Engine.Knowledge.Patches;

/// <summary>One operation of a JSON patch (RFC 6902).</summary>
/// <param name="Op"><c>add</c>, <c>remove</c>, <c>replace</c>, <c>move</c>, <c>copy</c> or <c>test</c>.</param>
/// <param name="Path">JSON pointer it acts on.</param>
public sealed record PatchOperation(string Op, string Path)
{
    /// <summary>JSON pointer <c>move</c> and <c>copy</c> read from.</summary>
    public string? From { get; init; }

    /// <summary>Value of <c>add</c>, <c>replace</c> and <c>test</c>; null is JSON's null.</summary>
    public JsonNode? Value { get; init; }

    /// <summary>Whether the operation carries a value at all.</summary>
    public bool HasValue { get; init; }

    /// <summary>The field whose text is the value, where that is each clone's own; null where the value is the same for all.</summary>
    internal RequestField? ValueOf { get; init; }

    /// <summary>An operation with a value.</summary>
    /// <param name="op">The operation.</param>
    /// <param name="path">Where.</param>
    /// <param name="value">The value.</param>
    public static PatchOperation With(string op, string path, JsonNode? value) => new(op, path) { Value = value, HasValue = true };

    /// <summary>The operation for one clone.</summary>
    /// <param name="wishes">What is asked for.</param>
    internal PatchOperation For(RequestValues wishes) => ValueOf is { } field ? this with { Value = wishes.Text(field) } : this;

    /// <summary>A pointer's step for a key: <c>~</c> and <c>/</c> are written <c>~0</c> and <c>~1</c>.</summary>
    /// <param name="key">The key.</param>
    public static string Escape(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
    }

    /// <summary>
    /// The operation as the JSON text KubeVirt's restore webhook takes: that splits the text at every <c>,</c> and <c>:</c>, so inside strings
    /// both are written as escapes, which any JSON reader turns back. Only for values that are no object or list with members.
    /// </summary>
    public string ToWebhookText()
    {
        var text = new StringBuilder("{\"op\":").Append(Quote(Op));
        if (From is not null)
            text.Append(",\"from\":").Append(Quote(From));
        text.Append(",\"path\":").Append(Quote(Path));
        if (HasValue)
            text.Append(",\"value\":").Append(Value is JsonValue v && v.GetValueKind() == JsonValueKind.String ? Quote(v.GetValue<string>()) : Value?.ToJsonString() ?? "null");
        return text.Append('}').ToString();
    }

    // The webhook looks for the path's first letters as they are: '/' must stay unescaped, as it does with this encoder.
    private static string Quote(string text) =>
        "\"" + JsonEncodedText.Encode(text).ToString()
            .Replace(":", "\\u003a", StringComparison.Ordinal)
            .Replace(",", "\\u002c", StringComparison.Ordinal) + "\"";
}
