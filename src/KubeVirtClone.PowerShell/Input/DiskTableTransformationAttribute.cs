using System.Collections;
using System.Globalization;

namespace KubeVirtClone.Input;

/// <summary>What holds for every disk, or by disk: <c>'40Gi'</c>, <c>40GB</c>, <c>@{ root = '40Gi' }</c>, <c>root=40Gi;data=1Ti</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DiskTableTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether the values are sizes.</summary>
    public bool IsSize { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            IDictionary table => table.Cast<DictionaryEntry>().Aggregate(new Hashtable(StringComparer.Ordinal), (read, e) => Put(read, Text(e.Key), e.Value)),
            PSObject record => record.Properties.Aggregate(new Hashtable(StringComparer.Ordinal), (table, p) => Put(table, p.Name, p.Value)),
            string text => Parse([text]),
            IEnumerable list => Parse(list.Cast<object?>()),
            var number => Put(new Hashtable(StringComparer.Ordinal), RequestFields.EveryDisk, number),
        };

    private Hashtable? Parse(IEnumerable<object?> entries)
    {
        var table = new Hashtable(StringComparer.Ordinal);
        foreach (var entry in entries.SelectMany(e => Text(e).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            var end = entry.IndexOf('=', StringComparison.Ordinal);
            var disk = end < 0 ? RequestFields.EveryDisk : entry[..end].TrimEnd();
            if (disk.Length == 0) throw new ArgumentTransformationMetadataException($"'{entry}' names no disk: write DISK=VALUE, or the value alone for every disk.");
            if (table.ContainsKey(disk)) throw new ArgumentTransformationMetadataException($"{(end < 0 ? "Every disk" : $"Disk '{disk}'")} is given twice.");
            Put(table, disk, entry[(end + 1)..].TrimStart());
        }

        // What Export-Csv makes of a table is none.
        return table.Count == 0 || table.Values.Cast<string>().Any(v => v.StartsWith("System.", StringComparison.Ordinal)) ? null : table;
    }

    private Hashtable Put(Hashtable table, string key, object? value)
    {
        table[key] = IsSize ? SizeTransformationAttribute.Read(Text(value)) : Text(value);
        return table;
    }

    private static string Text(object? value) => Convert.ToString(value is PSObject wrapped ? wrapped.BaseObject : value, CultureInfo.InvariantCulture) ?? "";
}
