namespace KubeVirtClone.Sandbox;

/// <summary>What goes wrong.</summary>
public enum FaultKind
{
    /// <summary>The answer comes late, by <see cref="Fault.Latency"/>; otherwise it is honest.</summary>
    Latency,

    /// <summary>409 Conflict.</summary>
    Conflict,

    /// <summary>410 Expired; for a watch, an ERROR event.</summary>
    Gone,

    /// <summary>429 with Retry-After.</summary>
    TooManyRequests,

    /// <summary>500.</summary>
    InternalError,

    /// <summary>503.</summary>
    ServiceUnavailable,

    /// <summary>401, as for an expired token.</summary>
    Unauthorized,

    /// <summary>The connection breaks in the middle of the answer; for a watch, after <see cref="Fault.AfterEvents"/> events.</summary>
    CutLine,

    /// <summary>A watch sends half of an event's line, and the connection breaks.</summary>
    HalfWatchLine,

    /// <summary>Nothing is answered and the connection stays open; a watch starts and then is silent for ever.</summary>
    Hang,

    /// <summary>The request is carried out whole, and the connection breaks instead of the answer.</summary>
    AnswerLost,

    /// <summary>Storage takes <see cref="Fault.Latency"/> longer. Carried out by the controllers.</summary>
    StorageSlow,

    /// <summary>Storage answers with an error. Carried out by the controllers.</summary>
    StorageBroken,

    /// <summary>Storage takes no more snapshots. Carried out by the controllers.</summary>
    StorageOutOfSnapshots,

    /// <summary>A quota refuses volumes. Carried out by the controllers.</summary>
    StorageQuotaExceeded,
}

/// <summary>
/// A rule for something to go wrong. Text fields match whole, <c>*</c> at the end matches any rest; a request is hit by the
/// first rule that matches it and still has hits left.
/// </summary>
public sealed record Fault
{
    /// <summary>What goes wrong.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>Name to remove the rule by; generated when empty.</summary>
    public string Id { get; init; } = "";

    /// <summary>Kubernetes' verb: get, list, watch, create, update, patch, delete, deletecollection.</summary>
    public string Verb { get; init; } = "*";

    /// <summary>Plural name, with <c>/subresource</c> if it is about one, such as <c>virtualmachineclones</c>.</summary>
    public string Resource { get; init; } = "*";

    /// <summary>Namespace.</summary>
    public string Namespace { get; init; } = "*";

    /// <summary>Object name. A create matches by the name in its body.</summary>
    public string Name { get; init; } = "*";

    /// <summary>Storage class; storage faults only.</summary>
    public string StorageClass { get; init; } = "*";

    /// <summary>How many requests are hit; null for all.</summary>
    public int? Count { get; init; }

    /// <summary>Share of matching requests that are hit, above 0 up to 1; drawn from the sandbox's seed.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>How late; Latency and StorageSlow only.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Seconds for the client to wait; TooManyRequests and ServiceUnavailable only. 0 sends no Retry-After.</summary>
    public int RetryAfterSeconds { get; init; } = 1;

    /// <summary>Events that a watch delivers before CutLine or HalfWatchLine strikes.</summary>
    public int AfterEvents { get; init; }
}
