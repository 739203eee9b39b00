using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Translates RE2 syntax into .NET's, or refuses what RE2 refuses.</summary>
internal sealed class GoRegexTranslator(string pattern)
{
    private const int MaximumRepeat = 1000;

    // Looked at from the current place on (\G); names instead of numbers for what is captured.
    private static readonly Regex Bounds = Rule(@"\G\{(?<low>\d+)(?<comma>,(?<high>\d*))?\}");
    private static readonly Regex GroupName = Rule(@"\G\?P?<(?<name>[^>]*)>");
    private static readonly Regex ValidGroupName = Rule(@"\A[0-9A-Za-z_]+\z");
    private static readonly Regex GroupFlags = Rule(@"\G\?(?<on>[imsU]*)(-(?<off>[imsU]+))?(?<end>[:)])");
    private static readonly Regex UnicodeClass = Rule(@"\G[pP](\{\^?(?<long>[A-Za-z_]+)\}|(?<short>[A-Z]))");
    private static readonly Regex HexDigits = Rule(@"\G(\{(?<braced>[0-9A-Fa-f]{1,6})\}|(?<plain>[0-9A-Fa-f]{2}))");
    private static readonly Regex PosixClass = Rule(@"\G\[:(?<not>\^?)(?<name>[a-z]+):\]");

    private readonly HashSet<string> _groupNames = [];
    private int _at;

    /// <exception cref="FormatException">The syntax is not RE2's; the message is Go's reason.</exception>
    public string Translate()
    {
        var result = Alternatives(new Flags(), depth: 0);
        if (_at < pattern.Length)
            throw new FormatException("unexpected )");
        return result;
    }

    private static Regex Rule(string pattern) => new(pattern, RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    private readonly record struct Flags(bool IgnoreCase, bool MultiLine, bool DotAll);

    private char Peek => pattern[_at];

    private bool More => _at < pattern.Length;

    private string Alternatives(Flags flags, int depth)
    {
        var text = new StringBuilder();
        string? atom = null;
        var repeated = false;
        void Flush()
        {
            text.Append(atom);
            atom = null;
        }

        while (More && Peek != ')')
        {
            var c = Peek;
            switch (c)
            {
                case '|':
                    _at++;
                    Flush();
                    repeated = false;
                    text.Append('|');
                    continue;
                case '*' or '+' or '?':
                    _at++;
                    Repeat(c.ToString());
                    continue;
                case '{' when TryRepeat(out var bounds):
                    Repeat(bounds);
                    continue;
                case '(':
                    Flush();
                    repeated = false;
                    atom = Group(ref flags, depth);
                    continue;
                default:
                    Flush();
                    repeated = false;
                    atom = Single(flags);
                    continue;
            }
        }

        Flush();
        return text.ToString();

        void Repeat(string operation)
        {
            if (repeated)
                throw new FormatException("invalid nested repetition operator");
            if (atom is null)
                throw new FormatException("missing argument to repetition operator");
            if (More && Peek == '?')
                _at++;
            atom = "(?:" + atom + ")" + operation;
            repeated = true;
        }
    }

    // {n}, {n,}, {n,m}; anything else that starts with a brace is literal text in RE2.
    private bool TryRepeat(out string bounds)
    {
        var m = Bounds.Match(pattern, _at);
        bounds = m.Value;
        if (!m.Success)
            return false;
        var low = int.TryParse(m.Groups["low"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var l) ? l : int.MaxValue;
        var high = m.Groups["high"].Length == 0 ? low : int.TryParse(m.Groups["high"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var h) ? h : int.MaxValue;
        if (low > MaximumRepeat || high > MaximumRepeat || high < low)
            throw new FormatException("invalid repeat count");
        _at += m.Length;
        return true;
    }

    private string Group(ref Flags flags, int depth)
    {
        if (depth > 900)
            throw new FormatException("expression nests too deeply");
        _at++;
        var inner = flags;
        if (More && Peek == '?')
        {
            var name = GroupName.Match(pattern, _at);
            if (name.Success)
            {
                if (!ValidGroupName.IsMatch(name.Groups["name"].Value))
                    throw new FormatException("invalid named capture");
                if (!_groupNames.Add(name.Groups["name"].Value))
                    throw new FormatException("duplicate capture group name");
                _at += name.Length;
            }
            else
            {
                var m = GroupFlags.Match(pattern, _at);
                if (!m.Success || (m.Groups["end"].Value == ")" && m.Groups["on"].Length == 0 && m.Groups["off"].Length == 0))
                    throw new FormatException("invalid or unsupported Perl syntax");
                inner = Apply(Apply(inner, m.Groups["on"].Value, true), m.Groups["off"].Value, false);
                _at += m.Length;
                if (m.Groups["end"].Value == ")")
                {
                    flags = inner;
                    return "";
                }
            }
        }

        var body = Alternatives(inner, depth + 1);
        if (!More)
            throw new FormatException("missing closing )");
        _at++;
        return "(?:" + body + ")";
    }

    private static Flags Apply(Flags f, string letters, bool on)
    {
        foreach (var c in letters)
        {
            f = c switch
            {
                'i' => f with { IgnoreCase = on },
                'm' => f with { MultiLine = on },
                's' => f with { DotAll = on },
                _ => f, // U only swaps greediness, which does not change whether a text matches
            };
        }

        return f;
    }

    private string Single(Flags flags)
    {
        var c = pattern[_at++];
        var result = c switch
        {
            '.' => flags.DotAll ? @"[\s\S]" : "[^\n]",
            '^' => flags.MultiLine ? "(?m:^)" : @"\A",
            '$' => flags.MultiLine ? "(?m:$)" : @"\z",
            '[' => CharacterClass(),
            '\\' => Escape(),
            _ => Literal(c),
        };
        return flags.IgnoreCase ? "(?i:" + result + ")" : result;
    }

    private static string Literal(char c) => Regex.Escape(c.ToString()).Replace("]", @"\]", StringComparison.Ordinal).Replace("}", @"\}", StringComparison.Ordinal);

    private string Escape()
    {
        if (!More)
            throw new FormatException("trailing backslash at end of expression");
        var c = pattern[_at];
        switch (c)
        {
            case 'A' or 'b' or 'B' or 'z':
                _at++;
                return "\\" + c;
            case 'Q':
                _at++;
                var end = pattern.IndexOf(@"\E", _at, StringComparison.Ordinal);
                var literal = end < 0 ? pattern[_at..] : pattern[_at..end];
                _at = end < 0 ? pattern.Length : end + 2;
                return string.Concat(literal.Select(Literal));
            default:
                return ClassEscape() is { } set ? "[" + set + "]" : Literal(CharacterEscape());
        }
    }

    // \d \s \w \p and their negations, as the inside of a .NET class; null when it is an escaped single character.
    private string? ClassEscape()
    {
        var c = pattern[_at];
        var set = GoCharacterSets.Perl(c);
        if (set is not null)
        {
            _at++;
            return set;
        }

        if (c is not ('p' or 'P'))
            return null;
        var m = UnicodeClass.Match(pattern, _at);
        if (!m.Success)
            throw new FormatException("invalid character class range");
        _at += m.Length;
        var negated = (c == 'P') ^ m.Value.Contains('^', StringComparison.Ordinal);
        var name = m.Groups["long"].Length > 0 ? m.Groups["long"].Value : m.Groups["short"].Value;
        return GoCharacterSets.Unicode(name, negated);
    }

    private char CharacterEscape()
    {
        var c = pattern[_at++];
        switch (c)
        {
            case 'a':
                return '\a';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'v':
                return '\v';
            case 'x':
                var m = HexDigits.Match(pattern, _at);
                if (!m.Success)
                    throw new FormatException("invalid escape sequence");
                _at += m.Length;
                var code = int.Parse(m.Groups["braced"].Length > 0 ? m.Groups["braced"].ValueSpan : m.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                return code > 0x10FFFF ? throw new FormatException("invalid escape sequence") : (char)Math.Min(code, 0xFFFF);
            case '0':
            case >= '1' and <= '7' when More && Peek is >= '0' and <= '7':
                var octal = c - '0';
                for (var i = 0; i < 2 && More && Peek is >= '0' and <= '7'; i++)
                    octal = (octal * 8) + (pattern[_at++] - '0');
                return (char)octal;
            default:
                // Only punctuation may be escaped: \1 (a back-reference elsewhere) and unknown letters are errors.
                if (c < 0x80 && !char.IsAsciiLetterOrDigit(c))
                    return c;
                throw new FormatException("invalid escape sequence");
        }
    }

    private string CharacterClass()
    {
        var text = new StringBuilder("[");
        if (More && Peek == '^')
        {
            text.Append('^');
            _at++;
        }

        var first = true;
        while (true)
        {
            if (!More)
                throw new FormatException("missing closing ]");
            if (Peek == ']' && !first)
            {
                _at++;
                return text.Append(']').ToString();
            }

            // A dash stands for itself only at either end, or where a range follows it.
            if (Peek == '-' && !first && _at + 1 < pattern.Length && pattern[_at + 1] != ']' && !(_at + 2 < pattern.Length && pattern[_at + 1] == '-'))
                throw new FormatException("invalid character class range");
            first = false;
            var posix = PosixClass.Match(pattern, _at);
            if (posix.Success)
            {
                _at += posix.Length;
                text.Append(GoCharacterSets.Posix(posix.Groups["name"].Value, posix.Groups["not"].Length > 0));
                continue;
            }

            if (Peek == '\\' && _at + 1 < pattern.Length)
            {
                _at++;
                if (ClassEscape() is { } set)
                {
                    text.Append(set);
                    continue;
                }

                _at--;
            }

            var low = ClassCharacter();
            var high = low;
            if (_at + 1 < pattern.Length && Peek == '-' && pattern[_at + 1] != ']')
            {
                _at++;
                high = ClassCharacter();
                if (high < low)
                    throw new FormatException("invalid character class range");
            }

            text.Append(CultureInfo.InvariantCulture, $"\\u{(int)low:X4}");
            if (high != low)
                text.Append(CultureInfo.InvariantCulture, $"-\\u{(int)high:X4}");
        }
    }

    private char ClassCharacter()
    {
        if (!More)
            throw new FormatException("missing closing ]");
        if (Peek != '\\')
            return pattern[_at++];
        _at++;
        if (!More)
            throw new FormatException("trailing backslash at end of expression");
        return CharacterEscape();
    }
}
