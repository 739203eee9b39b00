namespace KubeVirtClone.Kubernetes;

/// <summary>What to list, and how.</summary>
public sealed record ListOptions
{
    /// <summary>Label selector in the API's own syntax; null selects all.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Field selector in the API's own syntax; null selects all.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Objects a page, at least 1; 0 asks for everything in one page.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Oldest state that is good enough; null asks for the most recent, <c>0</c> for whatever the server has cached.</summary>
    public string? ResourceVersion { get; init; }
}

/// <summary>What to watch.</summary>
public sealed record WatchOptions
{
    /// <summary>Label selector in the API's own syntax; null selects all.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Field selector in the API's own syntax; null selects all.</summary>
    public string? FieldSelector { get; init; }
}

/// <summary>How to create or patch.</summary>
public sealed record WriteOptions
{
    /// <summary>Let the server check everything and keep nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Who owns the fields written; null lets the server take it from the user agent.</summary>
    public string? FieldManager { get; init; }

    /// <summary>What the server does with unknown fields: <c>Strict</c>, <c>Warn</c> or <c>Ignore</c>; null is the server's default.</summary>
    public string? FieldValidation { get; init; }

    /// <summary>Take over fields that another manager owns; only for <see cref="PatchKind.Apply"/>.</summary>
    public bool Force { get; init; }
}

/// <summary>How to delete.</summary>
public sealed record DeleteOptions
{
    /// <summary><c>Foreground</c>, <c>Background</c> or <c>Orphan</c>; null is the kind's default.</summary>
    public string? PropagationPolicy { get; init; }

    /// <summary>Delete only the object with this UID. It also makes a delete safe to repeat after a lost answer.</summary>
    public string? PreconditionUid { get; init; }

    /// <summary>Delete only if the object still has this resource version.</summary>
    public string? PreconditionResourceVersion { get; init; }

    /// <summary>Seconds the object gets to end by itself, 0 or more; null is the kind's default.</summary>
    public long? GracePeriodSeconds { get; init; }

    /// <summary>Let the server check everything and delete nothing.</summary>
    public bool DryRun { get; init; }
}

/// <summary>The patch formats of the API.</summary>
public enum PatchKind
{
    /// <summary>RFC 6902: a list of operations.</summary>
    Json,

    /// <summary>RFC 7386: a partial object, null removes.</summary>
    Merge,

    /// <summary>Kubernetes' own merge; built-in kinds only.</summary>
    StrategicMerge,

    /// <summary>Server-side apply.</summary>
    Apply,
}
