using System.Text;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Reads <c>Warning</c> headers (RFC 7234 §5.5): <c>code agent "text" ["date"]</c>, several in one header by commas.</summary>
internal static class WarningHeader
{
    /// <summary>The texts of all warnings with code 299, the only one Kubernetes uses; what cannot be understood is passed over.</summary>
    public static IReadOnlyList<string> Texts(string header)
    {
        var texts = new List<string>();
        var at = 0;
        while (at < header.Length)
        {
            SkipBlanks(header, ref at);
            var code = Word(header, ref at);
            SkipBlanks(header, ref at);
            Word(header, ref at);
            SkipBlanks(header, ref at);
            if (Quoted(header, ref at) is not { } text)
                return texts;
            if (code == "299" && text.Length > 0)
                texts.Add(text);
            SkipBlanks(header, ref at);
            if (at < header.Length && header[at] == '"')
                Quoted(header, ref at);
            SkipBlanks(header, ref at);
            if (at < header.Length && header[at] != ',')
                return texts;
            at++;
        }

        return texts;
    }

    private static void SkipBlanks(string header, ref int at)
    {
        while (at < header.Length && header[at] is ' ' or '\t')
            at++;
    }

    private static string Word(string header, ref int at)
    {
        var start = at;
        while (at < header.Length && header[at] is not (' ' or '\t' or ',' or '"'))
            at++;
        return header[start..at];
    }

    private static string? Quoted(string header, ref int at)
    {
        if (at >= header.Length || header[at] != '"')
            return null;
        var text = new StringBuilder();
        for (at++; at < header.Length; at++)
        {
            switch (header[at])
            {
                case '"':
                    at++;
                    return text.ToString();
                case '\\' when at + 1 < header.Length:
                    at++;
                    goto default;
                default:
                    // Control characters would reach a terminal.
                    text.Append(char.IsControl(header[at]) ? ' ' : header[at]);
                    break;
            }
        }

        return null;
    }
}
