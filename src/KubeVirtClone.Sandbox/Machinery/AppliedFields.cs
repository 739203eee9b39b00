namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// Server-side apply without managedFields: remembers per object what each manager applied last. A field that another
/// manager applied with another value, still in place, is a conflict; a field that a manager leaves out of its next apply
/// is removed when nobody else applied it. Lists are whole values. Fields set by other writes are owned by nobody.
/// </summary>
internal sealed class AppliedFields
{
    private static readonly string[] Identity = ["apiVersion", "kind", "metadata.name", "metadata.namespace"];

    private readonly Dictionary<string, Dictionary<string, Dictionary<string, JsonNode?>>> _byObject = new(StringComparer.Ordinal);

    /// <summary>The object with a manager's configuration applied.</summary>
    /// <exception cref="ApiException">409 naming every conflict, unless forced.</exception>
    public JsonObject Merge(StoredObject existing, string manager, JsonObject config, bool force)
    {
        var wanted = Leaves(config);
        var managers = _byObject.GetValueOrDefault(existing.Uid) ?? [];
        var conflicts = new List<ApiCause>();
        foreach (var (path, value) in wanted)
        {
            foreach (var (other, fields) in managers)
            {
                if (other != manager && fields.TryGetValue(path, out var theirs) && !JsonNode.DeepEquals(theirs, value)
                    && JsonNode.DeepEquals(theirs, Find(existing.Object, path)))
                {
                    conflicts.Add(new ApiCause("." + path.Replace('\u001f', '.'), "FieldManagerConflict", $"conflict with \"{other}\""));
                }
            }
        }

        if (conflicts.Count > 0 && !force)
            throw Conflict(conflicts);

        var result = (JsonObject)existing.Object.DeepClone();
        if (managers.TryGetValue(manager, out var before))
        {
            foreach (var path in before.Keys.Where(p => !wanted.ContainsKey(p)))
            {
                if (!managers.Any(m => m.Key != manager && m.Value.ContainsKey(path)))
                    Remove(result, path);
            }
        }

        return Overlay(result, config);
    }

    /// <summary>Remembers what a manager applied.</summary>
    public void Record(string uid, string manager, JsonObject config)
    {
        if (!_byObject.TryGetValue(uid, out var managers))
            _byObject[uid] = managers = new Dictionary<string, Dictionary<string, JsonNode?>>(StringComparer.Ordinal);
        managers[manager] = Leaves(config);
    }

    /// <summary>Forgets a deleted object.</summary>
    public void Forget(string uid) => _byObject.Remove(uid);

    // Unlike a merge patch, a null in an applied configuration is a value like any other (and dropped by the schema).
    private static JsonObject Overlay(JsonObject target, JsonObject config)
    {
        foreach (var (key, value) in config)
        {
            if (value is JsonObject change && target[key] is JsonObject child)
                Overlay(child, change);
            else
                target[key] = value?.DeepClone();
        }

        return target;
    }

    private static ApiException Conflict(List<ApiCause> conflicts)
    {
        var causes = new JsonArray();
        foreach (var conflict in conflicts)
            causes.Add((JsonNode)new JsonObject { ["reason"] = conflict.Reason, ["message"] = conflict.Message, ["field"] = conflict.Field });
        var plural = conflicts.Count == 1 ? "1 conflict" : $"{conflicts.Count} conflicts";
        var text = conflicts.Count == 1
            ? $"{conflicts[0].Message}: {conflicts[0].Field}"
            : string.Join("\n", conflicts.GroupBy(c => c.Message).Select(g => $"{g.Key}:\n" + string.Join("\n", g.Select(c => "- " + c.Field))));
        return new ApiException(
            409, "Conflict", $"Apply failed with {plural}: {text}", new JsonObject { ["causes"] = causes });
    }

    private static Dictionary<string, JsonNode?> Leaves(JsonObject config)
    {
        var leaves = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        Collect(config, "", leaves);
        foreach (var path in Identity)
            leaves.Remove(path.Replace('.', '\u001f'));
        return leaves;
    }

    // Paths are joined by a control character, because label keys contain dots and slashes.
    private static void Collect(JsonObject node, string path, Dictionary<string, JsonNode?> leaves)
    {
        foreach (var (key, value) in node)
        {
            var child = path.Length == 0 ? key : path + '\u001f' + key;
            if (value is JsonObject { Count: > 0 } map)
                Collect(map, child, leaves);
            else
                leaves[child] = JsonTree.FrozenNode(value);
        }
    }

    private static JsonNode? Find(JsonObject root, string path) => root.At(path.Split('\u001f'));

    private static void Remove(JsonObject root, string path)
    {
        var steps = path.Split('\u001f');
        if (root.At(steps.AsSpan(0, steps.Length - 1)) is JsonObject parent)
            parent.Remove(steps[^1]);
    }
}
