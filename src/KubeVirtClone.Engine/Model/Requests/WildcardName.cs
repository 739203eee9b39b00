using System.Text;
using System.Text.RegularExpressions;

namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>A name as users give it: exact, or with PowerShell's wildcards <c>*</c>, <c>?</c>, <c>[a-z]</c>; a backtick takes the next character as it is.</summary>
public sealed class WildcardName
{
    private readonly Regex? _regex;

    /// <summary>Reads a name.</summary>
    /// <param name="text">The name as given.</param>
    public WildcardName(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        if (text.AsSpan().IndexOfAny('*', '?', '[') >= 0)
            _regex = Compile(text);
    }

    /// <summary>The name as given.</summary>
    public string Text { get; }

    /// <summary>True when it can match more than one name.</summary>
    public bool IsPattern => _regex is not null;

    /// <summary>Whether it means <paramref name="name"/>. Patterns ignore case, as PowerShell's do.</summary>
    /// <param name="name">A name.</param>
    public bool Matches(string name) => _regex?.IsMatch(name) ?? string.Equals(Text, name, StringComparison.Ordinal);

    private static Regex Compile(string text)
    {
        var pattern = new StringBuilder("\\A");
        for (var i = 0; i < text.Length; i++)
        {
            var close = text[i] == '[' ? text.IndexOf(']', i) : -1;
            pattern.Append(text[i] switch
            {
                '*' => ".*",
                '?' => ".",
                '[' when close > i + 1 => Set(text[(i + 1)..close]),
                '`' when i + 1 < text.Length => Regex.Escape(text[++i].ToString()),
                var c => Regex.Escape(c.ToString()),
            });
            if (close > i + 1)
                i = close;
        }

        return new Regex(
            pattern.Append("\\z").ToString(),
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking,
            Regex.InfiniteMatchTimeout);
    }

    // Everything but the range's hyphen is literal inside the brackets.
    private static string Set(string members) =>
        "[" + string.Concat(members.Select(c => c == '-' ? "-" : c is '\\' or ']' or '^' ? "\\" + c : c.ToString())) + "]";
}
