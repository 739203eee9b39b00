using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Knowledge.Rows;

/// <summary>What one row of a table says: of a CSV file, of JSON, of an object with members, of a hashtable.</summary>
public sealed record RequestRow
{
    /// <summary>Whether it says nothing at all, as the empty rows that spreadsheets leave behind their last: there is nothing to be made of it.</summary>
    public bool IsBlank { get; init; }

    /// <summary>The sources it names; none when it leaves them to the command line.</summary>
    public IReadOnlyList<SourceReference> Sources { get; init; } = [];

    /// <summary>The golden image it names as its source.</summary>
    public string? GoldenImage { get; init; }

    /// <summary>Version of the golden image.</summary>
    public string? ImageVersion { get; init; }

    /// <summary>Whether it names a source of its own.</summary>
    public bool NamesSource => Sources.Count > 0 || GoldenImage is not null;

    /// <summary>The machines it names to be made.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>Namespace; null leaves it open.</summary>
    public string? Namespace { get; init; }

    /// <summary>Name of the clone object; null leaves it open.</summary>
    public string? CloneName { get; init; }

    /// <summary>Batch; null leaves it open.</summary>
    public string? Batch { get; init; }

    /// <summary>What the clone is to be.</summary>
    public RequestValues Wishes { get; init; } = RequestValues.None;
}
