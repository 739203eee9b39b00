using System.Globalization;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>A JSON patch that cannot be applied; worded as the library that Kubernetes and KubeVirt use.</summary>
internal sealed class JsonPatchException(string message) : Exception(message);

/// <summary>
/// RFC 6902 with the leniency of the library that Kubernetes and KubeVirt use: <c>replace</c> of a key that an existing
/// object lacks adds it, negative array indices count from the end, and <c>test</c> of a missing key equals null.
/// </summary>
internal static class JsonPatch
{
    /// <summary>The patched copy of a document.</summary>
    /// <exception cref="JsonPatchException">An operation is malformed or cannot be applied.</exception>
    public static JsonNode? Apply(JsonNode document, JsonArray operations)
    {
        // A holder with one key lets the whole document be replaced like any other value.
        var holder = new JsonObject { ["root"] = document.DeepClone() };
        foreach (var operation in operations)
            Apply(holder, operation as JsonObject ?? throw new JsonPatchException("Invalid patch operation"));
        return holder["root"]?.DeepClone();
    }

    private static void Apply(JsonObject holder, JsonObject operation)
    {
        var op = JsonTree.Text(operation, "op") ?? "";
        var path = JsonTree.Text(operation, "path") ?? throw new JsonPatchException($"Unexpected kind: {op}");
        switch (op)
        {
            case "add":
                Add(holder, path, Value(operation));
                break;
            case "remove":
                Remove(holder, path, op);
                break;
            case "replace":
                Replace(holder, path, Value(operation));
                break;
            case "move":
                var moved = Remove(holder, From(operation), op);
                Add(holder, path, moved);
                break;
            case "copy":
                Add(holder, path, Get(holder, From(operation), op)?.DeepClone());
                break;
            case "test":
                var have = Get(holder, path, op);
                if (!JsonNode.DeepEquals(have, operation["value"]))
                    throw new JsonPatchException($"testing value {path} failed: test failed");
                break;
            default:
                throw new JsonPatchException($"Unexpected kind: {op}");
        }
    }

    private static JsonNode? Value(JsonObject operation) =>
        operation.TryGetPropertyValue("value", out var value) ? value?.DeepClone() : null;

    private static string From(JsonObject operation) =>
        JsonTree.Text(operation, "from") ?? throw new JsonPatchException("Unexpected kind: from");

    private static void Add(JsonObject holder, string path, JsonNode? value)
    {
        var (container, key) = Container(holder, path, "add");
        switch (container)
        {
            case JsonObject map:
                map[key] = value;
                break;
            case JsonArray list when key == "-":
                list.Add(value);
                break;
            case JsonArray list:
                var at = Index(list, key, list.Count, "add", path);
                list.Insert(at, value);
                break;
        }
    }

    private static JsonNode? Remove(JsonObject holder, string path, string op)
    {
        var (container, key) = Container(holder, path, op);
        if (container is JsonArray list)
        {
            var at = Index(list, key, list.Count - 1, op, path);
            var item = list[at];
            list.RemoveAt(at);
            return item;
        }

        var map = (JsonObject)container;
        if (!map.TryGetPropertyValue(key, out var value))
            throw new JsonPatchException($"{op} operation does not apply: doc is missing key: {path}: Unable to remove nonexistent key: {key}: missing value");
        map.Remove(key);
        return value;
    }

    private static void Replace(JsonObject holder, string path, JsonNode? value)
    {
        var (container, key) = Container(holder, path, "replace");
        if (container is JsonArray list)
            list[Index(list, key, list.Count - 1, "replace", path)] = value;
        else
            ((JsonObject)container)[key] = value;
    }

    private static JsonNode? Get(JsonObject holder, string path, string op)
    {
        var (container, key) = Container(holder, path, op);
        return container is JsonArray list ? list[Index(list, key, list.Count - 1, op, path)] : ((JsonObject)container)[key];
    }

    private static (JsonNode Container, string Key) Container(JsonObject holder, string path, string op)
    {
        if (path.Length == 0)
            return (holder, "root");
        var steps = path.Split('/');
        JsonNode? at = holder["root"];
        for (var i = 1; i < steps.Length - 1; i++)
        {
            at = at switch
            {
                JsonObject map => map[Unescape(steps[i])],
                JsonArray list => list[Index(list, Unescape(steps[i]), list.Count - 1, op, path)],
                _ => null,
            };
        }

        if (path[0] != '/' || at is not (JsonObject or JsonArray))
            throw new JsonPatchException($"{op} operation does not apply: doc is missing path: \"{path}\": missing value");
        return (at, Unescape(steps[^1]));
    }

    private static int Index(JsonArray list, string key, int last, string op, string path)
    {
        if (!int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at))
            throw new JsonPatchException($"{op} operation does not apply: doc is missing path: \"{path}\": strconv.Atoi: parsing \"{key}\": invalid syntax");
        if (at < 0)
            at += list.Count + (op == "add" ? 1 : 0);
        if (at < 0 || at > last)
            throw new JsonPatchException($"{op} operation does not apply: doc is missing path: \"{path}\": Unable to access invalid index: {key}: invalid index referenced");
        return at;
    }

    private static string Unescape(string step) =>
        step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
}
