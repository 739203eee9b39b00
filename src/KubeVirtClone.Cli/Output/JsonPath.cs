using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Cli.Output;

/// <summary>
/// One path: <c>.a.b</c>, <c>['a.b']</c>, <c>.a\.b</c>, <c>[0]</c>, <c>[-1]</c>, <c>[0:3]</c>, <c>[*]</c>, <c>..a</c>, <c>['a','b']</c>,
/// <c>[?(@.a=="b")]</c>; <c>$</c> is the document, <c>@</c> the item at hand, and where neither stands the path begins at the item.
/// </summary>
internal sealed class JsonPath
{
    private readonly bool _fromRoot;
    private readonly IReadOnlyList<Func<JsonNode?, IEnumerable<JsonNode?>>> _steps;

    private JsonPath(bool fromRoot, IReadOnlyList<Func<JsonNode?, IEnumerable<JsonNode?>>> steps) => (_fromRoot, _steps) = (fromRoot, steps);

    /// <exception cref="FormatException">It cannot be read.</exception>
    public static JsonPath Parse(string text)
    {
        var fromRoot = text.StartsWith('$');
        var reader = new Reader(text, text.Length > 0 && text[0] is '$' or '@' ? 1 : 0);
        return new JsonPath(fromRoot, reader.Steps());
    }

    public IEnumerable<JsonNode?> Find(JsonNode? root, JsonNode? current)
    {
        IEnumerable<JsonNode?> found = [_fromRoot ? root : current];
        foreach (var step in _steps)
            found = found.SelectMany(step);
        return found;
    }

    /// <summary>A value as kubectl prints it: texts bare, everything else as compact JSON.</summary>
    public static string Text(JsonNode? node) => node switch
    {
        null => "<nil>",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => node.ToJsonString(),
    };

    private sealed class Reader(string text, int position)
    {
        private int _position = position;

        public List<Func<JsonNode?, IEnumerable<JsonNode?>>> Steps()
        {
            var steps = new List<Func<JsonNode?, IEnumerable<JsonNode?>>>();
            while (_position < text.Length)
            {
                if (text[_position] == '[')
                {
                    steps.Add(Bracket());
                }
                else if (text[_position] == '.')
                {
                    _position++;
                    if (_position < text.Length && text[_position] == '.')
                    {
                        _position++;
                        steps.Add(Descendants);
                    }

                    if (_position < text.Length && text[_position] != '[')
                        steps.Add(Member(Key()));
                }
                else
                {
                    throw new FormatException($"'{text}' is no path at '{text[_position..]}': names follow a dot");
                }
            }

            return steps;
        }

        private string Key()
        {
            var key = new StringBuilder();
            for (; _position < text.Length && text[_position] is not ('.' or '['); _position++)
            {
                if (text[_position] == '\\' && _position + 1 < text.Length)
                    _position++;
                key.Append(text[_position]);
            }

            return key.ToString();
        }

        private Func<JsonNode?, IEnumerable<JsonNode?>> Bracket()
        {
            var close = Close();
            var inner = text[(_position + 1)..close].Trim();
            _position = close + 1;
            if (inner.StartsWith("?(", StringComparison.Ordinal) && inner.EndsWith(')'))
                return Filter(inner[2..^1].Trim());
            if (inner.Length == 0)
                throw new FormatException($"'{text}' has empty brackets");
            var members = Members(inner).ToList();
            return node => members.SelectMany(m => m(node));
        }

        private static IEnumerable<Func<JsonNode?, IEnumerable<JsonNode?>>> Members(string inner)
        {
            foreach (var part in inner.Split(',').Select(p => p.Trim()))
            {
                if (part.Length > 1 && part[0] is '\'' or '"' && part[^1] == part[0])
                    yield return Member(part[1..^1]);
                else if (part == "*")
                    yield return Children;
                else if (int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
                    yield return node => node is JsonArray array && At(array, index) is >= 0 and var at && at < array.Count ? [array[at]] : [];
                else if (part.Contains(':', StringComparison.Ordinal))
                    yield return Slice(part);
                else
                    yield return Member(part);
            }
        }

        private static Func<JsonNode?, IEnumerable<JsonNode?>> Slice(string part)
        {
            var bounds = part.Split(':');
            var numbers = bounds.Select(b => b.Length == 0 ? (int?)null : int.TryParse(b, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : throw new FormatException($"'{part}' is no range of numbers")).ToList();
            var step = numbers.Count > 2 ? numbers[2] ?? 1 : 1;
            if (step <= 0)
                throw new FormatException($"'{part}' goes by no step");
            return node =>
            {
                if (node is not JsonArray array)
                    return [];
                var from = Math.Max(0, At(array, numbers[0] ?? 0));
                var to = Math.Min(array.Count, numbers[1] is { } end ? At(array, end) : array.Count);
                return Enumerable.Range(0, Math.Max(0, to - from)).Where(i => i % step == 0).Select(i => array[from + i]);
            };
        }

        private static Func<JsonNode?, IEnumerable<JsonNode?>> Filter(string condition)
        {
            var (left, comparison, right) = Split(condition);
            if (comparison is null)
            {
                var exists = JsonPath.Parse(left);
                return node => Children(node).Where(item => exists.Find(item, item).Any());
            }

            var (one, other) = (Operand(left), Operand(right!));
            return node => Children(node).Where(item => Holds(one(item), comparison, other(item)));
        }

        private static (string Left, string? Comparison, string? Right) Split(string condition)
        {
            var quote = '\0';
            for (var i = 0; i < condition.Length; i++)
            {
                if (quote != '\0')
                    quote = condition[i] == quote ? '\0' : quote;
                else if (condition[i] is '"' or '\'')
                    quote = condition[i];
                else if (new[] { "==", "!=", "<=", ">=", "<", ">" }.FirstOrDefault(o => condition.AsSpan(i).StartsWith(o)) is { } found)
                    return (condition[..i].Trim(), found, condition[(i + found.Length)..].Trim());
            }

            return (condition, null, null);
        }

        private static Func<JsonNode?, JsonNode?> Operand(string operand)
        {
            if (operand.Length > 1 && operand[0] is '"' or '\'' && operand[^1] == operand[0])
                return _ => JsonValue.Create(operand[1..^1]);
            if (operand.StartsWith('@') || operand.StartsWith('$'))
            {
                var path = JsonPath.Parse(operand);
                return item => path.Find(item, item).FirstOrDefault();
            }

            if (operand is "true" or "false" || double.TryParse(operand, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            {
                var literal = JsonNode.Parse(operand);
                return _ => literal;
            }

            throw new FormatException($"'{operand}' is nothing to compare with: write a path after @, a number, true, false or a text in quotes");
        }

        private static bool Holds(JsonNode? left, string comparison, JsonNode? right)
        {
            if (left is null || right is null)
                return comparison == "!=" && !ReferenceEquals(left, right);
            var order = left.GetValueKind() == JsonValueKind.Number && right.GetValueKind() == JsonValueKind.Number
                ? left.GetValue<double>().CompareTo(right.GetValue<double>())
                : string.CompareOrdinal(Text(left), Text(right));
            return comparison switch { "==" => order == 0, "!=" => order != 0, "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
        }

        private int Close()
        {
            var (depth, quote) = (0, '\0');
            for (var i = _position; i < text.Length; i++)
            {
                if (quote != '\0')
                    quote = text[i] == quote ? '\0' : quote;
                else if (text[i] is '"' or '\'')
                    quote = text[i];
                else if (text[i] == '[')
                    depth++;
                else if (text[i] == ']' && --depth == 0)
                    return i;
            }

            throw new FormatException($"a [ of '{text}' is not closed");
        }

        private static int At(JsonArray array, int index) => index < 0 ? array.Count + index : index;

        private static Func<JsonNode?, IEnumerable<JsonNode?>> Member(string key)
        {
            if (key == "*")
                return Children;
            return node => node is JsonObject record && record.TryGetPropertyValue(key, out var value) ? [value] : [];
        }

        private static IEnumerable<JsonNode?> Children(JsonNode? node) => node switch
        {
            JsonArray array => array,
            JsonObject record => record.Select(m => m.Value),
            _ => [],
        };

        private static IEnumerable<JsonNode?> Descendants(JsonNode? node) => Children(node).SelectMany(Descendants).Prepend(node);
    }
}
