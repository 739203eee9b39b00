using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Kubernetes.Serialization;

/// <summary>Whole JSON values to and from bytes.</summary>
internal static class ObjectReader
{
    /// <summary>The JSON object in an answer.</summary>
    /// <exception cref="ApiAnswerInvalidException">It is no JSON object.</exception>
    public static KubernetesObject Read(ReadOnlySpan<byte> bytes, string request)
    {
        try
        {
            var json = Parse(bytes);
            return json.ValueKind == JsonValueKind.Object
                ? new KubernetesObject(json)
                : throw new ApiAnswerInvalidException($"{request}: the answer is JSON, but no object.");
        }
        catch (JsonException)
        {
            throw new ApiAnswerInvalidException($"{request}: the answer is not valid JSON.");
        }
    }

    /// <summary>One JSON value.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JsonElement Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        return JsonElement.ParseValue(ref reader);
    }

    public static byte[] Write(JsonNode json)
    {
        var bytes = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(bytes))
            json.WriteTo(writer);
        return bytes.WrittenSpan.ToArray();
    }
}
