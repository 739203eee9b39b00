namespace KubeVirtClone.Engine.Knowledge.Naming;

/// <summary>Names for many targets: <c>-Count 50 -NamePattern 'web-{0:d3}'</c>. The pattern is a <see cref="NamePattern"/>.</summary>
public sealed class CloneNaming
{
    /// <summary>Most clones one expansion makes.</summary>
    public const int MaxCount = 100_000;

    private const string DefaultPattern = "{1}-{0}";

    private readonly string? _pattern;
    private readonly int? _count;
    private readonly int _startIndex;

    /// <summary>Names by a pattern.</summary>
    /// <param name="pattern">The pattern; null is the source's name and the number.</param>
    /// <param name="count">How many clones of each source, 1 to 100,000; null is one.</param>
    /// <param name="startIndex">First running number.</param>
    /// <exception cref="RequestFaultException">The pattern cannot be used, or the count is out of range.</exception>
    public CloneNaming(string? pattern, int? count, int startIndex)
    {
        _pattern = string.IsNullOrEmpty(pattern) ? null : pattern;
        _count = count;
        _startIndex = startIndex;
        Next = startIndex;
        if (count is < 1 or > MaxCount)
            throw Invalid($"{count} clones were asked for; 1 to {MaxCount} can be made at once.", "Give a count in that range.");
        if (_pattern is null)
            return;
        var first = Name(1, "source");
        if (count > 1 && first == Name(2, "source"))
            throw Invalid($"The name pattern '{pattern}' gives '{first}' more than once.", "Write {0} where the running number goes: 'web-{0:d3}' gives web-001, web-002 and so on.");
    }

    /// <summary>Whether names come from here at all.</summary>
    public bool IsUsed => _pattern is not null || _count is not null;

    /// <summary>Whether clones are counted, as <see cref="NamePattern"/> has it.</summary>
    public bool IsCounted => _count is not null || _pattern is null;

    /// <summary>The next running number; what is refused gives back the numbers it took.</summary>
    public long Next { get; set; }

    /// <summary>Names for the clones of one source, each with its running number.</summary>
    /// <param name="source">Name of the source.</param>
    public IEnumerable<(string Name, long Number)> NamesFor(string source)
    {
        for (var i = 0; i < (_count ?? 1); i++)
        {
            // Without a pattern every source is counted for itself: a-1, a-2, b-1, b-2.
            var number = _pattern is null ? _startIndex + i : Next++;
            yield return (Name(number, source), number);
        }
    }

    /// <summary>The next running number, for a clone that is named in another way.</summary>
    public long TakeNumber() => Next++;

    /// <summary>The name for a number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="source">Name of the source.</param>
    /// <param name="counted">Whether the number was given, and not only taken.</param>
    public string Name(long number, string source, bool counted = false) =>
        NamePattern.Fill(_pattern ?? DefaultPattern, "name pattern", number, source, target: null, counted || IsCounted);

    private static RequestFaultException Invalid(string message, Advice action) => new(FaultIds.NamePatternInvalid, message, action);
}
