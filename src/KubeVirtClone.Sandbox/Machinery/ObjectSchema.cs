namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// A structural schema, the part of OpenAPI v3 that CustomResourceDefinitions use: enough to prune, default, check and
/// describe the fields of a kind.
/// </summary>
public sealed class ObjectSchema
{
    private readonly Dictionary<string, ObjectSchema> _properties = new(StringComparer.Ordinal);

    private ObjectSchema(JsonObject source)
    {
        Source = source;
        Type = source.TextAt("type");
        Description = source.TextAt("description");
        Format = source.TextAt("format");
        Nullable = Flag(source, "nullable");
        PreserveUnknown = Flag(source, "x-kubernetes-preserve-unknown-fields");
        IntOrString = Flag(source, "x-kubernetes-int-or-string");
        ListKeys = source.TextsAt("x-kubernetes-list-map-keys");
        Required = source.TextsAt("required");
        Enum = source["enum"] as JsonArray;
        Default = source["default"];
        if (source["properties"] is JsonObject properties)
        {
            foreach (var (name, value) in properties)
                _properties[name] = new ObjectSchema((JsonObject)value!);
        }

        if (source["items"] is JsonObject items)
            Items = new ObjectSchema(items);
        if (source["additionalProperties"] is JsonObject additional)
            AdditionalProperties = new ObjectSchema(additional);
    }

    /// <summary>The schema as OpenAPI JSON. Not to be mutated.</summary>
    public JsonObject Source { get; }

    internal string? Type { get; }

    internal string? Description { get; }

    internal string? Format { get; }

    internal bool Nullable { get; }

    internal bool PreserveUnknown { get; }

    internal bool IntOrString { get; }

    internal IReadOnlyList<string> ListKeys { get; }

    internal IReadOnlyList<string> Required { get; }

    internal JsonArray? Enum { get; }

    internal JsonNode? Default { get; }

    internal ObjectSchema? Items { get; }

    internal ObjectSchema? AdditionalProperties { get; }

    internal IReadOnlyDictionary<string, ObjectSchema> Properties => _properties;

    /// <summary>Reads a schema from OpenAPI v3 JSON.</summary>
    public static ObjectSchema Parse(JsonObject openApi) => new(JsonTree.Frozen(openApi));

    private static bool Flag(JsonObject source, string name) =>
        source[name] is JsonValue value && value.TryGetValue<bool>(out var set) && set;
}
