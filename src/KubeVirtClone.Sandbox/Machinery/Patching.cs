namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>Chooses how a patch is applied, and refuses as a server refuses.</summary>
internal static class Patching
{
    /// <summary>The patched copy of an object.</summary>
    public static JsonObject Apply(ResourceType type, JsonObject original, PatchType patchType, JsonNode patch)
    {
        switch (patchType)
        {
            case PatchType.Json:
                try
                {
                    return JsonPatch.Apply(original, (JsonArray)patch) as JsonObject ?? throw Rejected();
                }
                catch (JsonPatchException)
                {
                    throw Rejected();
                }

            case PatchType.Merge:
                return Merge((JsonObject)original.DeepClone(), (JsonObject)patch);
            case PatchType.StrategicMerge when !type.IsCustom:
                return StrategicMergePatch.Merge((JsonObject)original.DeepClone(), (JsonObject)patch);
            default:
                throw UnsupportedMediaType(type);
        }
    }

    /// <summary>RFC 7396: null removes, objects merge, everything else replaces. Changes and returns the target.</summary>
    public static JsonObject Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            if (value is null)
                target.Remove(key);
            else if (value is JsonObject change)
                target[key] = Merge(target[key] is JsonObject child ? (JsonObject)child.DeepClone() : [], change);
            else
                target[key] = value.DeepClone();
        }

        return target;
    }

    /// <summary>415 for a patch kind the resource does not take.</summary>
    public static ApiException UnsupportedMediaType(ResourceType type) => new(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, " +
        (type.IsCustom ? "" : "application/strategic-merge-patch+json, ") +
        "application/merge-patch+json, application/apply-patch+yaml");

    private static ApiException Rejected() => new(
        422, "Invalid", "the server rejected our request due to an error in our request", []);
}
