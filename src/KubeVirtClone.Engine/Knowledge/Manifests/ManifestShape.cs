namespace KubeVirtClone.Engine.Knowledge.Manifests;

/// <summary>One thing about a manifest's form that keeps the server from reading it.</summary>
/// <param name="Field">The field.</param>
/// <param name="Wanted">What it must be.</param>
internal sealed record ShapeError(string Field, string Wanted);

/// <summary>
/// A manifest held against the fields the API has, with their types: what is of a wrong type is named and left out, so that nothing after it
/// has to expect just anything. Null counts as absent, as it does for the server.
/// </summary>
internal sealed class ManifestShape
{
    private static readonly Field Text = new("a text");
    private static readonly Field Flag = new("true or false");
    private static readonly Field Texts = new("a list of texts") { Item = Text };
    private static readonly Field TextMap = new("a map of texts") { Entry = Text };
    private static readonly Field Anything = new("anything");
    private static readonly Field Reference = new("an object") { Fields = new() { ["apiGroup"] = Text, ["kind"] = Text, ["name"] = Text } };

    private static readonly Field Metadata = new("an object")
    {
        Fields = new() { ["name"] = Text, ["generateName"] = Text, ["namespace"] = Text, ["labels"] = TextMap, ["annotations"] = TextMap },
        Open = true,
    };

    private static readonly Field Filters = new("an object") { Fields = new() { ["labelFilters"] = Texts, ["annotationFilters"] = Texts } };

    private static readonly Field Clone = Of(new()
    {
        ["source"] = Reference,
        ["target"] = Reference,
        ["annotationFilters"] = Texts,
        ["labelFilters"] = Texts,
        ["template"] = Filters,
        ["newMacAddresses"] = TextMap,
        ["newSMBiosSerial"] = Text,
        ["patches"] = Texts,
        ["volumeNamePolicy"] = Text,
    });

    private static readonly Field Override = new("an object")
    {
        Fields = new() { ["volumeName"] = Text, ["restoreName"] = Text, ["labels"] = TextMap, ["annotations"] = TextMap },
    };

    private static readonly Field Restore = Of(new()
    {
        ["target"] = Reference,
        ["virtualMachineSnapshotName"] = Text,
        ["targetReadinessPolicy"] = Text,
        ["patches"] = Texts,
        ["volumeRestorePolicy"] = Text,
        ["volumeOwnershipPolicy"] = Text,
        ["volumeRestoreOverrides"] = new("a list of objects") { Item = Override },
        ["includeVolumeAnnotations"] = Flag,
    });

    private readonly List<ShapeError> _errors = [];
    private readonly List<string> _unknown = [];
    private readonly HashSet<string> _nulls = new(StringComparer.Ordinal);

    private ManifestShape(JsonObject manifest) => Manifest = (JsonObject)Check(manifest, "", ManifestReader.IsRestore(manifest) ? Restore : Clone)!;

    /// <summary>The manifest with nothing in it that is of a wrong type.</summary>
    public JsonObject Manifest { get; }

    /// <summary>Fields of a wrong type.</summary>
    public IReadOnlyList<ShapeError> Errors => _errors;

    /// <summary>Fields the API does not have.</summary>
    public IReadOnlyList<string> Unknown => _unknown;

    /// <summary>Whether a field is there and null: a required one then counts as given, and is read as empty.</summary>
    public bool IsNull(string field) => _nulls.Contains(field);

    public static ManifestShape Read(JsonObject manifest) => new(manifest);

    private static Field Of(Dictionary<string, Field> spec) => new("an object")
    {
        Fields = new() { ["apiVersion"] = Text, ["kind"] = Text, ["metadata"] = Metadata, ["spec"] = new("an object") { Fields = spec }, ["status"] = new("an object") { Fields = [], Open = true } },
    };

    private JsonNode? Check(JsonNode? node, string path, Field field)
    {
        if (node is null || ReferenceEquals(field, Anything))
            return node?.DeepClone();
        switch (node)
        {
            case JsonObject map when field.Fields is not null || field.Entry is not null:
                var result = new JsonObject();
                foreach (var (key, value) in map)
                {
                    var below = path.Length == 0 ? key : $"{path}.{key}";
                    var member = field.Entry ?? field.Fields!.GetValueOrDefault(key);
                    if (value is null)
                        _nulls.Add(below);
                    if (member is null && !field.Open)
                        _unknown.Add(below);
                    else if (Check(value, below, member ?? Anything) is { } kept)
                        result[key] = kept;
                }

                return result;
            case JsonArray list when field.Item is not null:
                var items = new JsonArray();
                for (var i = 0; i < list.Count; i++)
                {
                    if (Check(list[i], $"{path}[{i}]", field.Item) is { } kept)
                        items.Add(kept);
                }

                return items;
            case JsonValue value when ReferenceEquals(field, Text) ? value.TryGetValue<string>(out _) : ReferenceEquals(field, Flag) && value.TryGetValue<bool>(out _):
                return value.DeepClone();
        }

        _errors.Add(new ShapeError(path.Length == 0 ? "the manifest" : path, field.Wanted));
        return path.Length == 0 ? new JsonObject() : null;
    }

    private sealed record Field(string Wanted)
    {
        public Dictionary<string, Field>? Fields { get; init; }

        public Field? Entry { get; init; }

        public Field? Item { get; init; }

        /// <summary>Other fields may be there, too.</summary>
        public bool Open { get; init; }
    }
}
