using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Turns refusals into exceptions.</summary>
internal static class StatusReader
{
    private const int LongestText = 500;

    /// <summary>The refusal in an answer.</summary>
    /// <param name="statusCode">HTTP status.</param>
    /// <param name="body">The body, perhaps cut.</param>
    /// <param name="retryAfter">From the header; null when not given.</param>
    /// <param name="auditId">From the header; null when not given.</param>
    /// <param name="request">Method and path, for answers that say nothing themselves.</param>
    public static ApiStatusException Read(int statusCode, ReadOnlyMemory<byte> body, TimeSpan? retryAfter, string? auditId, string request)
    {
        if (TryParse(body) is { } json)
            return FromStatus(json, statusCode, retryAfter, auditId);
        var text = Shorten(Encoding.UTF8.GetString(body.Span));
        return new ApiStatusException(
            statusCode, ReasonFor(statusCode), text.Length == 0 ? $"{request}: HTTP {statusCode} ({ReasonFor(statusCode)})" : $"{request}: HTTP {statusCode}: {text}")
        {
            RetryAfter = retryAfter,
            AuditId = auditId,
        };
    }

    /// <summary>The refusal in a <c>Status</c> object.</summary>
    public static ApiStatusException FromStatus(JsonElement json, int? httpStatus = null, TimeSpan? retryAfter = null, string? auditId = null)
    {
        var status = new KubernetesObject(json);
        var code = httpStatus ?? (status.At("code") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : 500);
        var causes = new List<StatusCause>();
        if (status.At("details", "causes") is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var item in list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object))
            {
                var cause = new KubernetesObject(item);
                causes.Add(new StatusCause(cause.StringAt("field"), cause.StringAt("reason"), cause.StringAt("message") ?? ""));
            }
        }

        if (status.At("details", "retryAfterSeconds") is { ValueKind: JsonValueKind.Number } seconds && seconds.TryGetInt32(out var wait) && wait > 0)
            retryAfter ??= TimeSpan.FromSeconds(wait);
        var reason = status.StringAt("reason");
        var message = status.StringAt("message");
        return new ApiStatusException(
            code,
            string.IsNullOrEmpty(reason) ? ReasonFor(code) : reason,
            string.IsNullOrEmpty(message) ? $"The server answered {code} ({reason ?? ReasonFor(code)})." : message)
        {
            Causes = causes,
            Kind = status.StringAt("details", "kind"),
            Group = status.StringAt("details", "group"),
            Name = status.StringAt("details", "name"),
            RetryAfter = retryAfter,
            AuditId = auditId,
            IsApiStatus = true,
        };
    }

    public static TimeSpan? RetryAfterOf(HttpResponseHeaders headers, TimeProvider clock)
    {
        if (headers.RetryAfter is not { } header)
            return null;
        var wait = header.Delta ?? (header.Date is { } date ? date - clock.GetUtcNow() : null);
        return wait is { } given && given < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static JsonElement? TryParse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("kind", out var kind)
                && kind.ValueKind == JsonValueKind.String
                && kind.ValueEquals("Status")
                ? root.Clone()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string ReasonFor(int code) => code switch
    {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        406 => "NotAcceptable",
        409 => "Conflict",
        410 => "Gone",
        413 => "RequestEntityTooLarge",
        415 => "UnsupportedMediaType",
        422 => "Invalid",
        429 => "TooManyRequests",
        500 => "InternalError",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => Enum.IsDefined((HttpStatusCode)code) ? ((HttpStatusCode)code).ToString() : "Unknown",
    };

    private static string Shorten(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= LongestText ? line : line[..LongestText] + "…";
    }
}
