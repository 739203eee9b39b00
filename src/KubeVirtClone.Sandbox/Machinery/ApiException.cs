using System.Globalization;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>One cause in the details of a refusal.</summary>
/// <param name="Field">Path of the field; null when the refusal is not about one.</param>
/// <param name="Reason">Machine-readable, such as <c>FieldValueInvalid</c>; null where a webhook gave none.</param>
/// <param name="Message">What is wrong.</param>
public sealed record ApiCause(string? Field, string? Reason, string Message);

/// <summary>A refusal as the API server answers it: HTTP code and the whole <c>Status</c> object.</summary>
public sealed class ApiException : Exception
{
    /// <summary>Makes a refusal with any content.</summary>
    public ApiException(int code, string? reason, string message, JsonObject? details = null, int? retryAfterSeconds = null)
        : base(message)
    {
        Code = code;
        RetryAfterSeconds = retryAfterSeconds;
        Status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = message,
        };
        if (reason is not null)
            Status["reason"] = reason;
        if (details is not null)
            Status["details"] = details;
        Status["code"] = code;
    }

    /// <summary>HTTP status code.</summary>
    public int Code { get; }

    /// <summary>The Status object sent as the body.</summary>
    public JsonObject Status { get; }

    /// <summary>Seconds for a Retry-After header; null for none.</summary>
    public int? RetryAfterSeconds { get; }

    /// <summary>Status.reason; empty when there is none.</summary>
    public string Reason => Status.TextAt("reason") ?? "";

    /// <summary>404 for an object.</summary>
    public static ApiException NotFound(ResourceType type, string name) =>
        new(404, "NotFound", $"{type.QualifiedResource} \"{name}\" not found", Details(name, type.Group, type.Plural));

    /// <summary>404 for a resource that is not served, in a client's words.</summary>
    public static ApiException NoSuchResource(string method, ResourceType type) =>
        new(404, "NotFound", $"the server could not find the requested resource ({method} {type.QualifiedResource})");

    /// <summary>409 for a name in use.</summary>
    public static ApiException AlreadyExists(ResourceType type, string name, bool beingDeleted = false) => new(
        409,
        "AlreadyExists",
        $"{(beingDeleted ? "object is being deleted: " : "")}{type.QualifiedResource} \"{name}\" already exists",
        Details(name, type.Group, type.Plural));

    /// <summary>409 with an explanation.</summary>
    public static ApiException Conflict(ResourceType type, string name, string why) => new(
        409,
        "Conflict",
        $"Operation cannot be fulfilled on {type.QualifiedResource} \"{name}\": {why}",
        Details(name, type.Group, type.Plural));

    /// <summary>409 for a stale resourceVersion.</summary>
    public static ApiException Stale(ResourceType type, string name) => Conflict(
        type, name, "the object has been modified; please apply your changes to the latest version and try again");

    /// <summary>422 with causes, worded as field validation words it.</summary>
    public static ApiException Invalid(ResourceType type, string name, IReadOnlyList<ApiCause> causes) =>
        Invalid(type.Group, type.Kind, name, causes);

    /// <summary>422 with causes for a kind that is no served resource, such as CreateOptions.</summary>
    public static ApiException Invalid(string group, string kind, string name, IReadOnlyList<ApiCause> causes)
    {
        var texts = causes.Select(c => $"{c.Field}: {c.Message}").Distinct(StringComparer.Ordinal).ToList();
        var list = texts.Count == 1 ? texts[0] : "[" + string.Join(", ", texts) + "]";
        var qualified = group.Length == 0 ? kind : kind + "." + group;
        var details = Details(name, group, kind);
        details["causes"] = Causes(causes);
        return new ApiException(422, "Invalid", $"{qualified} \"{name}\" is invalid: {list}", details);
    }

    /// <summary>403 for an object that is refused by policy, not by roles.</summary>
    public static ApiException Forbidden(ResourceType type, string name, string why, IReadOnlyList<ApiCause>? causes = null)
    {
        var details = Details(name, type.Group, type.Plural);
        if (causes is not null)
            details["causes"] = Causes(causes);
        return new ApiException(403, "Forbidden", $"{type.QualifiedResource} \"{name}\" is forbidden: {why}", details);
    }

    /// <summary>400.</summary>
    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    /// <summary>500.</summary>
    public static ApiException InternalError(string message) => new(
        500,
        "InternalError",
        "Internal error occurred: " + message,
        new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = message }) });

    /// <summary>422 with causes as CDI's webhooks answer it, which give no reason and put a blank before what is wrong.</summary>
    public static ApiException DeniedByCdi(string webhookName, ApiCause cause) => new(
        422, null, $"admission webhook \"{webhookName}\" denied the request:  {cause.Message}", new JsonObject { ["causes"] = Causes([cause]) });

    /// <summary>
    /// A webhook's refusal. Code 422 carries the causes and reason Invalid; any other code carries neither, as KubeVirt's
    /// webhooks answer plain errors.
    /// </summary>
    public static ApiException Denied(string webhookName, int code, string message, IReadOnlyList<ApiCause>? causes = null)
    {
        var details = causes is null ? null : new JsonObject { ["causes"] = Causes(causes) };
        return new ApiException(
            code,
            code == 422 ? "Invalid" : null,
            $"admission webhook \"{webhookName}\" denied the request: {message}",
            details);
    }

    /// <summary>410 for a resourceVersion that is no longer in the history.</summary>
    public static ApiException Expired(long requested, long oldest) => new(
        410, "Expired", string.Create(CultureInfo.InvariantCulture, $"too old resource version: {requested} ({oldest})"));

    private static JsonObject Details(string name, string group, string kind)
    {
        var details = new JsonObject();
        if (name.Length > 0)
            details["name"] = name;
        if (group.Length > 0)
            details["group"] = group;
        details["kind"] = kind;
        return details;
    }

    private static JsonArray Causes(IEnumerable<ApiCause> causes)
    {
        var list = new JsonArray();
        foreach (var cause in causes)
        {
            var item = new JsonObject();
            if (cause.Reason is not null)
                item["reason"] = cause.Reason;
            item["message"] = cause.Message;
            if (cause.Field is not null)
                item["field"] = cause.Field;
            list.Add((JsonNode)item);
        }

        return list;
    }
}
