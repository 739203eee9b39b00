namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>RE2's named sets of characters, each as the inside of a .NET character class.</summary>
internal static class GoCharacterSets
{
    /// <summary>The set of <c>\d</c>, <c>\s</c>, <c>\w</c> or a negation of them; null for any other letter.</summary>
    public static string? Perl(char letter) => letter switch
    {
        'd' => "0-9",
        'D' => @"\x00-/:-\uFFFF",
        's' => @"\t\n\f\r\x20",
        'S' => @"\x00-\x08\x0B\x0E-\x1F!-\uFFFF",
        'w' => "0-9A-Za-z_",
        'W' => @"\x00-/:-@\[-\^`\{-\uFFFF",
        _ => null,
    };

    /// <summary>The set of <c>\p{name}</c>, or of <c>\P{name}</c> when negated.</summary>
    public static string Unicode(string name, bool negated) => name switch
    {
        "Any" => negated ? "" : @"\x00-\uFFFF",
        "Greek" => (negated ? @"\P" : @"\p") + "{IsGreek}",
        "Latin" => negated ? @"\x00-@\[-`\{-\xBF" : @"A-Za-z\xC0-\u024F",
        _ => (negated ? @"\P" : @"\p") + "{" + name + "}",
    };

    /// <summary>The set of <c>[:name:]</c> inside of a class.</summary>
    /// <exception cref="FormatException">There is no set of that name.</exception>
    public static string Posix(string name, bool negated)
    {
        (string Set, string Other) sets = name switch
        {
            "alnum" => ("0-9A-Za-z", @"\x00-/:-@\[-`\{-\uFFFF"),
            "alpha" => ("A-Za-z", @"\x00-@\[-`\{-\uFFFF"),
            "ascii" => (@"\x00-\x7F", @"\x80-\uFFFF"),
            "blank" => (@"\t\x20", @"\x00-\x08\x0A-\x1F!-\uFFFF"),
            "cntrl" => (@"\x00-\x1F\x7F", @"\x20-~\x80-\uFFFF"),
            "digit" => ("0-9", @"\x00-/:-\uFFFF"),
            "graph" => ("!-~", @"\x00-\x20\x7F-\uFFFF"),
            "lower" => ("a-z", @"\x00-`\{-\uFFFF"),
            "print" => (@"\x20-~", @"\x00-\x1F\x7F-\uFFFF"),
            "punct" => (@"!-/:-@\[-`\{-~", @"\x00-\x200-9A-Za-z\x7F-\uFFFF"),
            "space" => (@"\t\n\v\f\r\x20", @"\x00-\x08\x0E-\x1F!-\uFFFF"),
            "upper" => ("A-Z", @"\x00-@\[-\uFFFF"),
            "word" => ("0-9A-Za-z_", @"\x00-/:-@\[-\^`\{-\uFFFF"),
            "xdigit" => ("0-9A-Fa-f", @"\x00-/:-@G-`g-\uFFFF"),
            _ => throw new FormatException("invalid character class range"),
        };
        return negated ? sets.Other : sets.Set;
    }
}
