namespace KubeVirtClone.Engine.Objects;

/// <summary>Picks the clones that a query means, and remembers which of its exact names nothing had.</summary>
public sealed class CloneFilter
{
    private readonly List<WildcardName> _names;
    private readonly List<WildcardName> _targets;
    private readonly List<WildcardName> _sources;
    private readonly List<string> _missing;

    /// <summary>Of a query.</summary>
    /// <param name="query">Which clones are meant.</param>
    public CloneFilter(CloneQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        _names = Read(query.Names);
        _targets = Read(query.TargetNames);
        _sources = Read(query.SourceNames);
        _missing = [.. _names.Where(n => !n.IsPattern).Select(n => n.Text).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Exact names that no clone, and no machine of one, had so far.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>Whether a clone is meant.</summary>
    /// <param name="clone">A clone.</param>
    public bool Takes(CloneRecord clone)
    {
        ArgumentNullException.ThrowIfNull(clone);
        _missing.RemoveAll(n => n == clone.Name || n == clone.TargetName);
        return IsAny(_names, clone.Name, clone.TargetName)
            && IsAny(_targets, clone.TargetName)
            && IsAny(_sources, clone.SourceName, clone.Image?.Name);
    }

    private static List<WildcardName> Read(IReadOnlyList<string> names) => [.. names.Select(n => new WildcardName(n))];

    private static bool IsAny(List<WildcardName> patterns, string name, string? other = null) =>
        patterns.Count == 0 || patterns.Exists(p => p.Matches(name) || (other is not null && p.Matches(other)));
}
