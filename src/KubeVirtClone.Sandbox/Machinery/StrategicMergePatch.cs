namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// Kubernetes' strategic merge for built-in kinds: maps merge, lists of objects with a known key merge by it, finalizers
/// merge as a set, other lists replace. Knows <c>$patch</c>, <c>$deleteFromPrimitiveList</c> and <c>$retainKeys</c>;
/// <c>$setElementOrder</c> is accepted without reordering.
/// </summary>
internal static class StrategicMergePatch
{
    private static readonly Dictionary<string, string> MergeKeys = new(StringComparer.Ordinal)
    {
        ["ownerReferences"] = "uid",
        ["conditions"] = "type",
        ["containers"] = "name",
        ["initContainers"] = "name",
        ["env"] = "name",
        ["volumes"] = "name",
        ["volumeMounts"] = "mountPath",
        ["ports"] = "containerPort",
        ["imagePullSecrets"] = "name",
        ["secrets"] = "name",
        ["subjects"] = "name",
    };

    /// <summary>Changes and returns the target.</summary>
    public static JsonObject Merge(JsonObject target, JsonObject patch)
    {
        if (patch.TextAt("$patch") == "replace")
        {
            var whole = (JsonObject)patch.DeepClone();
            whole.Remove("$patch");
            return whole;
        }

        if (patch["$retainKeys"] is JsonArray)
        {
            var kept = patch.TextsAt("$retainKeys");
            foreach (var key in target.Select(p => p.Key).Where(k => !kept.Contains(k)).ToList())
                target.Remove(key);
        }

        foreach (var (key, value) in patch)
        {
            if (key.StartsWith('$'))
            {
                const string deleteItems = "$deleteFromPrimitiveList/";
                if (key.StartsWith(deleteItems, StringComparison.Ordinal))
                    RemoveItems(target, key[deleteItems.Length..], patch.TextsAt(key));
                continue;
            }

            switch (value)
            {
                case null:
                    target.Remove(key);
                    break;
                case JsonObject change when change.TextAt("$patch") == "delete":
                    target.Remove(key);
                    break;
                case JsonObject change:
                    target[key] = Merge(target[key] is JsonObject child ? (JsonObject)child.DeepClone() : [], change);
                    break;
                case JsonArray items when MergeKeys.TryGetValue(key, out var mergeKey):
                    target[key] = MergeList(target[key] as JsonArray ?? [], items, mergeKey);
                    break;
                case JsonArray items when key == "finalizers":
                    target[key] = JsonAccess.StringArray(target.TextsAt(key).Union(patch.TextsAt(key)));
                    break;
                default:
                    target[key] = value.DeepClone();
                    break;
            }
        }

        return target;
    }

    private static JsonArray MergeList(JsonArray existing, JsonArray changes, string mergeKey)
    {
        var merged = existing.Select(i => i?.DeepClone()).ToList();
        if (changes.Any(c => c.TextAt("$patch") == "replace"))
            merged.Clear();
        foreach (var change in changes.OfType<JsonObject>())
        {
            var key = change[mergeKey]?.ToJsonString();
            var at = merged.FindIndex(i => i is JsonObject o && o[mergeKey]?.ToJsonString() == key);
            var directive = change.TextAt("$patch");
            if (directive == "delete")
            {
                if (at >= 0)
                    merged.RemoveAt(at);
            }
            else if (directive != "replace" || change.Count > 1)
            {
                if (at >= 0)
                    merged[at] = Merge((JsonObject)merged[at]!, change);
                else
                    merged.Add(Merge([], change));
            }
        }

        return new JsonArray([.. merged]);
    }

    private static void RemoveItems(JsonObject target, string key, IReadOnlyList<string> items)
    {
        if (target[key] is JsonArray)
            target[key] = JsonAccess.StringArray(target.TextsAt(key).Where(i => !items.Contains(i)));
    }
}
