using System.Collections;

namespace KubeVirtClone.Input;

/// <summary>
/// Lets a parameter be given as a hashtable, as an object whose properties are the entries, or, from a CSV cell, as text with entries
/// separated by <c>;</c>. An empty cell is no table at all.
/// </summary>
internal abstract class TableTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public sealed override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            IDictionary table => table,
            string text => Parse(text),
            PSObject record => FromProperties(record),
            var other => other,
        };

    /// <summary>Where the key of an entry ends, or a number under 1 when it has none.</summary>
    private protected abstract int FindKeyEnd(string entry);

    /// <summary>What to say of an entry without a key.</summary>
    private protected abstract string DescribeInvalid(string entry);

    private Hashtable? Parse(string text)
    {
        // What Export-Csv makes of a list is no table either.
        if (string.IsNullOrWhiteSpace(text) || text.StartsWith("System.", StringComparison.Ordinal)) return null;
        var table = new Hashtable(StringComparer.Ordinal);
        foreach (var entry in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var end = FindKeyEnd(entry);
            if (end < 1) throw new ArgumentTransformationMetadataException(DescribeInvalid(entry));
            table[entry[..end].TrimEnd()] = entry[(end + 1)..].TrimStart();
        }

        return table;
    }

    private static Hashtable FromProperties(PSObject record)
    {
        var table = new Hashtable(StringComparer.Ordinal);
        foreach (var property in record.Properties) table[property.Name] = property.Value?.ToString() ?? "";
        return table;
    }
}
