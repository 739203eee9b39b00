using System.Text.RegularExpressions;

namespace KubeVirtClone.Engine.Planning;

/// <summary>
/// KubeVirt's label and annotation filters with KubeVirt's meaning: each is an unanchored regular expression (only a lone <c>*</c> means
/// "all"), <c>!</c> in front excludes, exclusions win, and a list without an inclusion keeps nothing.
/// </summary>
public sealed class KeyFilter
{
    private readonly List<Regex> _keep = [];
    private readonly List<Regex> _drop = [];

    /// <summary>Compiles a filter list.</summary>
    /// <param name="filters">The list as sent.</param>
    public KeyFilter(IReadOnlyList<string> filters)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var ignored = new List<string>();
        foreach (var filter in filters)
        {
            var negative = filter.StartsWith('!');
            var pattern = negative ? filter[1..] : filter == "*" ? ".*" : filter;
            if (Compile(pattern) is { } regex)
                (negative ? _drop : _keep).Add(regex);
            else
                ignored.Add(filter);
        }

        Ignored = ignored;
    }

    /// <summary>Filters that are no regular expressions: KubeVirt logs and ignores them.</summary>
    public IReadOnlyList<string> Ignored { get; }

    /// <summary>True when no filter keeps anything, so that every key goes.</summary>
    public bool KeepsNothing => _keep.Count == 0;

    /// <summary>Whether a key stays.</summary>
    /// <param name="key">The whole label or annotation key.</param>
    public bool Keeps(string key) => _keep.Exists(r => r.IsMatch(key)) && !_drop.Exists(r => r.IsMatch(key));

    private static Regex? Compile(string pattern)
    {
        try
        {
            // NonBacktracking has the same limits as Go's engine (no look-around, no back-references) and needs no time limit.
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Regex.InfiniteMatchTimeout);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
