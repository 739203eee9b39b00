using System.Globalization;
using System.Text;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Texts written the way Go writes them, because KubeVirt's messages and patches carry them.</summary>
internal static class GoText
{
    /// <summary>A JSON string as <c>json.Marshal</c> writes it: <c>&lt; &gt; &amp;</c> and U+2028/9 escaped, other non-ASCII left.</summary>
    public static string JsonString(string text)
    {
        var result = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => result.Append("\\\""),
                '\\' => result.Append(@"\\"),
                '\b' => result.Append(@"\b"),
                '\f' => result.Append(@"\f"),
                '\n' => result.Append(@"\n"),
                '\r' => result.Append(@"\r"),
                '\t' => result.Append(@"\t"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => result.Append(c),
            };
        }

        return result.Append('"').ToString();
    }

    /// <summary>A string as <c>%q</c> prints it, for plain text.</summary>
    public static string Quote(string text) => "\"" + text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal) + "\"";

    /// <summary>32-bit FNV-1a as eight hexadecimal digits.</summary>
    public static string Fnv32(string text)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(text))
            hash = unchecked((hash ^ b) * 16777619u);
        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }
}
