using System.Globalization;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>
/// Rewrites the spellings of -v that kubectl and Unix users mix (-v, -v=6, -v6, --v 6, --verbose) into one, so that a bare -v never
/// swallows the argument that follows it; and gives "--option=" the empty value it has in kubectl.
/// </summary>
internal static class ArgumentNormalizer
{
    public static string[] Normalize(IReadOnlyList<string> arguments)
    {
        var result = new List<string>(arguments.Count);
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                result.AddRange(arguments.Skip(i));
                break;
            }

            if (argument is "-v" or "--v" or "--verbose")
            {
                var hasLevel = i + 1 < arguments.Count && IsLevel(arguments[i + 1]);
                result.Add("--v=" + (hasLevel ? arguments[++i] : "1"));
            }
            else if (argument.StartsWith("-v", StringComparison.Ordinal) && IsLevel(argument[2..].TrimStart('=')))
            {
                result.Add("--v=" + argument[2..].TrimStart('='));
            }
            else if (argument.StartsWith("--", StringComparison.Ordinal) && argument.IndexOf('=', StringComparison.Ordinal) == argument.Length - 1)
            {
                // "--label-filter=" gives an empty value, as in kubectl; the parser behind would see no value at all.
                result.Add(argument[..^1]);
                result.Add("");
            }
            else
            {
                result.Add(argument);
            }
        }

        return [.. result];
    }

    private static bool IsLevel(string text) =>
        text.Length is 1 or 2 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
