using System.Text;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>
/// A VirtualMachine as it passes through Go's types in KubeVirt: patches are applied to its JSON text, the result is read back into
/// the types (unknown fields vanish, wrong ones are an error), and empty optional fields are not written again.
/// </summary>
internal static class GoVirtualMachine
{
    private const string TemplateStruct = "VirtualMachineInstanceTemplateSpec";
    private const string Root = "VirtualMachine";

    /// <summary>Applies a restore's patches to the VM about to be created.</summary>
    /// <exception cref="JsonPatchException">They cannot be read or applied, or the result is no VM.</exception>
    public static JsonObject Patch(JsonObject machine, IReadOnlyList<string> patches)
    {
        var document = machine.Copy();
        document["status"] = new JsonObject();
        if (patches.Count == 0)
            return Normalize(document);
        var joined = "[\n" + string.Join(",\n", patches) + "\n]";
        JsonArray operations;
        try
        {
            operations = JsonPatch.Decode(joined);
        }
        catch (JsonPatchException e)
        {
            throw new JsonPatchException($"cannot decode vm patches {joined}: {e.Message}", e);
        }

        var opened = new HashSet<JsonNode>(ReferenceEqualityComparer.Instance);
        JsonNode result;
        try
        {
            result = JsonPatch.Apply(document, operations, opened);
        }
        catch (JsonPatchException e)
        {
            throw new JsonPatchException($"failed to apply patch for VM {joined}: {e.Message}", e);
        }

        if (GoTypes.Error(result, Root, "", Struct) is { } error)
            throw new JsonPatchException($"cannot unmarshal modified marshalled vm {Text(result, opened)}: {error}");
        return Normalize((JsonObject)result);
    }

    /// <summary>As Go writes it again, without its status.</summary>
    public static JsonObject Normalize(JsonObject machine)
    {
        var written = (JsonObject)GoTypes.Write(machine, Root)!;
        if (machine["metadata"] is null)
            written.Remove("metadata");
        return written;
    }

    private static string Struct(string path) => path.StartsWith("spec.template.", StringComparison.Ordinal) ? TemplateStruct
        : path.StartsWith("metadata.", StringComparison.Ordinal) ? "ObjectMeta" : "VirtualMachineSpec";

    // The text Go prints: objects a patch step went through are maps by then and sorted, all others keep their type's order.
    private static string Text(JsonNode node, HashSet<JsonNode> opened)
    {
        var text = new StringBuilder();
        Write(node, Root);
        return text.ToString();

        void Write(JsonNode? at, string? type)
        {
            switch (at)
            {
                case JsonObject map:
                    text.Append('{');
                    var first = true;
                    foreach (var (key, value) in Ordered(map, type, opened.Contains(map)))
                    {
                        if (!first)
                            text.Append(',');
                        first = false;
                        text.Append(GoText.JsonString(key)).Append(':');
                        Write(value, type is null ? null : (GoTypes.Fields(type)?.FirstOrDefault(f => f.Name == key)?.Bare ?? GoTypes.Element(type)));
                    }

                    text.Append('}');
                    break;
                case JsonArray list:
                    text.Append('[');
                    for (var i = 0; i < list.Count; i++)
                    {
                        if (i > 0)
                            text.Append(',');
                        Write(list[i], type is null ? null : GoTypes.Element(type));
                    }

                    text.Append(']');
                    break;
                case JsonValue value when value.TryGetValue(out string? s):
                    text.Append(GoText.JsonString(s));
                    break;
                default:
                    text.Append(at?.ToJsonString() ?? "null");
                    break;
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Ordered(JsonObject map, string? type, bool sorted)
    {
        if (sorted || type is null || GoTypes.Fields(type) is not { } fields)
            return map.OrderBy(p => p.Key, StringComparer.Ordinal);
        var order = fields.Select((f, i) => (f.Name, Index: i)).ToDictionary(f => f.Name, f => f.Index, StringComparer.Ordinal);
        return map.OrderBy(p => order.GetValueOrDefault(p.Key, int.MaxValue)).ThenBy(p => p.Key, StringComparer.Ordinal);
    }
}
