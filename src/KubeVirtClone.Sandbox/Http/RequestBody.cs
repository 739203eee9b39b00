using System.Text;
using YamlDotNet.Core;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>Reads request bodies, and refuses bad ones in a server's words.</summary>
internal static class RequestBody
{
    /// <summary>Larger bodies are refused with 413.</summary>
    private const int Limit = 3 * 1024 * 1024;

    public static async Task<byte[]> Read(ApiCall call)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await call.Http.Request.Body.ReadAsync(chunk, call.Aborted)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > Limit)
                throw new ApiException(413, "RequestEntityTooLarge", $"Request entity too large: limit is {Limit}");
        }

        return buffer.ToArray();
    }

    /// <summary>An object of a kind, from JSON or YAML by the content type.</summary>
    public static JsonObject Object(ApiCall call, byte[] body, string kind, List<string> duplicates)
    {
        JsonNode? node;
        switch (MediaType(call))
        {
            case "" or "application/json":
                try
                {
                    node = GoJson.Parse(body, duplicates);
                }
                catch (GoJsonException e)
                {
                    throw Unrecognized(kind, "couldn't get version/kind; json parse error: " + e.Message, body);
                }

                break;
            case "application/yaml":
                node = Yaml(body, kind);
                break;
            case ProtobufBody.MediaType when ProtobufBody.Parse(body) is { } known:
                node = known;
                break;
            default:
                throw new ApiException(
                    415,
                    "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf");
        }

        return node as JsonObject ?? throw Unrecognized(
            kind, "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }", body);
    }

    /// <summary>The type of the body, without parameters.</summary>
    public static string MediaType(ApiCall call) =>
        (call.Http.Request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();

    /// <summary>400 for a body that is no object of the kind.</summary>
    public static ApiException Unrecognized(string kind, string why, byte[] body) =>
        ApiException.BadRequest($"the object provided is unrecognized (must be of type {kind}): {why} ({Summary(body)})");

    private static JsonNode? Yaml(byte[] body, string kind)
    {
        try
        {
            return JsonTree.FrozenNode(YamlText.Parse(Encoding.UTF8.GetString(body)));
        }
        catch (YamlException e)
        {
            throw Unrecognized(kind, "couldn't get version/kind; yaml: " + e.Message, body);
        }
    }

    // A server shows the first 30 bytes, as text when they begin an object, else in hexadecimal.
    private static string Summary(byte[] body)
    {
        const int shown = 30;
        if (body.Length == 0)
            return "<empty>";
        var start = body.AsSpan(0, Math.Min(shown, body.Length));
        var text = body[0] == '{' ? Encoding.UTF8.GetString(start) : Convert.ToHexStringLower(start);
        return body.Length > shown ? text + " ..." : text;
    }
}
