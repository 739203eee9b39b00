using System.Globalization;
using System.Text;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>A JSON text that could not be read; the message is worded as a Kubernetes API server words it.</summary>
internal sealed class GoJsonException(string message) : Exception(message);

/// <summary>
/// Reads JSON as a Kubernetes API server does: on bytes, the last of duplicate keys wins but is remembered (strict field
/// validation reports it), and syntax errors carry the wording of Go's decoder, because clients print it.
/// </summary>
/// <remarks>The tree is built whole, and sorted by key unless it is asked for as written, so it may be read from several threads at once.</remarks>
internal sealed class GoJson
{
    private const int MaxDepth = 10_000;
    private readonly byte[] _text;
    private readonly List<string>? _duplicates;
    private readonly bool _asWritten;
    private int _at;
    private int _depth;

    private GoJson(byte[] text, List<string>? duplicates, bool asWritten)
    {
        _text = text;
        _duplicates = duplicates;
        _asWritten = asWritten;
    }

    /// <summary>Parses a whole text.</summary>
    /// <param name="text">The text, in UTF-8.</param>
    /// <param name="duplicates">Receives the paths of keys given twice.</param>
    /// <param name="asWritten">Keeps the order of keys and the digits of numbers.</param>
    /// <exception cref="GoJsonException">It is no JSON.</exception>
    public static JsonNode? Parse(byte[] text, List<string>? duplicates = null, bool asWritten = false)
    {
        var reader = new GoJson(text, duplicates, asWritten);
        reader.SkipSpace();
        var value = reader.Value("");
        reader.SkipSpace();
        if (reader._at < text.Length)
            throw reader.Invalid("after top-level value");
        return value;
    }

    /// <inheritdoc cref="Parse(byte[], List{string}?, bool)"/>
    public static JsonNode? Parse(string text, bool asWritten = false) => Parse(Encoding.UTF8.GetBytes(text), asWritten: asWritten);

    /// <summary>What is wrong with a text; null for valid JSON.</summary>
    public static string? Error(string text)
    {
        try
        {
            Parse(text);
            return null;
        }
        catch (GoJsonException e)
        {
            return e.Message;
        }
    }

    private JsonNode? Value(string path)
    {
        if (_at >= _text.Length)
            throw Ended();
        switch (_text[_at])
        {
            case (byte)'{' or (byte)'[' when _depth >= MaxDepth: throw new GoJsonException("exceeded max depth");
            case (byte)'{': return Object(path);
            case (byte)'[': return Array(path);
            case (byte)'"': return JsonValue.Create(String());
            case (byte)'t': Literal("true"); return JsonValue.Create(true);
            case (byte)'f': Literal("false"); return JsonValue.Create(false);
            case (byte)'n': Literal("null"); return null;
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'): return Number();
            default: throw Invalid("looking for beginning of value");
        }
    }

    private JsonObject Object(string path)
    {
        _at++;
        _depth++;
        IDictionary<string, JsonNode?> members = _asWritten
            ? new OrderedDictionary<string, JsonNode?>(StringComparer.Ordinal)
            : new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        SkipSpace();
        if (Peek() == '}')
        {
            _at++;
            _depth--;
            return [];
        }

        while (true)
        {
            SkipSpace();
            if (Peek() != '"')
                throw Invalid("looking for beginning of object key string");
            var key = String();
            SkipSpace();
            if (Peek() != ':')
                throw Invalid("after object key");
            _at++;
            SkipSpace();
            var childPath = _duplicates is null ? "" : path.Length == 0 ? key : path + "." + key;
            var value = Value(childPath);
            if (!members.TryAdd(key, value))
            {
                _duplicates?.Add(childPath);
                members[key] = value;
            }

            SkipSpace();
            switch (Peek())
            {
                case ',':
                    _at++;
                    continue;
                case '}':
                    _at++;
                    _depth--;
                    return new JsonObject(members);
                default:
                    throw Invalid("after object key:value pair");
            }
        }
    }

    private JsonArray Array(string path)
    {
        _at++;
        _depth++;
        var items = new JsonArray();
        SkipSpace();
        if (Peek() == ']')
        {
            _at++;
            _depth--;
            return items;
        }

        while (true)
        {
            SkipSpace();
            items.Add(Value(_duplicates is null ? "" : $"{path}[{items.Count}]"));
            SkipSpace();
            switch (Peek())
            {
                case ',':
                    _at++;
                    continue;
                case ']':
                    _at++;
                    _depth--;
                    return items;
                default:
                    throw Invalid("after array element");
            }
        }
    }

    private string String()
    {
        var start = ++_at;
        var escaped = false;
        while (true)
        {
            if (_at >= _text.Length)
                throw Ended();
            var c = _text[_at];
            if (c == '"')
                break;
            if (c < 0x20)
                throw Invalid("in string literal");
            if (c == '\\')
            {
                escaped = true;
                _at++;
                Escape();
            }

            _at++;
        }

        var raw = _text.AsSpan(start, _at - start);
        _at++;
        return escaped ? Unescape(raw) : Encoding.UTF8.GetString(raw);
    }

    private void Escape()
    {
        if (_at >= _text.Length)
            throw Ended();
        if (_text[_at] == 'u')
        {
            for (var digit = 0; digit < 4; digit++)
            {
                _at++;
                if (_at >= _text.Length)
                    throw Ended();
                if (!char.IsAsciiHexDigit((char)_text[_at]))
                    throw Invalid("in \\u hexadecimal character escape");
            }
        }
        else if (!"\"\\/bfnrt".Contains((char)_text[_at], StringComparison.Ordinal))
        {
            throw Invalid("in string escape code");
        }
    }

    private static string Unescape(ReadOnlySpan<byte> raw)
    {
        var text = Encoding.UTF8.GetString(raw);
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            i++;
            switch (text[i])
            {
                case 'b': result.Append('\b'); break;
                case 'f': result.Append('\f'); break;
                case 'n': result.Append('\n'); break;
                case 'r': result.Append('\r'); break;
                case 't': result.Append('\t'); break;
                case 'u':
                    result.Append((char)ushort.Parse(text.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i += 4;
                    break;
                default: result.Append(text[i]); break;
            }
        }

        return result.ToString();
    }

    private JsonValue Number()
    {
        var start = _at;
        if (Peek() == '-')
            _at++;
        if (Peek() == '0')
            _at++;
        else if (char.IsAsciiDigit(Peek()))
            Digits();
        else
            throw Invalid("in numeric literal");
        if (Peek() == '.')
        {
            _at++;
            if (!char.IsAsciiDigit(Peek()))
                throw Invalid("after decimal point in numeric literal");
            Digits();
        }

        if (Peek() is 'e' or 'E')
        {
            _at++;
            if (Peek() is '+' or '-')
                _at++;
            if (!char.IsAsciiDigit(Peek()))
                throw Invalid("in exponent of numeric literal");
            Digits();
        }

        var number = _text.AsSpan(start, _at - start);
        return _asWritten ? JsonTree.AsWritten(number) : JsonTree.Number(number);
    }

    private void Digits()
    {
        while (char.IsAsciiDigit(Peek()))
            _at++;
    }

    private void Literal(string word)
    {
        for (var i = 0; i < word.Length; i++, _at++)
        {
            if (_at >= _text.Length)
                throw Ended();
            if (_text[_at] != word[i])
                throw Invalid($"in literal {word} (expecting '{word[i]}')");
        }
    }

    private char Peek() => _at < _text.Length ? (char)_text[_at] : '\0';

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            _at++;
    }

    private static GoJsonException Ended() => new("unexpected end of JSON input");

    private GoJsonException Invalid(string context) =>
        _at >= _text.Length ? Ended() : new GoJsonException($"invalid character {Quote(_text[_at])} {context}");

    private static string Quote(byte c) => c switch
    {
        (byte)'\'' => @"'\''",
        (byte)'"' => "'\"'",
        (byte)'\n' => @"'\n'",
        (byte)'\r' => @"'\r'",
        (byte)'\t' => @"'\t'",
        (byte)'\\' => @"'\\'",
        < 0x20 or 0x7f => $@"'\x{c:x2}'",
        < 0x7f => $"'{(char)c}'",
        < 0xa0 or 0xad => $@"'\u{c:x4}'",
        _ => $"'{(char)c}'",
    };
}
