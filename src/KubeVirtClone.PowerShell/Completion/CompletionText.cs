namespace KubeVirtClone.Completion;

/// <summary>Matches what was typed and writes what is offered, quoted where it must be.</summary>
internal static class CompletionText
{
    /// <summary>The candidates that begin with what was typed, else those that contain it; wildcards match as they do elsewhere.</summary>
    public static IEnumerable<CompletionResult> Offer(IEnumerable<Candidate> candidates, string? typed)
    {
        var (quote, word) = Unquote(typed ?? "");
        var sorted = candidates.OrderBy(c => c.Name, StringComparer.OrdinalIgnoreCase).ToList();
        var matches = Match(sorted, word + "*");
        if (matches.Count == 0) matches = Match(sorted, "*" + word + "*");
        return matches.Select(c => new CompletionResult(
            c.Expression ?? Quote(c.Name, quote), c.Name, CompletionResultType.ParameterValue, c.ToolTip.Length > 0 ? c.ToolTip : c.Name));
    }

    /// <summary>Writes a name so that the parser takes it as one word.</summary>
    /// <param name="name">The name.</param>
    /// <param name="quote">The quote that was typed already, or the null character.</param>
    public static string Quote(string name, char quote)
    {
        if (quote == '"') return $"\"{name.Replace("`", "``", StringComparison.Ordinal).Replace("\"", "`\"", StringComparison.Ordinal).Replace("$", "`$", StringComparison.Ordinal)}\"";
        var plain = name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':');
        return plain && quote == '\0' ? name : $"'{name.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    private static (char Quote, string Word) Unquote(string typed) =>
        typed is ['\'' or '"', ..] ? (typed[0], typed[1..].TrimEnd(typed[0])) : ('\0', typed);

    private static List<Candidate> Match(List<Candidate> candidates, string pattern)
    {
        var wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase);
        return candidates.FindAll(c => wildcard.IsMatch(c.Name));
    }
}
