using System.Collections.Concurrent;

namespace KubeVirtClone.Engine.Knowledge.Patches;

/// <summary>
/// KubeVirt's label and annotation filters with KubeVirt's meaning: each is an unanchored regular expression (only a lone <c>*</c> means
/// "all"), <c>!</c> in front excludes, exclusions win, and a list without an inclusion keeps nothing.
/// </summary>
public sealed class KeyFilter
{
    private const int MostKept = 256;

    // All clones of a batch have the same few lists; to compile one takes megabytes.
    private static readonly ConcurrentDictionary<string, KeyFilter> Compiled = new(StringComparer.Ordinal);

    private readonly List<GoRegex> _keep = [];
    private readonly List<GoRegex> _drop = [];

    /// <summary>The filter for a list, compiled once for all that ask.</summary>
    /// <param name="filters">The list as sent.</param>
    public static KeyFilter Of(IReadOnlyList<string> filters)
    {
        ArgumentNullException.ThrowIfNull(filters);
        // Each with its length: no filters are another list than one empty filter, and whatever stands in a filter parts nothing.
        var key = string.Concat(filters.Select(f => $"{f.Length}:{f}"));
        if (Compiled.TryGetValue(key, out var known))
            return known;
        if (Compiled.Count >= MostKept)
            Compiled.Clear();
        return Compiled.GetOrAdd(key, new KeyFilter([.. filters]));
    }

    /// <summary>Compiles a filter list.</summary>
    /// <param name="filters">The list as sent.</param>
    public KeyFilter(IReadOnlyList<string> filters)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var ignored = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var filter in filters)
        {
            var negative = filter.StartsWith('!');
            var pattern = negative ? filter[1..] : filter == "*" ? ".*" : filter;
            if (GoRegex.TryParse(pattern, out var why) is { } regex)
                (negative ? _drop : _keep).Add(regex);
            else
                ignored[filter] = why ?? "";
        }

        Refused = ignored;
    }

    /// <summary>Filters that are no regular expressions to Go: KubeVirt logs and ignores them.</summary>
    public IReadOnlyList<string> Ignored => [.. Refused.Keys];

    /// <summary>The same, each with Go's reason.</summary>
    public IReadOnlyDictionary<string, string> Refused { get; }

    /// <summary>True when no filter keeps anything, so that every key goes.</summary>
    public bool KeepsNothing => _keep.Count == 0;

    /// <summary>Whether a key stays.</summary>
    /// <param name="key">The whole label or annotation key.</param>
    public bool Keeps(string key) => _keep.Exists(r => r.IsMatch(key)) && !_drop.Exists(r => r.IsMatch(key));
}
