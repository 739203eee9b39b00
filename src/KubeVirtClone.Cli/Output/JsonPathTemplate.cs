using System.Text;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Cli.Output;

/// <summary>
/// A template in kubectl's JSONPath dialect: text, <c>{.path}</c>, <c>{"text"}</c>, <c>{range .path}…{end}</c>. What a path does not find prints nothing.
/// </summary>
internal sealed class JsonPathTemplate
{
    private readonly IReadOnlyList<Part> _parts;

    private JsonPathTemplate(IReadOnlyList<Part> parts) => _parts = parts;

    /// <summary>Reads a template; a path without braces is one too, as kubectl has it.</summary>
    /// <exception cref="FormatException">It cannot be read; the message says where.</exception>
    public static JsonPathTemplate Parse(string text)
    {
        if (text.Length > 0 && !text.Contains('{', StringComparison.Ordinal))
            return OfPath(text);
        var position = 0;
        var parts = ReadParts(text, ref position, inRange: false);
        return new JsonPathTemplate(parts);
    }

    /// <summary>A path by itself, with or without braces, with or without the dot before it.</summary>
    /// <exception cref="FormatException">It cannot be read; the message says where.</exception>
    public static JsonPathTemplate OfPath(string path)
    {
        var bare = path.StartsWith('{') && path.EndsWith('}') ? path[1..^1] : path;
        if (bare.Length > 0 && bare[0] is not ('.' or '[' or '$' or '@'))
            bare = "." + bare;
        return new JsonPathTemplate([new PathPart(JsonPath.Parse(bare))]);
    }

    /// <summary>What the template makes of a document.</summary>
    /// <param name="root">The document.</param>
    /// <param name="separator">What stands between the values of one path.</param>
    public string Evaluate(JsonNode root, string separator = " ")
    {
        var result = new StringBuilder();
        Write(_parts, root, root, separator, result);
        return result.ToString();
    }

    private static void Write(IReadOnlyList<Part> parts, JsonNode? root, JsonNode? current, string separator, StringBuilder result)
    {
        foreach (var part in parts)
        {
            switch (part)
            {
                case TextPart text:
                    result.Append(text.Text);
                    break;
                case PathPart { Path: var path }:
                    result.AppendJoin(separator, path.Find(root, current).Select(JsonPath.Text));
                    break;
                case RangePart range:
                    foreach (var item in range.Path.Find(root, current))
                        Write(range.Parts, root, item, separator, result);
                    break;
            }
        }
    }

    private static List<Part> ReadParts(string text, ref int position, bool inRange)
    {
        var parts = new List<Part>();
        while (position < text.Length)
        {
            var open = text.IndexOf('{', position);
            if (open < 0)
            {
                parts.Add(new TextPart(text[position..]));
                position = text.Length;
                break;
            }

            if (open > position)
                parts.Add(new TextPart(text[position..open]));
            var close = End(text, open + 1);
            var inner = text[(open + 1)..close].Trim();
            position = close + 1;
            if (inner == "end")
            {
                return inRange ? parts : throw new FormatException("{end} without a {range}");
            }

            if (inner.StartsWith("range ", StringComparison.Ordinal))
                parts.Add(new RangePart(JsonPath.Parse(inner[6..].Trim()), ReadParts(text, ref position, inRange: true)));
            else if (inner.Length > 1 && inner[0] is '"' or '\'' && inner[^1] == inner[0])
                parts.Add(new TextPart(Unescape(inner[1..^1])));
            else
                parts.Add(new PathPart(JsonPath.Parse(inner)));
        }

        return inRange ? throw new FormatException("a {range} has no {end}") : parts;
    }

    // The brace that closes: one in quotes does not.
    private static int End(string text, int start)
    {
        var quote = '\0';
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] == '\\')
                i++;
            else if (quote != '\0')
                quote = text[i] == quote ? '\0' : quote;
            else if (text[i] is '"' or '\'')
                quote = text[i];
            else if (text[i] == '}')
                return i;
        }

        throw new FormatException("a { is not closed");
    }

    private static string Unescape(string text) =>
        text.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);

    private abstract record Part;

    private sealed record TextPart(string Text) : Part;

    private sealed record PathPart(JsonPath Path) : Part;

    private sealed record RangePart(JsonPath Path, IReadOnlyList<Part> Parts) : Part;
}
