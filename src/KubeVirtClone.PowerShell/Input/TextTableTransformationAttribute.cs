using System.Collections;
using System.Management.Automation;

namespace KubeVirtClone.Input;

/// <summary>
/// Lets labels and annotations be given as a hashtable <c>@{ tier = 'web' }</c>, or, from a CSV cell, as text
/// <c>tier=web;owner=ops</c>. An empty cell is no table at all.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TextTableTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            IDictionary table => table,
            string text => Parse(text),
            PSObject record => FromProperties(record),
            var other => other,
        };

    private static Hashtable? Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var table = new Hashtable(StringComparer.Ordinal);
        foreach (var entry in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var end = entry.IndexOf('=', StringComparison.Ordinal);
            if (end < 1) throw new ArgumentTransformationMetadataException($"'{entry}' is not of the form key=value.");
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
