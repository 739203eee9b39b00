namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>Who asks for a write, and how.</summary>
/// <param name="User">User name as authenticated (or impersonated).</param>
/// <param name="Groups">Groups of the user.</param>
/// <param name="DryRun">Everything but the commit happens.</param>
/// <param name="FieldValidation"><c>Strict</c>, <c>Warn</c> (a server's default) or <c>Ignore</c>.</param>
/// <param name="FieldManager">Name that owns applied fields.</param>
public sealed record RequestInfo(
    string User, IReadOnlyList<string> Groups, bool DryRun = false, string FieldValidation = "Warn", string? FieldManager = null)
{
    /// <summary>Texts for the client's <c>Warning</c> headers, in order.</summary>
    public ICollection<string> Warnings { get; } = new List<string>();

    /// <summary>Whether server-side apply takes over fields of other managers.</summary>
    public bool Force { get; init; }

    /// <summary>Paths of keys that the body gave twice; reported as field validation wants it.</summary>
    internal IReadOnlyList<string> DuplicateFields { get; init; } = [];

    /// <summary>A controller of KubeVirt or Kubernetes writing through the API with its service account.</summary>
    public static RequestInfo Controller(string name) => new(
        "system:serviceaccount:kubevirt:" + name,
        ["system:serviceaccounts", "system:serviceaccounts:kubevirt", "system:authenticated"],
        FieldValidation: "Ignore",
        FieldManager: name);
}

/// <summary>What a DELETE asks for beyond the name.</summary>
public sealed record DeleteRequest
{
    /// <summary><c>Background</c> (the default), <c>Foreground</c> or <c>Orphan</c>.</summary>
    public string? PropagationPolicy { get; init; }

    /// <summary>Refuse with 409 unless the object has this uid.</summary>
    public string? PreconditionUid { get; init; }

    /// <summary>Refuse with 409 unless the object has this resourceVersion.</summary>
    public string? PreconditionResourceVersion { get; init; }

    /// <summary>Seconds; stored as deletionGracePeriodSeconds of pods only, other kinds use 0.</summary>
    public long? GracePeriodSeconds { get; init; }
}

/// <summary>The kinds of patch an API server takes.</summary>
public enum PatchType
{
    /// <summary>RFC 6902, <c>application/json-patch+json</c>.</summary>
    Json,

    /// <summary>RFC 7396, <c>application/merge-patch+json</c>.</summary>
    Merge,

    /// <summary>Kubernetes' strategic merge; built-in kinds only.</summary>
    StrategicMerge,

    /// <summary>Server-side apply.</summary>
    Apply,
}

/// <summary>What happened to an object.</summary>
public enum StoreEventType
{
    /// <summary>It was created.</summary>
    Added,

    /// <summary>It was changed.</summary>
    Modified,

    /// <summary>It is gone; <see cref="StoreEvent.Object"/> is its last state with the deletion's resourceVersion.</summary>
    Deleted,
}

/// <summary>One committed change.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Resource">The resource type.</param>
/// <param name="Object">The object after the change. Not to be mutated.</param>
/// <param name="Old">The object before it; null for an added one. Not to be mutated.</param>
/// <param name="ResourceVersion">The store's revision of this change.</param>
public sealed record StoreEvent(
    StoreEventType Type,
    ResourceType Resource,
    System.Text.Json.Nodes.JsonObject Object,
    System.Text.Json.Nodes.JsonObject? Old,
    long ResourceVersion)
{
    internal StoredObject Stored { get; init; } = null!;

    internal StoredObject? OldStored { get; init; }

    /// <summary>The object's namespace; null for a cluster-scoped one.</summary>
    public string? Namespace => Stored.Namespace;

    /// <summary>The object's name.</summary>
    public string Name => Stored.Name;
}
