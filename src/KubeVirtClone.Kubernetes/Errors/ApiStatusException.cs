namespace KubeVirtClone.Kubernetes;

/// <summary>One cause in a refusal.</summary>
/// <param name="Field">Path of the field it is about; null when it is about none.</param>
/// <param name="Reason">Machine-readable reason such as <c>FieldValueInvalid</c>; null when not given.</param>
/// <param name="Message">What is wrong.</param>
public sealed record StatusCause(string? Field, string? Reason, string Message);

/// <summary>The server answered with a status of 300 or more.</summary>
public sealed class ApiStatusException : KubernetesException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="statusCode">HTTP status, or the code of an error that came inside a watch.</param>
    /// <param name="reason">Machine-readable reason; empty when not given.</param>
    /// <param name="apiMessage">The server's own words.</param>
    public ApiStatusException(int statusCode, string reason, string apiMessage)
        : base(apiMessage)
    {
        StatusCode = statusCode;
        Reason = reason;
        ApiMessage = apiMessage;
    }

    /// <summary>HTTP status.</summary>
    public int StatusCode { get; }

    /// <summary><c>Status.reason</c>, such as <c>AlreadyExists</c>; derived from the HTTP status when the server gave none.</summary>
    public string Reason { get; }

    /// <summary>The server's own words.</summary>
    public string ApiMessage { get; }

    /// <summary>Single causes, such as one per invalid field; may be empty.</summary>
    public IReadOnlyList<StatusCause> Causes { get; init; } = [];

    /// <summary><c>Status.details.kind</c> (kind or plural, as the server likes); null when not given.</summary>
    public string? Kind { get; init; }

    /// <summary><c>Status.details.group</c>; null when not given.</summary>
    public string? Group { get; init; }

    /// <summary><c>Status.details.name</c>; null when not given.</summary>
    public string? Name { get; init; }

    /// <summary>How long the server asks to wait; null when it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The server's audit id of the request; null when not given.</summary>
    public string? AuditId { get; init; }

    /// <summary>Whether the answer was a Kubernetes <c>Status</c>; false for plain text, such as from a proxy or for a path that is not served.</summary>
    public bool IsApiStatus { get; init; }

    /// <summary>Whether an earlier attempt of the same request was sent and lost its answer: that one may have been done.</summary>
    internal bool IsAfterLostAnswer { get; set; }

    /// <summary>404: the object, or the kind, is not there.</summary>
    public bool IsNotFound => StatusCode == 404;

    /// <summary>409 because the object changed meanwhile, or is in the wrong state.</summary>
    public bool IsConflict => StatusCode == 409 && !IsAlreadyExists;

    /// <summary>409 because an object of that name is there.</summary>
    public bool IsAlreadyExists => StatusCode == 409 && Reason == "AlreadyExists";

    /// <summary>403: not allowed, or a quota is used up.</summary>
    public bool IsForbidden => StatusCode == 403;

    /// <summary>401: not known who asks.</summary>
    public bool IsUnauthorized => StatusCode == 401;

    /// <summary>422: the object is wrong.</summary>
    public bool IsInvalid => StatusCode == 422;

    /// <summary>410: the version asked for is too old.</summary>
    public bool IsGone => StatusCode == 410 || Reason is "Expired" or "Gone";

    /// <summary>429: asked too often, or an eviction is blocked.</summary>
    public bool IsTooManyRequests => StatusCode == 429;

    /// <summary>The version asked for is newer than the server's own; seen after a server lost its state.</summary>
    public bool IsResourceVersionTooLarge
    {
        get
        {
            foreach (var cause in Causes)
            {
                if (cause.Reason == "ResourceVersionTooLarge")
                    return true;
            }

            return false;
        }
    }
}
