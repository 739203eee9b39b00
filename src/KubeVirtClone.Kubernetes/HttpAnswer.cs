using System.Text.Json;

namespace KubeVirtClone.Kubernetes;

/// <summary>A successful answer (status below 300) to a request that is not about one object.</summary>
/// <param name="StatusCode">HTTP status, 200 to 299.</param>
/// <param name="ContentType">Media type without parameters; null when the answer has no body type.</param>
/// <param name="Body">Body as text; empty when there is none.</param>
/// <param name="AuditId">The server's audit id of the request; null when not given.</param>
public sealed record HttpAnswer(int StatusCode, string? ContentType, string Body, string? AuditId)
{
    /// <summary>The body as JSON; null when it is empty or not JSON.</summary>
    public JsonElement? Json()
    {
        if (Body.Length == 0)
            return null;
        try
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
