using System.Globalization;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>A label selector: every requirement must hold.</summary>
public sealed class LabelSelector
{
    private readonly List<Requirement> _requirements = [];

    private enum Operator
    {
        Exists,
        Missing,
        In,
        NotIn,
        GreaterThan,
        LessThan,
    }

    /// <summary>Parses the text of <c>labelSelector=</c>; refuses with 400, worded as a server words it.</summary>
    public static LabelSelector Parse(string text)
    {
        var selector = new LabelSelector();
        var tokens = new Tokens(text);
        if (tokens.Peek().Length == 0)
            return selector;
        while (true)
        {
            selector._requirements.Add(ReadRequirement(tokens));
            var next = tokens.Take();
            if (next.Length == 0)
                return selector;
            if (next != ",")
                throw Unparsable($"found '{next}', expected: ',' or 'end of string'");
            if (tokens.Peek().Length == 0)
                throw Unparsable("found '', expected: identifier after ','");
        }
    }

    /// <summary>Whether an object's labels satisfy the selector.</summary>
    public bool Matches(JsonObject obj)
    {
        var labels = obj.At("metadata", "labels") as JsonObject;
        foreach (var requirement in _requirements)
        {
            if (!requirement.Holds(labels.TextAt(requirement.Key)))
                return false;
        }

        return true;
    }

    private static Requirement ReadRequirement(Tokens tokens)
    {
        var first = tokens.Take();
        if (first == "!")
            return new Requirement(Identifier(tokens.Take()), Operator.Missing, []);
        var key = Identifier(first);
        if (tokens.Peek() is "" or ",")
            return new Requirement(key, Operator.Exists, []);
        var operation = tokens.Take();
        switch (operation)
        {
            case "=" or "==":
                return new Requirement(key, Operator.In, [ExactValue(tokens)]);
            case "!=":
                return new Requirement(key, Operator.NotIn, [ExactValue(tokens)]);
            case "in" or "notin":
                return new Requirement(key, operation == "in" ? Operator.In : Operator.NotIn, Values(tokens));
            case "gt" or ">" or "lt" or "<":
                var bound = ExactValue(tokens);
                if (!long.TryParse(bound, CultureInfo.InvariantCulture, out _))
                    throw Unparsable($"values[0][{key}]: Invalid value: \"{bound}\": for 'Gt', 'Lt' operators, the value must be an integer");
                return new Requirement(key, operation is "gt" or ">" ? Operator.GreaterThan : Operator.LessThan, [bound]);
            default:
                throw Unparsable($"found '{operation}', expected: in, notin, =, ==, !=, gt, lt");
        }
    }

    private static string ExactValue(Tokens tokens)
    {
        if (tokens.Peek() is "" or ",")
            return "";
        return tokens.Take();
    }

    private static List<string> Values(Tokens tokens)
    {
        if (tokens.Take() is var open && open != "(")
            throw Unparsable($"found '{open}' expected: '('");
        var values = new List<string>();
        if (tokens.Peek() == ")")
        {
            tokens.Take();
            return [""];
        }

        while (true)
        {
            values.Add(tokens.Peek() is "," or ")" ? "" : tokens.Take());
            var next = tokens.Take();
            if (next == ")")
                return values;
            if (next != ",")
                throw Unparsable($"found '{next}', expected: ',' or ')'");
        }
    }

    private static string Identifier(string token)
    {
        if (token is "" or "," or "(" or ")" or "=" or "==" or "!=" or "!" or ">" or "<")
            throw Unparsable($"found '{token}', expected: identifier");
        var name = token[(token.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (!NameRules.IsQualifiedName(name))
            throw Unparsable($"key: Invalid value: \"{token}\": {NameRules.QualifiedNameMessage}", wrap: false);
        return token;
    }

    private static ApiException Unparsable(string detail, bool wrap = true) =>
        ApiException.BadRequest(wrap ? "unable to parse requirement: " + detail : "unable to parse requirement: <nil>: " + detail);

    private sealed record Requirement(string Key, Operator Operator, IReadOnlyList<string> Values)
    {
        public bool Holds(string? value) => Operator switch
        {
            Operator.Exists => value is not null,
            Operator.Missing => value is null,
            Operator.In => value is not null && Values.Contains(value),
            Operator.NotIn => value is null || !Values.Contains(value),
            Operator.GreaterThan => Compare(value) > 0,
            _ => Compare(value) < 0,
        };

        private int Compare(string? value) =>
            long.TryParse(value, CultureInfo.InvariantCulture, out var have)
                ? have.CompareTo(long.Parse(Values[0], CultureInfo.InvariantCulture))
                : 0;
    }

    private sealed class Tokens(string text)
    {
        private int _at;
        private string? _peeked;

        public string Peek() => _peeked ??= Next();

        public string Take()
        {
            var token = Peek();
            _peeked = null;
            return token;
        }

        private string Next()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
                _at++;
            if (_at >= text.Length)
                return "";
            var c = text[_at];
            if (c is '(' or ')' or ',' or '>' or '<')
                return text[_at++].ToString();
            if (c is '=' or '!')
            {
                var two = _at + 1 < text.Length && text[_at + 1] == '=';
                var token = text.Substring(_at, two ? 2 : 1);
                _at += token.Length;
                return token;
            }

            var start = _at;
            while (_at < text.Length && !char.IsWhiteSpace(text[_at]) && !"(),=!><".Contains(text[_at], StringComparison.Ordinal))
                _at++;
            return text[start.._at];
        }
    }
}
