using System.Text.Json;

namespace KubeVirtClone.Sandbox.Resources;

/// <summary>Makes table columns: by a path as CustomResourceDefinitions give it, or by a function as built-in kinds do.</summary>
internal static class Columns
{
    /// <summary>The age column of resources that declare no columns.</summary>
    public static readonly TableColumn Age = Path("Age", "date", ".metadata.creationTimestamp");

    /// <summary>A column by a JSONPath of the forms <c>.a.b</c>, <c>.a[0].b</c> and <c>.a[?(@.type=='X')].b</c>.</summary>
    public static TableColumn Path(string name, string type, string path, int priority = 0, string? description = null)
    {
        var steps = Steps(path);
        return new TableColumn(
            name,
            type,
            description ?? "Custom resource definition column (in JSONPath format): " + path,
            priority,
            (obj, now) => Cell(Find(obj, steps, 0), type, now));
    }

    /// <summary>A column by a function giving text; null is an empty cell.</summary>
    public static TableColumn Of(string name, string type, string description, Func<JsonObject, string?> text, int priority = 0) =>
        new(name, type, description, priority, (obj, _) => JsonValue.Create(text(obj) ?? ""));

    /// <summary>The age column of built-in kinds.</summary>
    public static TableColumn BuiltInAge(string name = "Age") => new(
        name,
        "string",
        "CreationTimestamp is a timestamp representing the server time when this object was created.",
        0,
        (obj, now) => JsonValue.Create(HumanDuration.Since(obj.TextAt("metadata", "creationTimestamp"), now)));

    private static JsonNode? Cell(JsonNode? value, string type, DateTimeOffset now)
    {
        if (value is null)
            return null;
        switch (type)
        {
            case "date":
                return HumanDuration.Since((value as JsonValue)?.GetValue<string>(), now);
            case "string" when value is JsonValue leaf:
                return leaf.GetValueKind() == JsonValueKind.String ? leaf.DeepClone() : leaf.ToJsonString();
            case "string":
                return value.ToJsonString(JsonTree.Compact);
            default:
                return value.DeepClone();
        }
    }

    private static List<(string Key, string? Filter, string? Wanted)> Steps(string path)
    {
        var steps = new List<(string, string?, string?)>();
        foreach (var part in path.Split('.', StringSplitOptions.RemoveEmptyEntries).Aggregate(new List<string>(), Join))
        {
            var bracket = part.IndexOf("[?(@.", StringComparison.Ordinal);
            if (bracket < 0)
            {
                var at = part.IndexOf('[', StringComparison.Ordinal);
                steps.Add(at < 0 ? (part, null, null) : (part[..at], null, part[(at + 1)..^1]));
                continue;
            }

            var condition = part[(bracket + 5)..part.IndexOf(")]", StringComparison.Ordinal)].Split("==");
            steps.Add((part[..bracket], condition[0], condition[1].Trim('\'', '"')));
        }

        return steps;
    }

    // A dot inside brackets belongs to the filter.
    private static List<string> Join(List<string> parts, string part)
    {
        if (parts.Count > 0 && parts[^1].Contains('[', StringComparison.Ordinal) && !parts[^1].Contains(']', StringComparison.Ordinal))
            parts[^1] += "." + part;
        else
            parts.Add(part);
        return parts;
    }

    private static JsonNode? Find(JsonNode? node, List<(string Key, string? Filter, string? Wanted)> steps, int at)
    {
        if (at == steps.Count)
            return node;
        var (key, filter, wanted) = steps[at];
        var child = node.At(key);
        if (filter is null && wanted is not null)
            return child is JsonArray items && int.Parse(wanted, System.Globalization.CultureInfo.InvariantCulture) is var index && index < items.Count ? Find(items[index], steps, at + 1) : null;
        if (filter is null)
            return Find(child, steps, at + 1);
        return child is JsonArray list
            ? list.Where(i => i.TextAt(filter) == wanted).Select(i => Find(i, steps, at + 1)).FirstOrDefault()
            : null;
    }
}
