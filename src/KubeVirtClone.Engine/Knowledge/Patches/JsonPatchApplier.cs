using System.Globalization;

namespace KubeVirtClone.Engine.Knowledge.Patches;

/// <summary>
/// Applies JSON patch operations as the library inside KubeVirt does (seen in its recorded refusals): a <c>replace</c> of a member that is
/// not there adds it, a <c>remove</c> of one fails, and so does anything below a parent that is not there.
/// </summary>
internal static class JsonPatchApplier
{
    /// <summary>Applies operations in order to <paramref name="document"/>, a virtual machine.</summary>
    /// <returns>Null when all applied, else which one did not, and why. The document is then half changed.</returns>
    public static (PatchOperation Operation, string Why)? Apply(JsonObject document, IEnumerable<PatchOperation> operations)
    {
        foreach (var operation in operations)
        {
            if (ApplyOne(document, operation) is { } why)
                return (operation, why);
        }

        ReadTextMaps(document["metadata"]);
        ReadTextMaps((document["spec"] as JsonObject)?["template"] is JsonObject template ? template["metadata"] : null);
        return null;
    }

    // KubeVirt reads the outcome into maps of texts, in which null is the empty text.
    private static void ReadTextMaps(JsonNode? metadata)
    {
        foreach (var name in new[] { "labels", "annotations" })
        {
            if ((metadata as JsonObject)?[name] is not JsonObject map)
                continue;
            foreach (var key in map.Where(m => m.Value is null).Select(m => m.Key).ToList())
                map[key] = "";
        }
    }

    private static string? ApplyOne(JsonObject document, PatchOperation operation) => operation.Op switch
    {
        "add" => Add(document, operation.Path, operation.Value),
        "remove" => Remove(document, operation.Path, out _),
        "replace" => Replace(document, operation.Path, operation.Value),
        "test" => Test(document, operation.Path, operation.Value),
        "copy" => Read(document, operation.From ?? "", out var copied) ?? Add(document, operation.Path, copied),
        "move" => Remove(document, operation.From ?? "", out var moved) ?? Add(document, operation.Path, moved),
        _ => $"'{operation.Op}' is no operation",
    };

    private static string? Add(JsonObject document, string path, JsonNode? value)
    {
        var (parent, key) = Locate(document, path);
        switch (parent)
        {
            case JsonObject map:
                map[key] = value?.DeepClone();
                return null;
            case JsonArray list when key == "-":
                list.Add(value?.DeepClone());
                return null;
            case JsonArray list when Index(key, list.Count + 1) is { } at:
                list.Insert(at, value?.DeepClone());
                return null;
            case JsonArray list:
                return $"the list has {list.Count} items, so there is no place '{key}'";
            default:
                return MissingParent(path);
        }
    }

    private static string? Replace(JsonObject document, string path, JsonNode? value)
    {
        var (parent, key) = Locate(document, path);
        switch (parent)
        {
            case JsonObject map:
                map[key] = value?.DeepClone();
                return null;
            case JsonArray list when Index(key, list.Count) is { } at:
                list[at] = value?.DeepClone();
                return null;
            case JsonArray list:
                return $"the list has {list.Count} items, so there is no item '{key}'";
            default:
                return MissingParent(path);
        }
    }

    private static string? Remove(JsonObject document, string path, out JsonNode? removed)
    {
        removed = null;
        var (parent, key) = Locate(document, path);
        switch (parent)
        {
            case JsonObject map when map.ContainsKey(key):
                removed = map[key]?.DeepClone();
                map.Remove(key);
                return null;
            case JsonArray list when Index(key, list.Count) is { } at:
                removed = list[at]?.DeepClone();
                list.RemoveAt(at);
                return null;
            case null:
                return MissingParent(path);
            default:
                return $"'{path}' is not there";
        }
    }

    private static string? Read(JsonObject document, string path, out JsonNode? value)
    {
        value = null;
        var (parent, key) = Locate(document, path);
        switch (parent)
        {
            case JsonObject map:
                value = map[key]?.DeepClone();
                return null;
            case JsonArray list when Index(key, list.Count) is { } at:
                value = list[at]?.DeepClone();
                return null;
            default:
                return MissingParent(path);
        }
    }

    private static string? Test(JsonObject document, string path, JsonNode? expected)
    {
        if (Read(document, path, out var value) is { } why)
            return why;
        return JsonNode.DeepEquals(value, expected) ? null : $"'{path}' is {value?.ToJsonString() ?? "not there"}, not {expected?.ToJsonString() ?? "null"}";
    }

    private static (JsonNode? Parent, string Key) Locate(JsonObject document, string path)
    {
        var steps = path.Split('/').Skip(1).Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
        if (steps.Length == 0)
            return (null, "");
        JsonNode? current = document;
        foreach (var step in steps[..^1])
        {
            current = current switch
            {
                JsonObject map => map[step],
                JsonArray list when Index(step, list.Count) is { } at => list[at],
                _ => null,
            };
        }

        return (current is JsonObject or JsonArray ? current : null, steps[^1]);
    }

    private static int? Index(string key, int count)
    {
        if (!int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
            return null;
        if (index < 0)
            index += count;
        return index >= 0 && index < count ? index : null;
    }

    private static string MissingParent(string path)
    {
        var parent = path[..Math.Max(0, path.LastIndexOf('/'))];
        return $"'{parent}' is not there, so nothing below it can be changed";
    }
}
