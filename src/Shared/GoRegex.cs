using System.Text.RegularExpressions;

namespace KubeVirtClone.Shared;

/// <summary>
/// A regular expression with the meaning Go's <c>regexp</c> gives it (RE2 syntax), unanchored, for asking only whether a text matches: KubeVirt
/// reads the filters of a clone so. What Go refuses (look-around, back-references, <c>**</c>, repeats above 1000) is invalid here too; the rest
/// is translated for .NET's non-backtracking engine, which matches in linear time as Go's does.
/// </summary>
internal sealed class GoRegex
{
    private readonly Regex _regex;

    private GoRegex(Regex regex) => _regex = regex;

    /// <summary>The expression, or null with Go's reason when Go refuses it.</summary>
    public static GoRegex? TryParse(string pattern, out string? error)
    {
        try
        {
            var translated = new GoRegexTranslator(pattern).Translate();
            error = null;
            return new GoRegex(new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Regex.InfiniteMatchTimeout));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException)
        {
            // The last: an expression whose automaton is too large for .NET; Go has such a limit as well.
            error = e.Message;
            return null;
        }
    }

    /// <summary>Whether it matches anywhere in the text.</summary>
    public bool IsMatch(string text) => _regex.IsMatch(text);
}
