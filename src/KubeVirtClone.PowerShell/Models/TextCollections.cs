using System.Collections.ObjectModel;

namespace KubeVirtClone;

/// <summary>Texts that read as such where only one text has room, as in a CSV file: <c>root,data</c>.</summary>
public sealed class VMTextList : ReadOnlyCollection<string>
{
    internal VMTextList(IEnumerable<string> texts)
        : base([.. texts])
    {
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', this);
}

/// <summary>Names with texts that read as such where only one text has room, as in a CSV file: <c>app=web,tier=front</c>.</summary>
public sealed class VMTextTable : Dictionary<string, string>
{
    internal VMTextTable(IEnumerable<KeyValuePair<string, string>> entries)
        : base(entries, StringComparer.Ordinal)
    {
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', this.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}"));
}
