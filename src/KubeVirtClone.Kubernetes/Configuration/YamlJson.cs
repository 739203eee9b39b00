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
    /// <exception cref="YamlException">It is nested too deeply, or in itself, or JSON has nothing for it; the message says which.</exception>
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
            throw new YamlException(node.Start, node.End, "is nested too deeply");
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
                return PlainScalar.Value(scalar) is var read && read?.GetValueKind() == JsonValueKind.Number && read.TryGetValue<double>(out var number) && !double.IsFinite(number)
                    ? throw new YamlException(node.Start, node.End, "holds a number that JSON cannot")
                    : read;
            default:
                return null;
        }
    }

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
