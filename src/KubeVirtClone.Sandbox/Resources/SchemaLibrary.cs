namespace KubeVirtClone.Sandbox.Resources;

/// <summary>
/// The project's own schemas, one embedded YAML file a kind. Kinds without one accept any field, as if their
/// CustomResourceDefinition preserved unknown fields.
/// </summary>
internal static class SchemaLibrary
{
    private const string AnyObject =
        """{"type":"object","x-kubernetes-preserve-unknown-fields":true}""";

    /// <summary>The schema of a kind without the fields that a profile's release lacks.</summary>
    public static ObjectSchema For(ResourceType type, Profile profile)
    {
        var schema = Load(type.Kind) ?? (JsonObject)JsonNode.Parse(AnyObject)!;
        var prefix = $"{type.Group}/{type.Kind}:";
        foreach (var hidden in profile.HiddenFields)
        {
            if (hidden.StartsWith(prefix, StringComparison.Ordinal))
                Hide(schema, hidden[prefix.Length..].Split('.'));
        }

        return ObjectSchema.Parse(schema);
    }

    /// <summary>The schema of a kind by name, or null when there is no file for it.</summary>
    public static JsonObject? Load(string kind)
    {
        using var stream = typeof(SchemaLibrary).Assembly.GetManifestResourceStream("schema:" + kind);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        return (JsonObject)YamlText.Parse(reader.ReadToEnd())!;
    }

    private static void Hide(JsonObject schema, ReadOnlySpan<string> path)
    {
        if (schema["properties"] is not JsonObject properties)
            return;
        if (path.Length == 1)
            properties.Remove(path[0]);
        else if (properties[path[0]] is JsonObject child)
            Hide(child, path[1..]);
    }
}
