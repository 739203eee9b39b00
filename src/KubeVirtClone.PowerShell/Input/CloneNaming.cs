using System.Globalization;
using System.Management.Automation;
using KubeVirtClone.Errors;

namespace KubeVirtClone.Input;

/// <summary>
/// Names for many targets: -Count, -NamePattern, -StartIndex. In a pattern <c>{0}</c> is the running number with -Count or with a
/// number format such as <c>{0:d3}</c>, else the source's name; <c>{1}</c> always is the source's name.
/// </summary>
internal sealed class CloneNaming
{
    private readonly string? _pattern;
    private readonly int? _count;
    private readonly int _startIndex;
    private long _next;

    /// <exception cref="InputException">The pattern cannot be used.</exception>
    public CloneNaming(string? pattern, int? count, int startIndex)
    {
        _pattern = pattern;
        _count = count;
        _startIndex = startIndex;
        _next = startIndex;
        if (pattern is null) return;
        var first = Format(pattern, 1, "source");
        if (count > 1 && first == Format(pattern, 2, "source"))
        {
            throw BadPattern(pattern, "gives every clone the same name");
        }
    }

    /// <summary>Whether names come from here at all.</summary>
    public bool IsUsed => _pattern is not null || _count is not null;

    /// <summary>Names for the clones of one source, each with its running number.</summary>
    public IEnumerable<(string Name, long Number)> NamesFor(string source)
    {
        for (var i = 0; i < (_count ?? 1); i++)
        {
            // Without a pattern every source is counted for itself: a-1, a-2, b-1, b-2.
            var number = _pattern is null ? _startIndex + i : _next++;
            yield return (_pattern is null ? string.Create(CultureInfo.InvariantCulture, $"{source}-{number}") : Format(_pattern, number, source), number);
        }
    }

    /// <summary>The next running number, for a clone that is named in another way.</summary>
    public long TakeNumber() => _next++;

    /// <summary>The name for a number that was piped in.</summary>
    public string NameFor(long number, string source) => Format(_pattern ?? "{1}-{0:d}", number, source);

    private string Format(string pattern, long number, string source)
    {
        try
        {
            return string.Format(CultureInfo.InvariantCulture, pattern, new NumberOrSource(number, source, _count is not null), source);
        }
        catch (FormatException e)
        {
            throw BadPattern(pattern, $"is not a name pattern ({e.Message.TrimEnd('.')})");
        }
    }

    private static InputException BadPattern(string pattern, string what) => new(
        "NamePatternInvalid",
        ErrorCategory.InvalidArgument,
        $"'{pattern}' {what}.",
        "Write the number as {0} or {0:d3}, and the source's name as {1}: 'web-{0:d3}', '{1}-copy'.");

    private sealed class NumberOrSource(long number, string source, bool counted) : IFormattable
    {
        public string ToString(string? format, IFormatProvider? formatProvider) =>
            counted || !string.IsNullOrEmpty(format) ? number.ToString(format, formatProvider) : source;
    }
}
