using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>YAML as the JSON that Kubernetes' own tools make of it.</summary>
internal static class YamlJson
{
    private const int MaxDepth = 64;

    /// <summary>The value of a text that is JSON, or else YAML; null when it is neither, or is <c>null</c>.</summary>
    public static JsonNode? TryParse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return Copy(document.RootElement);
        }
        catch (JsonException)
        {
            return TryParseYaml(text);
        }
    }

    /// <summary>The JSON of a YAML node.</summary>
    /// <exception cref="YamlException">It is nested too deeply, or in itself.</exception>
    public static JsonNode? From(YamlNode node) => From(node, 0);

    private static JsonNode? TryParseYaml(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 0 ? null : From(stream.Documents[0].RootNode);
        }
        catch (Exception e) when (e is YamlException or ArgumentException)
        {
            return null;
        }
    }

    private static JsonNode? From(YamlNode node, int depth)
    {
        if (depth > MaxDepth)
            throw new YamlException(node.Start, node.End, "The nesting is too deep.");
        switch (node)
        {
            case YamlMappingNode mapping:
                var item = new JsonObject();
                foreach (var (key, value) in mapping.Children)
                    item[(key as YamlScalarNode)?.Value ?? ""] = From(value, depth + 1);
                return item;
            case YamlSequenceNode sequence:
                return new JsonArray([.. sequence.Select(each => From(each, depth + 1))]);
            case YamlScalarNode scalar:
                return Scalar(scalar);
            default:
                return null;
        }
    }

    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any) || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str"))
            return JsonValue.Create(text);
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            // YAML 1.1, as the reader of kubectl has it.
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N":
                return JsonValue.Create(false);
        }

        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+' or '.'))
            return JsonValue.Create(text);
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (Integer(plain) is { } integer)
            return JsonValue.Create(integer);
        return double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && char.IsAsciiDigit(plain[^1])
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    private static long? Integer(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && !IsOctal(text))
            return number;
        try
        {
            return text switch
            {
                ['0', 'x', ..] => Convert.ToInt64(text[2..], 16),
                ['0', 'b', ..] => Convert.ToInt64(text[2..], 2),
                ['0', 'o', ..] => Convert.ToInt64(text[2..], 8),
                ['0', _, ..] when IsOctal(text) => Convert.ToInt64(text, 8),
                _ => null,
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    private static bool IsOctal(string text) => text.Length > 1 && text[0] == '0' && text.All(char.IsAsciiDigit);

    /// <summary>Of a field given twice the last counts.</summary>
    private static JsonNode? Copy(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var item = new JsonObject();
                foreach (var field in element.EnumerateObject())
                    item[field.Name] = Copy(field.Value);
                return item;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(Copy)]);
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.String:
                return JsonValue.Create(element.GetString());
            default:
                return JsonValue.Create(element.Clone());
        }
    }
}
