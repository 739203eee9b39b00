namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>What to list.</summary>
public sealed record ListQuery
{
    /// <summary>Names, exact or with wildcards; none means all.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Namespace; null is the connection's.</summary>
    public string? Namespace { get; init; }

    /// <summary>List in all namespaces; <see cref="Namespace"/> is then not looked at.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>Label selector in the API's own syntax.</summary>
    public string? LabelSelector { get; init; }
}
