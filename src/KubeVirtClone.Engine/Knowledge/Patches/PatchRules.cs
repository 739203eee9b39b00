using System.Text.Json;

namespace KubeVirtClone.Engine.Knowledge.Patches;

/// <summary>Reads the user's patches and rewrites them into operations KubeVirt's restore takes.</summary>
internal static class PatchRules
{
    // A value for the end of a list is built here first and then moved: the index it will have is not known. One patch is applied as a whole,
    // so nothing ever sees this path.
    private const string Scratch = "/spec/kubevirtcloneScratch";

    private static readonly string[] Operations = ["add", "remove", "replace", "move", "copy", "test"];
    private static readonly string[] Roots = ["/metadata/labels/", "/metadata/annotations/", "/spec/"];

    public static IReadOnlyList<PatchOperation> Read(IReadOnlyList<string> patches)
    {
        var operations = new List<PatchOperation>();
        for (var i = 0; i < patches.Count; i++)
        {
            foreach (var node in Parse(patches[i], i))
            {
                var operation = ReadOne(node, i);
                if (operation.Op == "test" && HasMembers(operation.Value))
                    throw Bad(i, $"tests {operation.Path} for a whole object or list, which KubeVirt's restore does not take", "Test its members one by one.");
                operations.AddRange(Expand(operation));
            }
        }

        return operations;
    }

    private static IEnumerable<JsonObject> Parse(string? text, int index)
    {
        JsonNode? node;
        try
        {
            node = string.IsNullOrWhiteSpace(text) ? null : PatchJson.Parse(text);
        }
        catch (JsonException e)
        {
            throw Bad(index, $"is not JSON: {text} ({e.Message})", "Quote keys and strings: '{\"op\":\"add\",\"path\":\"/metadata/labels/tier\",\"value\":\"web\"}'.");
        }

        IEnumerable<JsonNode?> nodes = node is JsonArray list ? list : [node];
        return nodes.Select(n => n as JsonObject
            ?? throw Bad(index, $"is not a JSON patch operation: {text}", "Give one object with op, path and value, or a list of such objects."));
    }

    private static PatchOperation ReadOne(JsonObject node, int index)
    {
        var op = Text(node, "op");
        var path = Text(node, "path");
        var from = Text(node, "from");
        if (op is null || !Operations.Contains(op, StringComparer.Ordinal))
            throw Bad(index, $"has no operation of a JSON patch: {node.ToJsonString()}", $"Set \"op\" to one of {string.Join(", ", Operations)}.");
        if (path is null)
            throw Bad(index, $"has no path: {node.ToJsonString()}", "Set \"path\" to a JSON pointer such as /spec/template/spec/hostname.");
        CheckPath(path, index);
        if (op is "move" or "copy" && from?.StartsWith('/') != true)
            throw Bad(index, $"needs \"from\" to {op}: {node.ToJsonString()}", "Set \"from\" to the JSON pointer to read from.");
        var hasValue = node.ContainsKey("value");
        return new PatchOperation(op, path)
        {
            From = op is "move" or "copy" ? from : null,
            HasValue = hasValue,
            Value = hasValue ? node["value"]?.DeepClone() : null,
        };
    }

    private static void CheckPath(string path, int index)
    {
        var root = Array.Find(Roots, r => path.StartsWith(r, StringComparison.Ordinal));
        if (root is null)
        {
            var action = path switch
            {
                "/metadata/labels" or "/metadata/annotations" => $"Set the keys one by one, with paths such as {path}/tier.",
                "/spec" => "Change single fields below /spec/.",
                _ when path.StartsWith("/metadata/name", StringComparison.Ordinal) => "The name is the clone's target name.",
                _ => "Give a path below /metadata/labels/, /metadata/annotations/ or /spec/.",
            };
            throw Bad(index, $"changes {path}, which KubeVirt does not let a clone change", action);
        }

        if (root[1] == 'm' && path[root.Length..].Contains('/', StringComparison.Ordinal))
        {
            throw Bad(
                index,
                $"has the path {path}, which means a member of a label or annotation; those are plain text",
                $"Write '/' inside a key as ~1: {root}{path[root.Length..].Replace("/", "~1", StringComparison.Ordinal)}");
        }
    }

    /// <summary>The same in steps that a restore takes: it refuses a value with ',' or ':' between its members, so objects and lists are built member by member.</summary>
    public static IReadOnlyList<PatchOperation> Expand(PatchOperation operation)
    {
        if (!HasMembers(operation.Value))
            return [operation];
        var atEnd = operation.Path.EndsWith("/-", StringComparison.Ordinal);
        var root = atEnd ? Scratch : operation.Path;
        var steps = new List<PatchOperation>();
        Build(steps, atEnd ? "add" : operation.Op, root, operation.Value!);
        if (atEnd)
            steps.Add(new PatchOperation("move", operation.Path) { From = Scratch });
        return steps;
    }

    private static void Build(List<PatchOperation> steps, string op, string path, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map:
                steps.Add(PatchOperation.With(op, path, new JsonObject()));
                foreach (var (key, member) in map)
                    Build(steps, "add", $"{path}/{PatchOperation.Escape(key)}", member);
                break;
            case JsonArray list:
                steps.Add(PatchOperation.With(op, path, new JsonArray()));
                for (var i = 0; i < list.Count; i++)
                {
                    if (HasMembers(list[i]))
                        Build(steps, "add", $"{path}/{i}", list[i]);
                    else
                        steps.Add(PatchOperation.With("add", $"{path}/-", list[i]?.DeepClone()));
                }

                break;
            default:
                steps.Add(PatchOperation.With(op, path, value?.DeepClone()));
                break;
        }
    }

    private static bool HasMembers(JsonNode? value) => value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 };

    private static string? Text(JsonObject node, string key) =>
        node[key] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static RequestFaultException Bad(int index, string what, Advice action) =>
        new(FaultIds.VMClonePatchInvalid, $"Patch {index + 1} {what}.", action);
}
