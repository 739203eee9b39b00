namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>What to list.</summary>
public record ListQuery
{
    /// <summary>Names, exact or with wildcards; none means all.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Namespace; null is the connection's.</summary>
    public string? Namespace { get; init; }

    /// <summary>List in all namespaces; <see cref="Namespace"/> is then not looked at.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>Label selector in the API's own syntax.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Field selector in the API's own syntax.</summary>
    public string? FieldSelector { get; init; }
}

/// <summary>Which clones to list. <see cref="ListQuery.Names"/> are those of clones or of the machines they make.</summary>
public sealed record CloneQuery : ListQuery
{
    /// <summary>Only clones of this batch; null for all.</summary>
    public string? Batch { get; init; }

    /// <summary>Only clones that make one of these machines, exact or with wildcards; none for all.</summary>
    public IReadOnlyList<string> TargetNames { get; init; } = [];

    /// <summary>Only clones of one of these sources, exact or with wildcards: of a golden image by its name too; none for all.</summary>
    public IReadOnlyList<string> SourceNames { get; init; } = [];
}
