using System.Security.Cryptography;
using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>
/// OpenAPI as far as kubectl uses it: v3 documents a group version for explain, apply and server-side validation, and one
/// v2 document, as JSON or protobuf, for older clients.
/// </summary>
internal sealed class OpenApi
{
    // Clients ask with "@" before the version; the answer has a dot there, because "@" cannot stand in a Content-Type.
    private const string V2Protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    private const string MetadataModel = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    private const string KindExtension = "x-kubernetes-group-version-kind";

    private readonly Dictionary<string, byte[]> _documents = new(StringComparer.Ordinal);
    private readonly byte[] _index;
    private readonly Lazy<byte[]> _v2;
    private readonly Lazy<byte[]> _v2Protobuf;

    public OpenApi(IReadOnlyList<ResourceType> types, Profile profile)
    {
        var index = new JsonObject();
        foreach (var group in types.SelectMany(t => t.Versions.Select(v => (Type: t, Version: v))).GroupBy(x => Path(x.Type, x.Version)))
        {
            var document = JsonTree.Utf8(V3(profile, [.. group]));
            _documents[group.Key] = document;
            index[group.Key] = new JsonObject
            {
                ["serverRelativeURL"] = $"/openapi/v3/{group.Key}?hash={Convert.ToHexString(SHA256.HashData(document))}",
            };
        }

        _index = JsonTree.Utf8(new JsonObject { ["paths"] = index });
        _v2 = new Lazy<byte[]>(() => JsonTree.Utf8(V2(types, profile)));
        _v2Protobuf = new Lazy<byte[]>(() => OpenApiProtobuf.Encode(V2(types, profile)));
    }

    /// <summary>The document at a path, or null when it is none.</summary>
    public (byte[] Body, string ContentType)? Find(string path, string accept)
    {
        if (path == "/openapi/v2")
        {
            return accept.Contains("com.github.proto-openapi.spec.v2", StringComparison.Ordinal)
                ? (_v2Protobuf.Value, V2Protobuf)
                : (_v2.Value, "application/json");
        }

        if (path == "/openapi/v3")
            return (_index, "application/json");
        const string root = "/openapi/v3/";
        return path.StartsWith(root, StringComparison.Ordinal) && _documents.TryGetValue(path[root.Length..], out var document)
            ? (document, "application/json")
            : null;
    }

    private static string Path(ResourceType type, string version) =>
        type.Group.Length == 0 ? "api/" + version : $"apis/{type.Group}/{version}";

    private static JsonObject V3(Profile profile, List<(ResourceType Type, string Version)> served)
    {
        var schemas = new JsonObject { [MetadataModel] = Metadata() };
        var paths = new JsonObject();
        foreach (var (type, version) in served)
        {
            var model = ModelName(type, version);
            schemas[model] = Model(type, version, "#/components/schemas/", (JsonObject?)type.Schema?.Source.DeepClone());
            var content = new JsonObject();
            string[] mediaTypes = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];
            foreach (var mediaType in mediaTypes)
                content[mediaType] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "object" } };
            var item = new JsonObject
            {
                ["get"] = V3Operation(type, version, "get", model, null),
                ["put"] = V3Operation(type, version, "put", model, null),
                ["patch"] = V3Operation(type, version, "patch", model, content),
                ["delete"] = V3Operation(type, version, "delete", model, null),
            };
            paths[Route(type, version) + "/{name}"] = item;
            paths[Route(type, version)] = new JsonObject
            {
                ["get"] = V3Operation(type, version, "list", model, null),
                ["post"] = V3Operation(type, version, "post", model, null),
            };
        }

        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = Info(profile),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private static JsonObject V2(IReadOnlyList<ResourceType> types, Profile profile)
    {
        var definitions = new JsonObject { [MetadataModel] = Metadata() };
        var paths = new JsonObject();
        foreach (var type in types)
        {
            foreach (var version in type.Versions)
            {
                // Built-in kinds get no definition, so that clients fall back on what they know of them.
                if (type.Schema is { } schema)
                    definitions[ModelName(type, version)] = Model(type, version, "#/definitions/", ForV2(schema));
                paths[Route(type, version) + "/{name}"] = new JsonObject { ["patch"] = V2Operation(type, version, "patch") };
                paths[Route(type, version)] = new JsonObject { ["post"] = V2Operation(type, version, "post") };
            }
        }

        return new JsonObject { ["swagger"] = "2.0", ["info"] = Info(profile), ["paths"] = paths, ["definitions"] = definitions };
    }

    private static JsonObject Info(Profile profile) => new()
    {
        ["title"] = "Kubernetes",
        ["version"] = profile.KubernetesVersion.TextAt("gitVersion"),
    };

    private static string Route(ResourceType type, string version) =>
        "/" + Path(type, version) + (type.Namespaced ? "/namespaces/{namespace}/" : "/") + type.Plural;

    private static string ModelName(ResourceType type, string version)
    {
        if (!type.IsCustom)
            return $"io.k8s.api.{(type.Group.Length == 0 ? "core" : type.Group.Split('.')[0])}.{version}.{type.Kind}";
        return string.Join('.', type.Group.Split('.').Reverse()) + $".{version}.{type.Kind}";
    }

    private static JsonObject Model(ResourceType type, string version, string references, JsonObject? schema)
    {
        var model = schema ?? new JsonObject { ["type"] = "object", ["description"] = $"{type.Kind} is a built-in kind." };
        model.Remove("x-kubernetes-preserve-unknown-fields");
        var properties = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["type"] = "string", ["description"] = "API version of this object, group/version." },
            ["kind"] = new JsonObject { ["type"] = "string", ["description"] = "Kind of this object." },
            ["metadata"] = new JsonObject { ["$ref"] = references + MetadataModel },
        };
        if (references.Contains("components", StringComparison.Ordinal))
        {
            properties["metadata"] = new JsonObject
            {
                ["description"] = "Name, labels and other data about this object.",
                ["default"] = new JsonObject(),
                ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = references + MetadataModel }),
            };
        }

        foreach (var (name, value) in model["properties"] as JsonObject ?? [])
            properties[name] = value?.DeepClone();
        model["properties"] = properties;
        model[KindExtension] = new JsonArray(KindOf(type, version));
        return model;
    }

    private static JsonObject KindOf(ResourceType type, string version) =>
        new() { ["group"] = type.Group, ["kind"] = type.Kind, ["version"] = version };

    private static JsonObject V3Operation(ResourceType type, string version, string action, string model, JsonObject? content)
    {
        var operation = new JsonObject
        {
            ["operationId"] = $"{action}{ModelName(type, version).Replace(".", "", StringComparison.Ordinal)}",
            ["x-kubernetes-action"] = action,
            [KindExtension] = KindOf(type, version),
            ["responses"] = new JsonObject
            {
                ["200"] = new JsonObject
                {
                    ["description"] = "OK",
                    ["content"] = new JsonObject
                    {
                        ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/" + model } },
                    },
                },
            },
        };
        if (action is "put" or "patch" or "post")
        {
            operation["parameters"] = new JsonArray([.. WriteParameters().Select(p => (JsonNode)new JsonObject
            {
                ["name"] = p,
                ["in"] = "query",
                ["schema"] = new JsonObject { ["type"] = "string", ["uniqueItems"] = true },
            })]);
        }

        if (content is not null)
            operation["requestBody"] = new JsonObject { ["content"] = content, ["required"] = true };
        return operation;
    }

    private static JsonObject V2Operation(ResourceType type, string version, string action) => new()
    {
        ["operationId"] = $"{action}{ModelName(type, version).Replace(".", "", StringComparison.Ordinal)}",
        ["parameters"] = new JsonArray([.. WriteParameters().Select(p => (JsonNode)new JsonObject { ["name"] = p, ["in"] = "query", ["type"] = "string" })]),
        ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
        [KindExtension] = KindOf(type, version),
    };

    private static string[] WriteParameters() => ["dryRun", "fieldManager", "fieldValidation"];

    // Older clients refuse fields beside the listed ones, so where others are allowed none is listed; and they know neither
    // nullable nor fields of two types.
    private static JsonObject ForV2(ObjectSchema schema)
    {
        var result = new JsonObject();
        if (schema.Description is not null)
            result["description"] = schema.Description;
        if (schema.IntOrString || schema.Type is null)
            return result;
        result["type"] = schema.Type;
        if (schema.PreserveUnknown)
            return result;
        if (schema.Format is not null)
            result["format"] = schema.Format;
        if (schema.Enum is not null)
            result["enum"] = schema.Enum.DeepClone();
        if (schema.Required.Count > 0)
            result["required"] = JsonAccess.StringArray(schema.Required);
        if (schema.Items is not null)
            result["items"] = ForV2(schema.Items);
        if (schema.AdditionalProperties is not null)
            result["additionalProperties"] = ForV2(schema.AdditionalProperties);
        if (schema.Properties.Count > 0)
        {
            result["properties"] = new JsonObject(schema.Properties.Select(
                p => new KeyValuePair<string, JsonNode?>(p.Key, ForV2(p.Value))));
        }

        return result;
    }

    private static JsonObject Metadata()
    {
        static JsonObject Field(string type, string description) => new() { ["type"] = type, ["description"] = description };
        static JsonObject Map(string description)
        {
            var map = Field("object", description);
            map["additionalProperties"] = new JsonObject { ["type"] = "string" };
            return map;
        }

        var owners = Field("array", "Objects this one depends on; it is deleted when the last of them is gone.");
        owners["items"] = Field("object", "One owner.");
        var managed = Field("array", "Which manager set which fields.");
        managed["items"] = Field("object", "One manager.");
        var finalizers = Field("array", "Names that hold the object back from being removed.");
        finalizers["items"] = new JsonObject { ["type"] = "string" };
        return new JsonObject
        {
            ["type"] = "object",
            ["description"] = "Data that every stored object has.",
            ["properties"] = new JsonObject
            {
                ["annotations"] = Map("Data that tools attach; not for selecting."),
                ["creationTimestamp"] = Field("string", "When the object was made."),
                ["deletionGracePeriodSeconds"] = Field("integer", "Seconds the object has to end by itself."),
                ["deletionTimestamp"] = Field("string", "When its deletion was asked for."),
                ["finalizers"] = finalizers,
                ["generateName"] = Field("string", "Prefix of a generated name."),
                ["generation"] = Field("integer", "Rises with each change of what is wanted."),
                ["labels"] = Map("Keys and values to select objects by."),
                ["managedFields"] = managed,
                ["name"] = Field("string", "Name, unique within its namespace and kind."),
                ["namespace"] = Field("string", "Namespace the object is in."),
                ["ownerReferences"] = owners,
                ["resourceVersion"] = Field("string", "Changes with every write; opaque."),
                ["selfLink"] = Field("string", "Not used any more."),
                ["uid"] = Field("string", "Unique for all time."),
            },
        };
    }
}
