namespace KubeVirtClone.Engine.Model.Results;

/// <summary>What kind of thing went wrong. The names are PowerShell's error categories, so a shell can map them one to one.</summary>
public enum FaultCategory
{
    /// <summary>No better category is known.</summary>
    NotSpecified,

    /// <summary>Something named does not exist.</summary>
    ObjectNotFound,

    /// <summary>A file or answer cannot be understood.</summary>
    InvalidData,

    /// <summary>The request itself is wrong and would be refused each time.</summary>
    InvalidArgument,

    /// <summary>The operation cannot be done on this object.</summary>
    InvalidOperation,

    /// <summary>The server cannot be reached.</summary>
    ConnectionError,

    /// <summary>TLS: the server cannot be trusted, or does not trust us.</summary>
    SecurityError,

    /// <summary>The server does not know who we are (401).</summary>
    AuthenticationError,

    /// <summary>KubeVirt, its clone API, or a feature gate it needs is not there.</summary>
    NotInstalled,

    /// <summary>Something of that name exists already.</summary>
    ResourceExists,

    /// <summary>The server knows us and says no (403).</summary>
    PermissionDenied,

    /// <summary>A quota would be exceeded.</summary>
    LimitsExceeded,

    /// <summary>Somebody else is changing the object.</summary>
    ResourceBusy,

    /// <summary>The operation ended without success.</summary>
    OperationStopped,

    /// <summary>The time given ran out first.</summary>
    OperationTimeout,

    /// <summary>The server is too busy or broken to answer (429, 5xx).</summary>
    ResourceUnavailable,
}

/// <summary>One thing that went wrong, as a value: what, about what, and what to do about it. Never holds a secret.</summary>
public sealed record Fault
{
    /// <summary>Stable identifier, one of <see cref="FaultIds"/>.</summary>
    public required string Id { get; init; }

    /// <summary>The kind of problem.</summary>
    public required FaultCategory Category { get; init; }

    /// <summary>What went wrong, in one or a few sentences.</summary>
    public required string Message { get; init; }

    /// <summary>What the user can do about it.</summary>
    public required Advice RecommendedAction { get; init; }

    /// <summary>What it is about: usually <c>namespace/name</c>, for connection problems a path, context or server.</summary>
    public string? TargetName { get; init; }

    /// <summary>The cause, when there was an exception. An <c>ApiStatusException</c> keeps the server's <c>details.causes</c>.</summary>
    public Exception? Exception { get; init; }

    /// <summary>Why the clone did not get there, for faults of a wait; null when that could not be found out, or is no matter of a clone.</summary>
    public CloneDiagnosis? Cause { get; init; }

    /// <summary>True when nothing further can work, so that the whole command ends; false when only one item is affected.</summary>
    public bool Terminating { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Id}: {Message}";
}
