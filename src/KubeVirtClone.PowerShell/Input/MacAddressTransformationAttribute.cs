using System.Collections;
using System.Management.Automation;

namespace KubeVirtClone.Input;

/// <summary>
/// Lets MAC addresses be given as a hashtable <c>@{ default = '02:00:00:00:00:01' }</c>, or, from a CSV cell, as text
/// <c>default=02-00-00-00-00-01;other=…</c>. An empty cell is no table at all.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class MacAddressTransformationAttribute : ArgumentTransformationAttribute
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
            // An interface's name has neither sign; virtctl writes name:mac, a table entry reads name=mac.
            var end = entry.AsSpan().IndexOfAny('=', ':');
            if (end <= 0)
            {
                throw new ArgumentTransformationMetadataException(
                    $"'{entry}' names no interface. Give a table such as @{{ default = '02:00:00:00:00:01' }}, or the text 'default=02-00-00-00-00-01'.");
            }

            table[entry[..end].Trim()] = entry[(end + 1)..].Trim();
        }

        return table;
    }

    private static Hashtable FromProperties(PSObject record)
    {
        var table = new Hashtable(StringComparer.Ordinal);
        foreach (var property in record.Properties) table[property.Name] = property.Value;
        return table;
    }
}
