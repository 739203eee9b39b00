namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>One column of a server-side table.</summary>
/// <param name="Name">Heading.</param>
/// <param name="Type">OpenAPI type: string, integer, boolean or date.</param>
/// <param name="Description">What <c>kubectl explain</c>-minded clients show for the column.</param>
/// <param name="Priority">0 is always shown; anything above only with <c>-o wide</c>.</param>
/// <param name="Value">The cell of an object; null for an empty one. The second argument is now, for ages.</param>
public sealed record TableColumn(string Name, string Type, string Description, int Priority, Func<JsonObject, DateTimeOffset, JsonNode?> Value);

/// <summary>What the names of a resource's objects may look like.</summary>
public enum NameRule
{
    /// <summary>A DNS subdomain: up to 253 characters, with dots.</summary>
    Subdomain,

    /// <summary>A DNS label: up to 63 characters, no dots.</summary>
    Label,

    /// <summary>Anything that can stand between two slashes of a URL, as roles allow.</summary>
    PathSegment,
}

/// <summary>One resource that the API serves: a custom resource or a built-in one. Compared by reference.</summary>
public sealed record ResourceType
{
    /// <summary>API group; empty for the core group.</summary>
    public required string Group { get; init; }

    /// <summary>Served versions, the preferred one first.</summary>
    public required IReadOnlyList<string> Versions { get; init; }

    /// <summary>Whether it is served at all: what a profile leaves out can be neither reached nor made, and has no objects.</summary>
    public bool IsServed => Versions.Count > 0;

    /// <summary>The version objects are stored as.</summary>
    public required string StorageVersion { get; init; }

    /// <summary>Name in URLs.</summary>
    public required string Plural { get; init; }

    /// <summary>Lower-case singular name.</summary>
    public required string Singular { get; init; }

    /// <summary>Kind of an object.</summary>
    public required string Kind { get; init; }

    /// <summary>Kind of a list.</summary>
    public string ListKind => Kind + "List";

    /// <summary>Short names kubectl accepts.</summary>
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    /// <summary>Groups of resources it belongs to, such as <c>all</c>.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Whether objects live in a namespace.</summary>
    public bool Namespaced { get; init; } = true;

    /// <summary>Whether <c>/status</c> is served, so that spec and status are written apart.</summary>
    public bool HasStatus { get; init; }

    /// <summary>
    /// Whether it comes from a CustomResourceDefinition. Custom resources have a generation, refuse strategic merge
    /// patches, and are pruned and checked by <see cref="Schema"/>.
    /// </summary>
    public bool IsCustom { get; init; } = true;

    /// <summary>Table columns after the name.</summary>
    public IReadOnlyList<TableColumn> Columns { get; init; } = [];

    /// <summary>The table's first cell, where it is not just the name.</summary>
    public Func<JsonObject, string>? NameCell { get; init; }

    /// <summary>Whether tables begin with a name column.</summary>
    public bool HasNameColumn { get; init; } = true;

    /// <summary>Schema for validation, pruning, defaults and OpenAPI; null where anything is accepted.</summary>
    public ObjectSchema? Schema { get; init; }

    /// <summary>Whether its definition has rules in CEL, which a server leaves unchecked, saying so, when something else blocks them.</summary>
    public bool HasRules { get; init; }

    /// <summary>Fields beside metadata.name and metadata.namespace that a field selector may use.</summary>
    public IReadOnlyList<string> SelectableFields { get; init; } = [];

    /// <summary>What names may look like.</summary>
    public NameRule Names { get; init; }

    /// <summary><c>plural.group</c>, or the plural for the core group: how error messages name the resource.</summary>
    public string QualifiedResource => Group.Length == 0 ? Plural : Plural + "." + Group;

    /// <summary><c>Kind.group</c>, or the kind for the core group: how validation messages name the kind.</summary>
    public string QualifiedKind => Group.Length == 0 ? Kind : Kind + "." + Group;

    /// <summary><c>group/version</c>, or the version for the core group.</summary>
    public string ApiVersion(string version) => Group.Length == 0 ? version : Group + "/" + version;

    /// <summary>apiVersion of stored objects.</summary>
    public string StorageApiVersion => ApiVersion(StorageVersion);

    /// <inheritdoc/>
    public bool Equals(ResourceType? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    /// <inheritdoc/>
    public override string ToString() => QualifiedResource;
}
