namespace KubeVirtClone.Sandbox;

/// <summary>What a user may do: verbs on resources of API groups, <c>*</c> for all of them.</summary>
public sealed record PolicyRule
{
    /// <summary>Such as get, list, watch, create, update, patch, delete, deletecollection.</summary>
    public IReadOnlyList<string> Verbs { get; init; } = [];

    /// <summary>API groups; empty text is the core group.</summary>
    public IReadOnlyList<string> ApiGroups { get; init; } = [];

    /// <summary>Plural names, with <c>/subresource</c> for a subresource.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>Object names; empty for all.</summary>
    public IReadOnlyList<string> ResourceNames { get; init; } = [];

    /// <summary>Namespaces it holds in; empty for all, and for cluster-scoped objects.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];
}

/// <summary>Someone who may talk to the sandbox. Roles and bindings in the sandbox count in addition to the rules here.</summary>
public sealed record SandboxUser
{
    /// <summary>User name; also the name of the kubeconfig context.</summary>
    public required string Name { get; init; }

    /// <summary>Bearer token; generated when empty.</summary>
    public string Token { get; init; } = "";

    /// <summary>Groups beside <c>system:authenticated</c>.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>What the user may do.</summary>
    public IReadOnlyList<PolicyRule> Rules { get; init; } = [];

    /// <summary>Whether the token is refused with 401, as an expired one.</summary>
    public bool Expired { get; init; }
}
