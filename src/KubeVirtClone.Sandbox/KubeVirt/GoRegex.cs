using System.Text.RegularExpressions;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>
/// A regular expression with the meaning Go's <c>regexp</c> gives it (RE2 syntax), unanchored, for asking only whether a text matches.
/// What RE2 refuses (look-around, back-references, <c>**</c>, repeats above 1000) is invalid here too; the rest is translated for
/// .NET's non-backtracking engine, which matches in linear time as RE2 does.
/// </summary>
internal sealed class GoRegex
{
    private readonly Regex _regex;

    private GoRegex(Regex regex) => _regex = regex;

    /// <summary>The expression, or null with Go's reason when its syntax is not RE2's.</summary>
    public static GoRegex? TryParse(string pattern, out string? error)
    {
        var translator = new GoRegexTranslator(pattern);
        try
        {
            var translated = translator.Translate();
            error = null;
            return new GoRegex(new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (FormatException e)
        {
            error = e.Message;
            return null;
        }
        catch (ArgumentException e)
        {
            error = e.Message;
            return null;
        }
        catch (NotSupportedException e)
        {
            // A valid expression whose automaton is too large for .NET; RE2 has such a limit as well.
            error = e.Message;
            return null;
        }
    }

    public bool IsMatch(string text) => _regex.IsMatch(text);
}
