namespace KubeVirtClone.Sandbox.Http;

/// <summary>Turns objects into server-side tables (meta.k8s.io/v1 Table) and into metadata-only objects.</summary>
internal sealed class TableWriter(ResourceType type, TimeProvider clock, string includeObject)
{
    private const string NameDescription =
        "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the " +
        "generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot " +
        "be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

    private static readonly string[] MetadataOrder =
    [
        "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
    ];

    private static readonly IReadOnlyList<TableColumn> AgeOnly = [Resources.Columns.Age];

    /// <summary>A table of objects; without headings for all but the first event of a watch.</summary>
    public JsonObject Table(JsonObject metadata, IEnumerable<JsonObject> objects, bool headings = true)
    {
        var columns = type.Columns.Count == 0 ? AgeOnly : type.Columns;
        var definitions = new JsonArray();
        if (headings)
        {
            if (type.HasNameColumn)
                definitions.Add((JsonNode)Definition("Name", "string", "name", NameDescription, 0));
            foreach (var column in columns)
                definitions.Add((JsonNode)Definition(column.Name, column.Type, "", column.Description, column.Priority));
        }

        var now = clock.GetUtcNow();
        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = metadata,
            ["columnDefinitions"] = definitions,
            ["rows"] = new JsonArray([.. objects.Select(o => (JsonNode)Row(o, columns, now))]),
        };
    }

    /// <summary>An object's metadata as PartialObjectMetadata.</summary>
    public static JsonObject Partial(JsonObject obj)
    {
        var metadata = new JsonObject();
        foreach (var field in MetadataOrder)
        {
            if (obj.At("metadata", field) is { } value)
                metadata[field] = value.DeepClone();
        }

        return new JsonObject { ["kind"] = "PartialObjectMetadata", ["apiVersion"] = "meta.k8s.io/v1", ["metadata"] = metadata };
    }

    private JsonObject Row(JsonObject obj, IReadOnlyList<TableColumn> columns, DateTimeOffset now)
    {
        var cells = new JsonArray();
        if (type.HasNameColumn)
            cells.Add((JsonNode?)(type.NameCell?.Invoke(obj) ?? obj.TextAt("metadata", "name")));
        foreach (var column in columns)
            cells.Add(column.Value(obj, now));
        var row = new JsonObject { ["cells"] = cells };
        row["object"] = includeObject switch
        {
            "None" => null,
            "Object" => obj.DeepClone(),
            _ => Partial(obj),
        };
        return row;
    }

    private static JsonObject Definition(string name, string columnType, string format, string description, int priority) => new()
    {
        ["name"] = name,
        ["type"] = columnType,
        ["format"] = format,
        ["description"] = description,
        ["priority"] = priority,
    };
}
