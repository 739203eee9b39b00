using System.Text;

namespace KubeVirtClone.Engine.Knowledge.Identity;

/// <summary>
/// Turns wildcards over label and annotation keys into KubeVirt's filters, which are regular expressions looked for anywhere in a key, and
/// may have <c>*</c> only as their last and <c>!</c> only as their first character.
/// </summary>
public static class GlobFilter
{
    /// <summary>The filter that leaves out exactly the keys <paramref name="glob"/> means: <c>*</c> is any text, <c>?</c> any character, <c>[a-z]</c> a set, case as written.</summary>
    /// <param name="glob">The wildcard, matched against the whole key.</param>
    public static string Exclusion(string glob)
    {
        ArgumentException.ThrowIfNullOrEmpty(glob);
        var filter = new StringBuilder("!^");
        for (var i = 0; i < glob.Length; i++)
        {
            var close = glob[i] == '[' ? glob.IndexOf(']', i) : -1;
            if (close > i + 1)
            {
                filter.Append('[').Append(string.Concat(glob[(i + 1)..close].Select(c => c == '-' ? "-" : Literal(c)))).Append(']');
                i = close;
                continue;
            }

            // The same as '.*', without the character KubeVirt takes at the end only.
            filter.Append(glob[i] switch { '*' => ".{0,}", '?' => ".", var c => Literal(c) });
        }

        return filter.Append('$').ToString();
    }

    /// <summary>A filter list that keeps what <paramref name="filters"/> keeps (null: everything), without what the wildcards mean.</summary>
    internal static IReadOnlyList<string>? Without(IReadOnlyList<string>? filters, IEnumerable<string> globs)
    {
        var exclusions = globs.Distinct(StringComparer.Ordinal).Select(Exclusion).ToList();
        // Exclusions alone would drop everything.
        return exclusions.Count == 0 ? filters : [.. filters ?? ["*"], .. exclusions];
    }

    // Two-digit escapes mean the same to every regular expression engine, and contain neither '*' nor '!'. No key has other than ASCII characters.
    private static string Literal(char c) => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' || !char.IsAscii(c) ? c.ToString() : $@"\x{(int)c:x2}";
}
