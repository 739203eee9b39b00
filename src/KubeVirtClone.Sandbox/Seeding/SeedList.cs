using System.Text.Json;

namespace KubeVirtClone.Sandbox.Seeding;

/// <summary>
/// Objects to start with, in one's own words. An entry is a name; or a short description of a VM with <c>name</c> and perhaps
/// <c>namespace</c>, <c>labels</c>, <c>annotations</c>, <c>running</c>, <c>storageClass</c> and <c>size</c> (of a data disk; without a
/// storageClass it has only a container disk); or a whole Kubernetes object, known by its <c>kind</c>. A list as kubectl writes it counts as its items.
/// </summary>
public static class SeedList
{
    private static readonly string[] ShortKeys = ["name", "namespace", "labels", "annotations", "running", "storageClass", "size"];
    private static readonly string[] ServerSet = ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink", "ownerReferences"];

    /// <summary>Reads JSON: one entry or an array of them.</summary>
    /// <exception cref="SeedException">The text is no JSON, or an entry is not understood; the message says which and why.</exception>
    public static IReadOnlyList<JsonObject> Parse(string json)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(json);
        }
        catch (JsonException e)
        {
            throw new SeedException("the objects to seed are not JSON: " + e.Message, e);
        }

        var objects = new List<JsonObject>();
        foreach (var entry in root is JsonArray list ? list : [root?.DeepClone()])
            objects.AddRange(Read(entry));
        // What VMs need is there before them.
        return [.. objects.OrderBy(o => Kind(o) switch { "Namespace" => 0, "VirtualMachine" => 2, _ => 1 })];
    }

    internal static string Kind(JsonObject o) => o.TextAt("kind") ?? "";

    private static IEnumerable<JsonObject> Read(JsonNode? entry) => entry switch
    {
        JsonValue value when value.TryGetValue<string>(out var name) => FromShort(new JsonObject { ["name"] = name }),
        JsonObject o when o["items"] is JsonArray items => items.SelectMany(Read),
        JsonObject o when o.ContainsKey("kind") => [Whole(o)],
        JsonObject o => FromShort(o),
        _ => throw new SeedException($"'{entry?.ToJsonString() ?? "null"}' is neither a name nor an object to seed"),
    };

    private static JsonObject Whole(JsonObject given)
    {
        var o = (JsonObject)given.DeepClone();
        var metadata = o.Ensure("metadata");
        foreach (var field in ServerSet)
            metadata.Remove(field);
        o.Remove("status");
        if (string.IsNullOrEmpty(o.TextAt("apiVersion")))
            throw new SeedException($"the {Kind(o)} to seed has no apiVersion");
        return !string.IsNullOrEmpty(metadata.TextAt("name")) ? o : throw new SeedException($"the {Kind(o)} to seed has no metadata.name");
    }

    private static IEnumerable<JsonObject> FromShort(JsonObject given)
    {
        // PowerShell's tables are written in any case.
        var entry = new JsonObject();
        foreach (var (key, value) in given)
        {
            var known = Array.Find(ShortKeys, k => k.Equals(key, StringComparison.OrdinalIgnoreCase))
                ?? throw new SeedException($"a VM to seed has '{key}'; it may have {string.Join(", ", ShortKeys)}, or be a whole object with kind");
            entry[known] = value?.DeepClone();
        }

        if (entry.TextAt("name") is not { Length: > 0 } name)
            throw new SeedException("a VM to seed has no name");
        return Described(entry, name);
    }

    private static IEnumerable<JsonObject> Described(JsonObject entry, string name)
    {
        var ns = entry.TextAt("namespace") ?? DemoSeed.Namespace;
        var volumes = new List<JsonObject> { DemoSeed.ContainerDisk() };
        if (entry.TextAt("storageClass") is { } storage)
        {
            var claim = DemoSeed.Claim(name + "-data", storage, entry.TextAt("size") ?? "10Gi");
            claim["metadata"]!["namespace"] = ns;
            yield return claim;
            volumes.Add(DemoSeed.ClaimDisk("data", name + "-data"));
        }
        else if (entry.ContainsKey("size"))
        {
            throw new SeedException($"the VM {name} to seed has a size but no storageClass");
        }

        var machine = DemoSeed.Machine(name, name, [.. volumes]);
        machine["metadata"]!["namespace"] = ns;
        foreach (var part in (ReadOnlySpan<string>)["labels", "annotations"])
            machine["metadata"]![part] = entry[part]?.DeepClone() ?? new JsonObject();
        if (entry["running"]?.GetValueKind() == JsonValueKind.True)
            machine["spec"]!["runStrategy"] = "Always";
        yield return machine;
    }
}
