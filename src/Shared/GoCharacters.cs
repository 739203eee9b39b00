using System.Collections;
using System.Globalization;
using System.Text;

namespace KubeVirtClone.Shared;

/// <summary>
/// A set of characters as Go's classes name them, written out for .NET, whose own classes mean other things (digits of every script, classes
/// subtracted from each other). Characters above U+FFFF are left out, and scripts have no character beyond ASCII: label and annotation keys are ASCII.
/// </summary>
internal sealed class GoCharacters(bool ignoreCase)
{
    // Names of Go's unicode.Scripts, in the form names are compared in.
    private static readonly HashSet<string> Scripts = [.. (
        "adlam ahom anatolianhieroglyphs arabic armenian avestan balinese bamum bassavah batak bengali bhaiksuki bopomofo brahmi braille buginese buhid canadianaboriginal carian "
        + "caucasianalbanian chakma cham cherokee chorasmian common coptic cuneiform cypriot cyprominoan cyrillic deseret devanagari divesakuru dogra duployan egyptianhieroglyphs "
        + "elbasan elymaic ethiopic georgian glagolitic gothic grantha greek gujarati gunjalagondi gurmukhi han hangul hanifirohingya hanunoo hatran hebrew hiragana imperialaramaic "
        + "inherited inscriptionalpahlavi inscriptionalparthian javanese kaithi kannada katakana kawi kayahli kharoshthi khitansmallscript khmer khojki khudawadi lao latin lepcha "
        + "limbu lineara linearb lisu lycian lydian mahajani makasar malayalam mandaic manichaean marchen masaramgondi medefaidrin meeteimayek mendekikakui meroiticcursive "
        + "meroitichieroglyphs miao modi mongolian mro multani myanmar nabataean nagmundari nandinagari newtailue newa nko nushu nyiakengpuachuehmong ogham olchiki oldhungarian "
        + "olditalic oldnortharabian oldpermic oldpersian oldsogdian oldsoutharabian oldturkic olduyghur oriya osage osmanya pahawhhmong palmyrene paucinhau phagspa phoenician "
        + "psalterpahlavi rejang runic samaritan saurashtra sharada shavian siddham signwriting sinhala sogdian sorasompeng soyombo sundanese sylotinagri syriac tagalog tagbanwa "
        + "taile taitham taiviet takri tamil tangsa tangut telugu thaana thai tibetan tifinagh tirhuta toto ugaritic vai vithkuqi wancho warangciti yezidi yi zanabazarsquare").Split(' ')];

    // Go's unicode.CategoryAliases, in the same form.
    private static readonly Dictionary<string, string> Aliases = (
        "casedletter=LC closepunctuation=Pe combiningmark=M connectorpunctuation=Pc control=Cc currencysymbol=Sc dashpunctuation=Pd decimalnumber=Nd enclosingmark=Me "
        + "finalpunctuation=Pf format=Cf initialpunctuation=Pi letter=L letternumber=Nl lineseparator=Zl lowercaseletter=Ll mark=M mathsymbol=Sm modifierletter=Lm modifiersymbol=Sk "
        + "nonspacingmark=Mn number=N openpunctuation=Ps other=C otherletter=Lo othernumber=No otherpunctuation=Po othersymbol=So paragraphseparator=Zp privateuse=Co punctuation=P "
        + "separator=Z spaceseparator=Zs spacingmark=Mc surrogate=Cs symbol=S titlecaseletter=Lt unassigned=Cn uppercaseletter=Lu cntrl=Cc digit=Nd punct=P")
        .Split(' ').Select(a => a.Split('=')).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);

    // Two letters of each of .NET's categories, in the order of UnicodeCategory.
    private static readonly string[] Categories =
        "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Zs Zl Zp Cc Cf Cs Co Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Cn".Split(' ');

    private readonly BitArray _set = new(0x10000);

    /// <summary>Adds a range, with the other case of its letters where case is ignored.</summary>
    public GoCharacters Add(char low, char high)
    {
        for (int c = low; c <= high; c++)
            _set[c] = true;
        return ignoreCase ? Fold() : this;
    }

    /// <summary>Adds <c>\d</c>, <c>\s</c> or <c>\w</c>, or what is not in it.</summary>
    public void AddPerl(char letter, bool negated) => TryAdd(
        letter switch { 'd' => "09", 's' => "\t\n\f\r  ", _ => "09AZaz__" },
        negated);

    /// <summary>Adds a class such as <c>[:alpha:]</c>, or what is not in it; false when there is none of that name.</summary>
    public bool TryAddPosix(string name, bool negated) => TryAdd(
        name switch
        {
            "alnum" => "09AZaz",
            "alpha" => "AZaz",
            "ascii" => "\0\x7F",
            "blank" => "\t\t  ",
            "cntrl" => "\0\x1F\x7F\x7F",
            "digit" => "09",
            "graph" => "!~",
            "lower" => "az",
            "print" => " ~",
            "punct" => "!/:@[`{~",
            "space" => "\t\r  ",
            "upper" => "AZ",
            "word" => "09AZaz__",
            "xdigit" => "09AFaf",
            _ => null,
        },
        negated);

    /// <summary>Adds what <c>\p{name}</c> names: a general category or a script, or what is not in it; false when there is none of that name.</summary>
    public bool TryAddUnicode(string name, bool negated)
    {
        var key = string.Concat(name.Where(c => c is not ('_' or '-' or ' '))).ToLowerInvariant();
        if (Belongs(key) is not { } belongs)
            return false;
        var other = new GoCharacters(ignoreCase);
        for (var c = 0; c < other._set.Count; c++)
            other._set[c] = belongs((char)c);
        Add(ignoreCase ? other.Fold() : other, negated);
        return true;
    }

    /// <summary>Everything that is not in it.</summary>
    public GoCharacters Negate()
    {
        _set.Not();
        return this;
    }

    /// <summary>The set for .NET.</summary>
    public string ToPattern()
    {
        if (!_set.HasAnySet())
            return @"[^\u0000-\uFFFF]";
        var text = new StringBuilder("[");
        for (var c = 0; c < _set.Count; c++)
        {
            if (!_set[c])
                continue;
            var from = c;
            while (c + 1 < _set.Count && _set[c + 1])
                c++;
            text.Append(CultureInfo.InvariantCulture, $"\\u{from:X4}");
            if (c > from)
                text.Append(CultureInfo.InvariantCulture, $"-\\u{c:X4}");
        }

        return text.Append(']').ToString();
    }

    private static Func<char, bool>? Belongs(string key)
    {
        switch (key)
        {
            case "any":
                return _ => true;
            case "ascii":
                return char.IsAscii;
            case "assigned":
                return c => CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.OtherNotAssigned;
        }

        var category = Aliases.GetValueOrDefault(key) ?? key;
        if (string.Equals(category, "LC", StringComparison.OrdinalIgnoreCase))
            return c => CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;
        if (Array.Exists(Categories, c => c.StartsWith(category, StringComparison.OrdinalIgnoreCase)) && category.Length is 1 or 2)
            return c => Categories[(int)CharUnicodeInfo.GetUnicodeCategory(c)].StartsWith(category, StringComparison.OrdinalIgnoreCase);
        if (!Scripts.Contains(key))
            return null;
        return key switch
        {
            "latin" => char.IsAsciiLetter,
            "common" => c => char.IsAscii(c) && !char.IsAsciiLetter(c),
            _ => _ => false,
        };
    }

    // Pairs of first and last character.
    private bool TryAdd(string? ranges, bool negated)
    {
        if (ranges is null)
            return false;
        var other = new GoCharacters(ignoreCase);
        for (var i = 0; i < ranges.Length; i += 2)
            other.Add(ranges[i], ranges[i + 1]);
        Add(other, negated);
        return true;
    }

    // Case is settled before a class is turned round: (?i)[[:^lower:]] has no letter at all.
    private void Add(GoCharacters other, bool negated) => _set.Or(negated ? other._set.Not() : other._set);

    private GoCharacters Fold()
    {
        for (var c = 'A'; c <= 'Z'; c++)
            Same(c, (char)(c | 0x20));
        Same('s', '\u017F');
        Same('S', '\u017F');
        Same('k', '\u212A');
        Same('K', '\u212A');
        Same('s', 'S');
        Same('k', 'K');
        for (var c = '\x80'; c < '\uFFFF'; c++)
        {
            if (_set[c])
                _set[char.ToUpperInvariant(c)] = _set[char.ToLowerInvariant(c)] = true;
        }

        return this;
    }

    private void Same(char a, char b) => _set[a] = _set[b] = _set[a] || _set[b];
}
