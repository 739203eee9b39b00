using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace KubeVirtClone.Shared;

/// <summary>Reads an expression as Go's <c>regexp/syntax</c> does and writes it for .NET. Greediness is dropped: it does not change whether a text matches.</summary>
internal sealed class GoRegexTranslator(string pattern)
{
    private const int MaximumRepeat = 1000;
    private const int MaximumDepth = 900;

    // Looked at from the current place on (\G); names instead of numbers for what is captured.
    private static readonly Regex Bounds = Rule(@"\G\{(?<low>0|[1-9][0-9]*)(?<comma>,(?<high>0|[1-9][0-9]*)?)?\}");
    private static readonly Regex GroupName = Rule(@"\G\?P?<(?<name>[^>]*)>");
    private static readonly Regex ValidGroupName = Rule(@"\A[0-9A-Za-z_]+\z");
    private static readonly Regex GroupFlags = Rule(@"\G\?(?<on>[imsU]*)(-(?<off>[imsU]+))?(?<end>[:)])");
    private static readonly Regex HexDigits = Rule(@"\G(\{(?<braced>[0-9A-Fa-f]{1,6})\}|(?<plain>[0-9A-Fa-f]{2}))");

    private int _at;

    private readonly record struct Flags(bool IgnoreCase, bool MultiLine, bool DotAll);

    // How often its innermost part may be repeated: Go allows 1000 in all.
    private readonly record struct Atom(string Text, int Repeats);

    private bool More => _at < pattern.Length;

    private char Peek => pattern[_at];

    /// <summary>The expression for .NET.</summary>
    /// <exception cref="FormatException">Go refuses it; the message is Go's reason.</exception>
    public string Translate()
    {
        var result = Alternatives(new Flags(), depth: 0);
        if (More)
            throw new FormatException("unexpected )");
        return result.Text;
    }

    private static Regex Rule(string rule) => new(rule, RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    private Atom Alternatives(Flags flags, int depth)
    {
        var text = new StringBuilder();
        Atom? last = null;
        var repeated = false;
        var most = 1;
        void Put(Atom? atom)
        {
            text.Append(last?.Text);
            last = atom;
            repeated = false;
            most = Math.Max(most, atom?.Repeats ?? 1);
        }

        while (More && Peek != ')')
        {
            switch (Peek)
            {
                case '|':
                    _at++;
                    Put(null);
                    text.Append('|');
                    break;
                case '*' or '+' or '?':
                    Repeat(pattern[_at++].ToString(), 1);
                    break;
                case '{' when TryRepeat(out var bounds, out var times):
                    Repeat(bounds, times);
                    break;
                case '(':
                    if (Group(ref flags, depth) is { } group)
                        Put(group);
                    break;
                case '\\' when _at + 1 < pattern.Length && pattern[_at + 1] == 'Q':
                    foreach (var quoted in Quoted(flags))
                        Put(new Atom(quoted, 1));
                    break;
                default:
                    Put(new Atom(Single(flags), 1));
                    break;
            }
        }

        Put(null);
        return new Atom(text.ToString(), most);

        void Repeat(string operation, int times)
        {
            if (repeated)
                throw new FormatException("invalid nested repetition operator");
            if (last is not { } atom)
                throw new FormatException("missing argument to repetition operator");
            if (times * (long)atom.Repeats > MaximumRepeat)
                throw new FormatException("invalid repeat count");
            if (More && Peek == '?')
                _at++;
            last = new Atom("(?:" + atom.Text + ")" + operation, times * atom.Repeats);
            most = Math.Max(most, last.Value.Repeats);
            repeated = true;
        }
    }

    // {n}, {n,}, {n,m}; anything else that starts with a brace is literal text.
    private bool TryRepeat(out string bounds, out int times)
    {
        var m = Bounds.Match(pattern, _at);
        bounds = m.Value;
        times = 1;
        if (!m.Success)
            return false;
        var low = Number(m.Groups["low"]);
        var high = m.Groups["high"].Length == 0 ? low : Number(m.Groups["high"]);
        if (low > MaximumRepeat || high > MaximumRepeat || high < low)
            throw new FormatException("invalid repeat count");
        times = Math.Max(1, high);
        _at += m.Length;
        return true;
    }

    private static int Number(Group digits) =>
        int.TryParse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;

    // Null for flags only, which are no part of what a repetition after them repeats.
    private Atom? Group(ref Flags flags, int depth)
    {
        if (depth > MaximumDepth)
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
                _at += name.Length;
            }
            else
            {
                var m = GroupFlags.Match(pattern, _at);
                if (!m.Success)
                    throw new FormatException("invalid or unsupported Perl syntax");
                inner = Apply(Apply(inner, m.Groups["on"].Value, true), m.Groups["off"].Value, false);
                _at += m.Length;
                if (m.Groups["end"].Value == ")")
                {
                    flags = inner;
                    return null;
                }
            }
        }

        var body = Alternatives(inner, depth + 1);
        if (!More)
            throw new FormatException("missing closing )");
        _at++;
        return body with { Text = "(?:" + body.Text + ")" };
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
                _ => f, // U swaps greediness.
            };
        }

        return f;
    }

    private string Single(Flags flags)
    {
        var c = pattern[_at++];
        switch (c)
        {
            case '.':
                return flags.DotAll ? @"[\s\S]" : @"[^\n]";
            case '^':
                return flags.MultiLine ? "(?m:^)" : @"\A";
            case '$':
                return flags.MultiLine ? "(?m:$)" : @"\z";
            case '[':
                return CharacterClass(flags).ToPattern();
            case '\\':
                return Escape(flags);
            default:
                if (char.IsHighSurrogate(c) && More && char.IsLowSurrogate(Peek))
                    return "(?:" + c + pattern[_at++] + ")";
                return Literal(c, flags);
        }
    }

    private static string Literal(char c, Flags flags) =>
        flags.IgnoreCase && (char.IsLetter(c) || c > '\x7F') ? new GoCharacters(ignoreCase: true).Add(c, c).ToPattern() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");

    private IEnumerable<string> Quoted(Flags flags)
    {
        _at += 2;
        var end = pattern.IndexOf(@"\E", _at, StringComparison.Ordinal);
        var text = end < 0 ? pattern[_at..] : pattern[_at..end];
        _at = end < 0 ? pattern.Length : end + 2;
        return text.Select(c => Literal(c, flags));
    }

    private string Escape(Flags flags)
    {
        if (!More)
            throw new FormatException("trailing backslash at end of expression");
        if (Peek is 'A' or 'b' or 'B' or 'z')
        {
            var c = pattern[_at++];
            // Go's words are ASCII; .NET's are not, but no key has other letters.
            return "\\" + c;
        }

        var set = new GoCharacters(flags.IgnoreCase);
        return TryClassEscape(set) ? set.ToPattern() : Literal(CharacterEscape(), flags);
    }

    // \d \s \w \p and their negations, added to a class; false when it is an escaped single character. The backslash is read already.
    private bool TryClassEscape(GoCharacters set)
    {
        var c = Peek;
        if (char.ToLowerInvariant(c) is 'd' or 's' or 'w')
        {
            _at++;
            set.AddPerl(char.ToLowerInvariant(c), negated: char.IsUpper(c));
            return true;
        }

        if (c is not ('p' or 'P'))
            return false;
        _at++;
        if (!More)
            throw new FormatException("invalid character class range");
        string name;
        if (Peek == '{')
        {
            var end = pattern.IndexOf('}', _at);
            if (end < 0)
                throw new FormatException("invalid character class range");
            name = pattern[(_at + 1)..end];
            _at = end + 1;
        }
        else
        {
            name = pattern[_at++].ToString();
        }

        var turned = name.StartsWith('^');
        if (!set.TryAddUnicode(turned ? name[1..] : name, negated: (c == 'P') ^ turned))
            throw new FormatException("invalid character class range");
        return true;
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
                var code = int.Parse(m.Groups["braced"].Length > 0 ? m.Groups["braced"].ValueSpan : m.Groups["plain"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
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

    private GoCharacters CharacterClass(Flags flags)
    {
        var set = new GoCharacters(flags.IgnoreCase);
        var negated = More && Peek == '^';
        if (negated)
            _at++;
        for (var first = true; ; first = false)
        {
            if (!More)
                throw new FormatException("missing closing ]");
            if (Peek == ']' && !first)
            {
                _at++;
                return negated ? set.Negate() : set;
            }

            if (TryPosixClass(set))
                continue;
            if (Peek == '\\' && _at + 1 < pattern.Length)
            {
                _at++;
                if (TryClassEscape(set))
                    continue;
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

            set.Add(low, high);
        }
    }

    private bool TryPosixClass(GoCharacters set)
    {
        if (Peek != '[' || _at + 2 >= pattern.Length || pattern[_at + 1] != ':')
            return false;
        var end = pattern.IndexOf(":]", _at + 2, StringComparison.Ordinal);
        if (end < 0)
            return false;
        var name = pattern[(_at + 2)..end];
        _at = end + 2;
        var negated = name.StartsWith('^');
        if (!set.TryAddPosix(negated ? name[1..] : name, negated))
            throw new FormatException("invalid character class range");
        return true;
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
