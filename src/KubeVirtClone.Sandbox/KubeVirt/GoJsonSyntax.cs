using System.Text;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Checks JSON text and words the first error as Go's <c>encoding/json</c> does.</summary>
internal static class GoJsonSyntax
{
    /// <summary>Null for valid JSON, else Go's message.</summary>
    public static string? Error(string text)
    {
        var scanner = new Scanner(text);
        return scanner.Document();
    }

    private sealed class Scanner(string text)
    {
        private const string UnexpectedEnd = "unexpected end of JSON input";
        private int _at;

        public string? Document()
        {
            if (Value(0) is { } error)
                return error;
            SkipSpace();
            return _at < text.Length ? Invalid("after top-level value") : null;
        }

        private void SkipSpace()
        {
            while (_at < text.Length && text[_at] is ' ' or '\t' or '\r' or '\n')
                _at++;
        }

        private string Invalid(string context) => _at >= text.Length ? UnexpectedEnd : $"invalid character {Show(text[_at])} {context}";

        private static string Show(char c) => c switch
        {
            '\'' => @"'\''",
            '"' => "'\"'",
            '\n' => @"'\n'",
            '\t' => @"'\t'",
            '\r' => @"'\r'",
            < ' ' => $"'\\x{(int)c:x2}'",
            _ => $"'{(c < 0x80 ? c : (char)Encoding.UTF8.GetBytes(c.ToString())[0])}'",
        };

        private string? Value(int depth)
        {
            SkipSpace();
            if (_at >= text.Length)
                return UnexpectedEnd;
            if (depth > 10000)
                return "exceeded max depth";
            switch (text[_at])
            {
                case '{':
                    return Object(depth);
                case '[':
                    return Array(depth);
                case '"':
                    return String();
                case 't':
                    return Word("true");
                case 'f':
                    return Word("false");
                case 'n':
                    return Word("null");
                case '-' or (>= '0' and <= '9'):
                    return Number();
                default:
                    return Invalid("looking for beginning of value");
            }
        }

        private string? Object(int depth)
        {
            _at++;
            SkipSpace();
            if (_at < text.Length && text[_at] == '}')
            {
                _at++;
                return null;
            }

            while (true)
            {
                SkipSpace();
                if (_at >= text.Length || text[_at] != '"')
                    return Invalid("looking for beginning of object key string");
                if (String() is { } keyError)
                    return keyError;
                SkipSpace();
                if (_at >= text.Length || text[_at] != ':')
                    return Invalid("after object key");
                _at++;
                if (Value(depth + 1) is { } error)
                    return error;
                SkipSpace();
                if (_at < text.Length && text[_at] == '}')
                {
                    _at++;
                    return null;
                }

                if (_at >= text.Length || text[_at] != ',')
                    return Invalid("after object key:value pair");
                _at++;
            }
        }

        private string? Array(int depth)
        {
            _at++;
            SkipSpace();
            if (_at < text.Length && text[_at] == ']')
            {
                _at++;
                return null;
            }

            while (true)
            {
                if (Value(depth + 1) is { } error)
                    return error;
                SkipSpace();
                if (_at < text.Length && text[_at] == ']')
                {
                    _at++;
                    return null;
                }

                if (_at >= text.Length || text[_at] != ',')
                    return Invalid("after array element");
                _at++;
            }
        }

        private string? String()
        {
            for (_at++; _at < text.Length; _at++)
            {
                var c = text[_at];
                if (c == '"')
                {
                    _at++;
                    return null;
                }

                if (c < ' ')
                    return Invalid("in string literal");
                if (c != '\\')
                    continue;
                _at++;
                if (_at >= text.Length)
                    return UnexpectedEnd;
                if (text[_at] == 'u')
                {
                    for (var i = 0; i < 4; i++)
                    {
                        _at++;
                        if (_at >= text.Length || !char.IsAsciiHexDigit(text[_at]))
                            return Invalid(@"in \u hexadecimal character escape");
                    }
                }
                else if (!"\"\\/bfnrt".Contains(text[_at], StringComparison.Ordinal))
                {
                    return Invalid("in string escape code");
                }
            }

            return UnexpectedEnd;
        }

        private string? Word(string word)
        {
            foreach (var expected in word)
            {
                if (_at >= text.Length || text[_at] != expected)
                    return Invalid($"in literal {word} (expecting '{expected}')");
                _at++;
            }

            return null;
        }

        private string? Number()
        {
            if (text[_at] == '-')
                _at++;
            if (_at >= text.Length || !char.IsAsciiDigit(text[_at]))
                return Invalid("in numeric literal");
            if (text[_at] == '0')
                _at++;
            else
                SkipDigits();
            if (_at < text.Length && text[_at] == '.')
            {
                _at++;
                if (_at >= text.Length || !char.IsAsciiDigit(text[_at]))
                    return Invalid("after decimal point in numeric literal");
                SkipDigits();
            }

            if (_at < text.Length && text[_at] is 'e' or 'E')
            {
                _at++;
                if (_at < text.Length && text[_at] is '+' or '-')
                    _at++;
                if (_at >= text.Length || !char.IsAsciiDigit(text[_at]))
                    return Invalid("in exponent of numeric literal");
                SkipDigits();
            }

            return null;
        }

        private void SkipDigits()
        {
            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                _at++;
        }
    }
}
