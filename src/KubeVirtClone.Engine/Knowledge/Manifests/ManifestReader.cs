using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace KubeVirtClone.Engine.Knowledge.Manifests;

/// <summary>Reads manifests as kubectl takes them: YAML or JSON, several documents, lists of objects.</summary>
public static partial class ManifestReader
{
    /// <summary>True when a text is a manifest and not a table: it begins an object or names an API version.</summary>
    /// <param name="text">The whole text, or its beginning.</param>
    public static bool IsManifest(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return ManifestRegex().IsMatch(text);
    }

    /// <summary>True for what a clone can be made by: a VirtualMachineClone, or a VirtualMachineRestore.</summary>
    /// <param name="manifest">The object.</param>
    public static bool IsClone(JsonObject manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return KindOf(manifest) == SourceKinds.VirtualMachineClone || IsRestore(manifest);
    }

    internal static bool IsRestore(JsonObject manifest) => KindOf(manifest) == SourceKinds.VirtualMachineRestore;

    private static string? KindOf(JsonObject manifest) => manifest["kind"] is JsonValue kind && kind.TryGetValue<string>(out var text) ? text : null;

    /// <summary>The objects in a text, in order; those in a list one by one.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <exception cref="FormatException">It is neither; the message says where.</exception>
    public static IReadOnlyList<JsonObject> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return [.. stream.Documents.Select(d => ToJson(d.RootNode)).SelectMany(Objects)];
        }
        catch (YamlException e)
        {
            throw new FormatException($"line {e.Start.Line}, column {e.Start.Column}: {e.Message}", e);
        }
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject list when list["items"] is JsonArray items => items.SelectMany(Objects),
        JsonObject one => [one],
        JsonArray several => several.SelectMany(Objects),
        null => [],
        _ => throw new FormatException($"'{node}' is no object"),
    };

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => Map(map),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode scalar => Scalar(scalar),
        _ => throw new FormatException($"line {node.Start.Line}: an alias to itself"),
    };

    private static JsonObject Map(YamlMappingNode map)
    {
        var result = new JsonObject();
        foreach (var (key, value) in map.Children)
            result[(key as YamlScalarNode)?.Value ?? throw new FormatException($"line {key.Start.Line}: a key must be a text")] = ToJson(value);
        return result;
    }

    // As kubectl's reader does: what is not quoted and looks like null, a bool or a number is one.
    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain)
            return JsonValue.Create(text);
        if (text is "" or "~" or "null" or "Null" or "NULL")
            return null;
        if (text is "true" or "True" or "TRUE")
            return JsonValue.Create(true);
        if (text is "false" or "False" or "FALSE")
            return JsonValue.Create(false);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return JsonValue.Create(whole);
        return NumberRegex().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : JsonValue.Create(text);
    }

    [GeneratedRegex(@"^[^\S\n]*([\{\[]|[""']?apiVersion[""']?\s*:)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex ManifestRegex();

    [GeneratedRegex(@"\A[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex NumberRegex();
}
