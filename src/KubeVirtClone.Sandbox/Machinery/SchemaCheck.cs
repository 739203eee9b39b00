using System.Text.Json;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>What an API server does to a custom resource with its schema: prune, default, validate.</summary>
internal static class SchemaCheck
{
    private static readonly string[] RootFields = ["apiVersion", "kind", "metadata"];

    private static readonly HashSet<string> MetadataFields = new(StringComparer.Ordinal)
    {
        "annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers", "generateName", "generation",
        "labels", "managedFields", "name", "namespace", "ownerReferences", "resourceVersion", "selfLink", "uid",
    };

    /// <summary>
    /// Removes what the schema does not know and returns the removed paths in the order a server reports them. A null
    /// where null is not allowed is removed silently when the field has a default.
    /// </summary>
    public static List<string> Prune(ObjectSchema schema, JsonObject obj)
    {
        var unknown = new List<string>();
        PruneObject(schema, obj, new FieldPath(), unknown, root: true);
        if (obj["metadata"] is JsonObject metadata)
        {
            foreach (var key in metadata.Select(p => p.Key).Where(k => !MetadataFields.Contains(k)).ToList())
            {
                metadata.Remove(key);
                unknown.Add("metadata." + key);
            }
        }

        unknown.Sort(StringComparer.Ordinal);
        return unknown;
    }

    /// <summary>Fills in defaults, below objects that exist.</summary>
    public static void ApplyDefaults(ObjectSchema schema, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, child) in schema.Properties)
                {
                    var present = map.TryGetPropertyValue(name, out var value);
                    if (present && value is null && !child.Nullable && child.Default is not null)
                        present = false;
                    if (!present && child.Default is not null)
                        map[name] = child.Default.DeepClone();
                    if (map[name] is { } existing)
                        ApplyDefaults(child, existing);
                }

                if (schema.AdditionalProperties is { } additional)
                {
                    foreach (var (name, value) in map.ToList())
                    {
                        if (!schema.Properties.ContainsKey(name))
                            ApplyDefaults(additional, value);
                    }
                }

                break;
            case JsonArray list when schema.Items is { } items:
                foreach (var item in list)
                    ApplyDefaults(items, item);
                break;
        }
    }

    /// <summary>
    /// Drops nulls that a structural schema does not allow, which a server does before it validates: a null in a field
    /// that is not nullable counts as not given.
    /// </summary>
    public static void DropNulls(ObjectSchema schema, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                List<string>? dropped = null;
                foreach (var (name, value) in map)
                {
                    var child = schema.Properties.GetValueOrDefault(name) ?? schema.AdditionalProperties;
                    if (child is null)
                        continue;
                    if (value is null && !child.Nullable)
                        (dropped ??= []).Add(name);
                    else
                        DropNulls(child, value);
                }

                foreach (var name in dropped ?? [])
                    map.Remove(name);
                break;
            case JsonArray list when schema.Items is { } items:
                foreach (var item in list)
                    DropNulls(items, item);
                break;
        }
    }

    /// <summary>Collects every breach of the schema.</summary>
    public static void Validate(ObjectSchema schema, JsonNode? node, List<ApiCause> causes) => Validate(schema, node, new FieldPath(), causes);

    private static void Validate(ObjectSchema schema, JsonNode? node, FieldPath path, List<ApiCause> causes)
    {
        if (node is null)
        {
            if (!schema.Nullable && !path.IsRoot)
                causes.Add(TypeError(path, "null", schema.Type ?? "object"));
            return;
        }

        if (!HasType(schema, node))
        {
            causes.Add(TypeError(path, TypeName(node), schema.Type!));
            return;
        }

        if (schema.Enum is { } allowed && !allowed.Any(a => JsonNode.DeepEquals(a, node)))
        {
            var supported = string.Join(", ", allowed.Select(a => a!.ToJsonString(JsonTree.Compact)));
            causes.Add(new ApiCause(
                path.ToString(),
                "FieldValueNotSupported",
                $"Unsupported value: {node.ToJsonString(JsonTree.Compact)}: supported values: {supported}"));
        }

        switch (node)
        {
            case JsonObject map:
                foreach (var name in schema.Required)
                {
                    if (!map.ContainsKey(name))
                        causes.Add(new ApiCause(path.Below(name), "FieldValueRequired", "Required value"));
                }

                foreach (var (name, value) in map)
                {
                    if ((schema.Properties.GetValueOrDefault(name) ?? schema.AdditionalProperties) is not { } child)
                        continue;
                    path.Enter(name);
                    Validate(child, value, path, causes);
                    path.Leave();
                }

                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    path.Enter(i);
                    Validate(items, list[i], path, causes);
                    path.Leave();
                }

                break;
            case JsonValue value when schema.Format == "date-time" && !IsDate(value):
                causes.Add(new ApiCause(
                    path.ToString(),
                    "FieldValueInvalid",
                    $"Invalid value: {value.ToJsonString(JsonTree.Compact)}: {path} in body must be of type date-time: {value.ToJsonString(JsonTree.Compact)}"));
                break;
        }
    }

    private static void PruneObject(ObjectSchema schema, JsonNode? node, FieldPath path, List<string> unknown, bool root)
    {
        switch (node)
        {
            case JsonObject map:
                List<string>? pruned = null;
                foreach (var (name, value) in map)
                {
                    if (root && RootFields.Contains(name))
                        continue;
                    var child = schema.Properties.GetValueOrDefault(name) ?? schema.AdditionalProperties;
                    if (child is not null)
                    {
                        path.Enter(name);
                        PruneObject(child, value, path, unknown, root: false);
                        path.Leave();
                    }
                    else if (!schema.PreserveUnknown)
                    {
                        (pruned ??= []).Add(name);
                        unknown.Add(path.Below(name));
                    }
                }

                foreach (var name in pruned ?? [])
                    map.Remove(name);
                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    path.Enter(i);
                    PruneObject(items, list[i], path, unknown, root: false);
                    path.Leave();
                }

                break;
        }
    }

    private static bool HasType(ObjectSchema schema, JsonNode node)
    {
        var kind = node.GetValueKind();
        if (schema.IntOrString)
            return kind is JsonValueKind.String or JsonValueKind.Number;
        return schema.Type switch
        {
            "object" => kind == JsonValueKind.Object,
            "array" => kind == JsonValueKind.Array,
            "string" => kind == JsonValueKind.String,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            "number" => kind == JsonValueKind.Number,
            "integer" => kind == JsonValueKind.Number && TypeName(node) == "integer",
            _ => true,
        };
    }

    private static string TypeName(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => node.ToJsonString().AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? "integer" : "number",
        _ => "boolean",
    };

    private static ApiCause TypeError(FieldPath path, string found, string wanted) => new(
        path.ToString(), "FieldValueTypeInvalid", $"Invalid value: \"{found}\": {path} in body must be of type {wanted}: \"{found}\"");

    private static bool IsDate(JsonValue value) =>
        value.TryGetValue<string>(out var text) && DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _);
}
