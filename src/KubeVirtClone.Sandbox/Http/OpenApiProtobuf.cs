using System.Text;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>
/// Encodes an OpenAPI v2 document as gnostic's protobuf message <c>openapi.v2.Document</c>, which older kubectl asks for.
/// Only the fields that <see cref="OpenApi"/> writes are known here; numbers are the message's field numbers.
/// </summary>
internal static class OpenApiProtobuf
{
    public static byte[] Encode(JsonObject document)
    {
        var message = new Message();
        message.Text(1, document.TextAt("swagger"));
        var info = new Message();
        info.Text(1, document.TextAt("info", "title"));
        info.Text(2, document.TextAt("info", "version"));
        message.Nested(2, info);
        var paths = new Message();
        foreach (var (path, item) in (JsonObject)document["paths"]!)
            paths.Nested(2, Named(path, PathItem((JsonObject)item!)));
        message.Nested(8, paths);
        var definitions = new Message();
        foreach (var (name, schema) in (JsonObject)document["definitions"]!)
            definitions.Nested(1, Named(name, Schema((JsonObject)schema!)));
        message.Nested(9, definitions);
        return message.ToArray();
    }

    private static Message Named(string name, Message value)
    {
        var named = new Message();
        named.Text(1, name);
        named.Nested(2, value);
        return named;
    }

    private static Message PathItem(JsonObject item)
    {
        var message = new Message();
        if (item["post"] is JsonObject post)
            message.Nested(4, Operation(post));
        if (item["patch"] is JsonObject patch)
            message.Nested(8, Operation(patch));
        return message;
    }

    private static Message Operation(JsonObject operation)
    {
        var message = new Message();
        message.Text(5, operation.TextAt("operationId"));
        foreach (var parameter in operation["parameters"] as JsonArray ?? [])
        {
            var query = new Message();
            query.Text(2, parameter.TextAt("in"));
            query.Text(4, parameter.TextAt("name"));
            query.Text(6, parameter.TextAt("type"));
            // ParametersItem.parameter → Parameter.non_body_parameter → NonBodyParameter.query_parameter_sub_schema
            message.Nested(8, Wrap(1, Wrap(2, Wrap(3, query))));
        }

        var responses = new Message();
        foreach (var (code, response) in (JsonObject)operation["responses"]!)
        {
            var description = new Message();
            description.Text(1, response.TextAt("description"));
            responses.Nested(1, Named(code, Wrap(1, description)));
        }

        message.Nested(9, responses);
        Extensions(message, 13, operation);
        return message;
    }

    private static Message Schema(JsonObject schema)
    {
        var message = new Message();
        message.Text(1, schema.TextAt("$ref"));
        message.Text(2, schema.TextAt("format"));
        message.Text(4, schema.TextAt("description"));
        foreach (var name in schema.TextsAt("required"))
            message.Text(19, name);
        foreach (var value in schema["enum"] as JsonArray ?? [])
            message.Nested(20, Yaml(value));
        if (schema["additionalProperties"] is JsonObject additional)
            message.Nested(21, Wrap(1, Schema(additional)));
        if (schema.TextAt("type") is { } type)
        {
            var item = new Message();
            item.Text(1, type);
            message.Nested(22, item);
        }

        if (schema["items"] is JsonObject items)
            message.Nested(23, Wrap(1, Schema(items)));
        if (schema["properties"] is JsonObject properties)
        {
            var fields = new Message();
            foreach (var (name, value) in properties)
                fields.Nested(1, Named(name, Schema((JsonObject)value!)));
            message.Nested(25, fields);
        }

        Extensions(message, 31, schema);
        return message;
    }

    private static void Extensions(Message message, int field, JsonObject source)
    {
        foreach (var (name, value) in source)
        {
            if (name.StartsWith("x-", StringComparison.Ordinal))
                message.Nested(field, Named(name, Yaml(value)));
        }
    }

    // openapi.v2.Any holds YAML text; JSON is YAML.
    private static Message Yaml(JsonNode? value)
    {
        var any = new Message();
        any.Text(2, value?.ToJsonString(JsonTree.Compact) ?? "null");
        return any;
    }

    private static Message Wrap(int field, Message inner)
    {
        var outer = new Message();
        outer.Nested(field, inner);
        return outer;
    }

    /// <summary>Protobuf's wire format, as far as strings and nested messages go.</summary>
    private sealed class Message
    {
        private readonly List<byte> _bytes = [];

        public void Text(int field, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                Delimited(field, Encoding.UTF8.GetBytes(value));
        }

        public void Nested(int field, Message value) => Delimited(field, value.ToArray());

        public byte[] ToArray() => [.. _bytes];

        private void Delimited(int field, byte[] value)
        {
            Varint((uint)((field << 3) | 2));
            Varint((uint)value.Length);
            _bytes.AddRange(value);
        }

        private void Varint(uint value)
        {
            for (; value >= 0x80; value >>= 7)
                _bytes.Add((byte)(value | 0x80));
            _bytes.Add((byte)value);
        }
    }
}
