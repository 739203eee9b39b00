using System.Text;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>
/// Reads bodies in Kubernetes' protobuf encoding, which kubectl uses for what it builds itself (<c>create namespace</c>,
/// <c>create configmap</c>, <c>auth can-i</c> …). The messages of those kinds are known here as data; other kinds are not.
/// </summary>
internal static class ProtobufBody
{
    public const string MediaType = "application/vnd.kubernetes.protobuf";

    private static readonly Message Time = new() { IsTime = true };
    private static readonly Message Quantity = new() { IsQuantity = true };

    private static readonly Message Owner = new()
    {
        [1] = new("kind"),
        [3] = new("name"),
        [4] = new("uid"),
        [5] = new("apiVersion"),
        [6] = new("controller", FieldType.Bool),
        [7] = new("blockOwnerDeletion", FieldType.Bool),
    };

    private static readonly Message Metadata = new()
    {
        [1] = new("name"),
        [2] = new("generateName"),
        [3] = new("namespace"),
        [5] = new("uid"),
        [6] = new("resourceVersion"),
        [7] = new("generation", FieldType.Integer),
        [8] = new("creationTimestamp", Of: Time),
        [11] = new("labels", FieldType.Map),
        [12] = new("annotations", FieldType.Map),
        [13] = new("ownerReferences", Of: Owner, Repeated: true),
        [14] = new("finalizers", Repeated: true),
    };

    private static readonly Message Rule = new()
    {
        [1] = new("verbs", Repeated: true),
        [2] = new("apiGroups", Repeated: true),
        [3] = new("resources", Repeated: true),
        [4] = new("resourceNames", Repeated: true),
        [5] = new("nonResourceURLs", Repeated: true),
    };

    private static readonly Message Role = new() { [1] = new("metadata", Of: Metadata), [2] = new("rules", Of: Rule, Repeated: true) };

    private static readonly Message Binding = new()
    {
        [1] = new("metadata", Of: Metadata),
        [2] = new("subjects", Of: new Message { [1] = new("kind"), [2] = new("apiGroup"), [3] = new("name"), [4] = new("namespace") }, Repeated: true),
        [3] = new("roleRef", Of: new Message { [1] = new("apiGroup"), [2] = new("kind"), [3] = new("name") }),
    };

    private static readonly Message AccessSpec = new()
    {
        [1] = new("resourceAttributes", Of: new Message
        {
            [1] = new("namespace"),
            [2] = new("verb"),
            [3] = new("group"),
            [4] = new("version"),
            [5] = new("resource"),
            [6] = new("subresource"),
            [7] = new("name"),
        }),
        [2] = new("nonResourceAttributes", Of: new Message { [1] = new("path"), [2] = new("verb") }),
    };

    private static readonly Dictionary<string, Message> Kinds = new(StringComparer.Ordinal)
    {
        ["ConfigMap"] = new()
        {
            [1] = new("metadata", Of: Metadata),
            [2] = new("data", FieldType.Map),
            [3] = new("binaryData", FieldType.BytesMap),
            [4] = new("immutable", FieldType.Bool),
        },
        ["Secret"] = new()
        {
            [1] = new("metadata", Of: Metadata),
            [2] = new("data", FieldType.BytesMap),
            [3] = new("type"),
            [4] = new("stringData", FieldType.Map),
            [5] = new("immutable", FieldType.Bool),
        },
        ["Namespace"] = new() { [1] = new("metadata", Of: Metadata) },
        ["ServiceAccount"] = new() { [1] = new("metadata", Of: Metadata) },
        ["ResourceQuota"] = new()
        {
            [1] = new("metadata", Of: Metadata),
            [2] = new("spec", Of: new Message { [1] = new("hard", FieldType.MessageMap, Quantity), [2] = new("scopes", Repeated: true) }),
        },
        ["Role"] = Role,
        ["ClusterRole"] = Role,
        ["RoleBinding"] = Binding,
        ["ClusterRoleBinding"] = Binding,
        ["SelfSubjectAccessReview"] = new() { [1] = new("metadata", Of: Metadata), [2] = new("spec", Of: AccessSpec) },
        ["SelfSubjectRulesReview"] = new() { [1] = new("metadata", Of: Metadata), [2] = new("spec", Of: new Message { [1] = new("namespace") }) },
        ["SelfSubjectReview"] = new() { [1] = new("metadata", Of: Metadata) },
        ["DeleteOptions"] = new()
        {
            [1] = new("gracePeriodSeconds", FieldType.Integer),
            [2] = new("preconditions", Of: new Message { [1] = new("uid"), [2] = new("resourceVersion") }),
            [3] = new("orphanDependents", FieldType.Bool),
            [4] = new("propagationPolicy"),
            [5] = new("dryRun", Repeated: true),
        },
    };

    private enum FieldType
    {
        Text,
        Bool,
        Integer,
        Map,
        BytesMap,
        MessageMap,
    }

    /// <summary>The object in a body, or null when its kind is not known in this encoding.</summary>
    public static JsonObject? Parse(ReadOnlySpan<byte> body)
    {
        // "k8s\0", then a message of type meta (1) and raw object (2).
        if (!body.StartsWith("k8s\0"u8))
            return null;
        string apiVersion = "", kind = "";
        ReadOnlySpan<byte> raw = [];
        var envelope = new Reader(body[4..]);
        while (envelope.Next(out var field))
        {
            if (field == 1)
            {
                var meta = new Reader(envelope.Bytes);
                while (meta.Next(out var metaField))
                {
                    if (metaField == 1)
                        apiVersion = Encoding.UTF8.GetString(meta.Bytes);
                    else if (metaField == 2)
                        kind = Encoding.UTF8.GetString(meta.Bytes);
                }
            }
            else if (field == 2)
            {
                raw = envelope.Bytes;
            }
        }

        if (!Kinds.TryGetValue(kind, out var message))
            return null;
        var result = Decode(message, raw);
        result["apiVersion"] = apiVersion;
        result["kind"] = kind;
        return JsonTree.Frozen(result);
    }

    private static JsonObject Decode(Message message, ReadOnlySpan<byte> bytes)
    {
        var result = new JsonObject();
        var reader = new Reader(bytes);
        while (reader.Next(out var number))
        {
            if (!message.TryGetValue(number, out var field))
                continue;
            switch (field.Type)
            {
                case FieldType.Bool:
                    result[field.Name] = reader.Number != 0;
                    break;
                case FieldType.Integer:
                    result[field.Name] = (long)reader.Number;
                    break;
                case FieldType.Map or FieldType.BytesMap or FieldType.MessageMap:
                    Entry(result.Ensure(field.Name), field, reader.Bytes);
                    break;
                default:
                    var value = field.Of is null ? JsonValue.Create(Encoding.UTF8.GetString(reader.Bytes)) : Nested(field.Of, reader.Bytes);
                    if (field.Repeated)
                        ((JsonArray)(result[field.Name] ??= new JsonArray())).Add(value);
                    else if (value is not JsonValue text || text.GetValue<string>().Length > 0)
                        result[field.Name] = value;
                    break;
            }
        }

        return result;
    }

    private static JsonNode? Nested(Message message, ReadOnlySpan<byte> bytes)
    {
        if (message.IsTime)
        {
            var reader = new Reader(bytes);
            while (reader.Next(out var number))
            {
                if (number == 1)
                    return DateTimeOffset.FromUnixTimeSeconds((long)reader.Number).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
            }

            return null;
        }

        if (message.IsQuantity)
        {
            var reader = new Reader(bytes);
            return reader.Next(out _) ? Encoding.UTF8.GetString(reader.Bytes) : "0";
        }

        return Decode(message, bytes);
    }

    private static void Entry(JsonObject map, Field field, ReadOnlySpan<byte> bytes)
    {
        var key = "";
        JsonNode? value = "";
        var reader = new Reader(bytes);
        while (reader.Next(out var number))
        {
            if (number == 1)
            {
                key = Encoding.UTF8.GetString(reader.Bytes);
            }
            else
            {
                value = field.Type switch
                {
                    FieldType.BytesMap => Convert.ToBase64String(reader.Bytes),
                    FieldType.MessageMap => Nested(field.Of!, reader.Bytes),
                    _ => Encoding.UTF8.GetString(reader.Bytes),
                };
            }
        }

        map[key] = value;
    }

    private sealed record Field(string Name, FieldType Type = FieldType.Text, Message? Of = null, bool Repeated = false);

    /// <summary>Fields of a message by number; times and quantities have forms of their own in JSON.</summary>
    private sealed class Message : Dictionary<int, Field>
    {
        public bool IsTime { get; init; }

        public bool IsQuantity { get; init; }
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public ReadOnlySpan<byte> Bytes { get; private set; }

        public ulong Number { get; private set; }

        public bool Next(out int field)
        {
            field = 0;
            if (_rest.IsEmpty)
                return false;
            var tag = Varint();
            field = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    Number = Varint();
                    break;
                case 2:
                    var length = Varint();
                    if (length > (ulong)_rest.Length)
                        throw ApiException.BadRequest("unexpected EOF");
                    Bytes = _rest[..(int)length];
                    _rest = _rest[(int)length..];
                    break;
                default:
                    throw ApiException.BadRequest("proto: illegal wireType " + (tag & 7));
            }

            return true;
        }

        private ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; shift < 64; shift += 7)
            {
                if (_rest.IsEmpty)
                    throw ApiException.BadRequest("unexpected EOF");
                var next = _rest[0];
                _rest = _rest[1..];
                value |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                    return value;
            }

            throw ApiException.BadRequest("proto: integer overflow");
        }
    }
}
