using System.Collections;
using System.Data;

namespace KubeVirtClone.Input;

/// <summary>Tells the members that records of this module have of themselves from those that were added to say how to clone them.</summary>
internal static class OwnMembers
{
    private static readonly Dictionary<Type, HashSet<string>> Records = new[] { typeof(VirtualMachine), typeof(VMClone), typeof(VMSnapshot), typeof(VMGoldenImage) }
        .ToDictionary(type => type, type => type.GetProperties().Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase));

    // What kubectl's JSON and PowerShell put on objects themselves.
    private static readonly HashSet<string> OfEverything =
        new(["apiVersion", "kind", "metadata", "spec", "status", "PSComputerName", "RunspaceId", "PSShowComputerName", "PSSourceJobInstanceId"], StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether an object is a copy of a record that still stands for it: out of a file, or out of a CSV file, which keeps no type, with all of the
    /// record's columns.
    /// </summary>
    public static bool IsWhole(PSObject input, string typeName, Type record)
    {
        if (typeName != record.FullName && input.BaseObject is not PSCustomObject) return false;
        if (typeName != record.FullName)
        {
            var columns = input.Properties.Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
            // What is hidden is not written into files.
            return record.GetProperties().All(p => p.IsDefined(typeof(HiddenAttribute), inherit: false) || columns.Contains(p.Name));
        }

        var identifies = record == typeof(VMClone) ? "TargetName" : "Name";
        return PropertyReader.GetText(input, identifies) is not null && (Records[record].Contains("SourceName") || !PropertyReader.Has(input, "SourceName"));
    }

    /// <summary>All members of an object.</summary>
    public static IReadOnlyList<KeyValuePair<string, object?>> Columns(PSObject input) => input.BaseObject switch
    {
        IDictionary table => [.. table.Cast<DictionaryEntry>().Select(e => Column(e.Key.ToString() ?? "", e.Value))],
        // What a query gives has members of its own beside those of its table's columns.
        DataRow row => [.. row.Table.Columns.Cast<DataColumn>().Select(c => Column(c.ColumnName, row[c] is DBNull ? null : row[c]))],
        _ => [.. input.Properties.Select(p => Column(p.Name, p.Value is DBNull ? null : p.Value))],
    };

    /// <summary>The members an object has beside its own.</summary>
    public static IReadOnlyList<KeyValuePair<string, object?>> Without(PSObject input, string typeName)
    {
        var record = Records.Keys.FirstOrDefault(type => input.BaseObject.GetType() == type || IsWhole(input, typeName, type));
        return [.. Columns(input).Where(c => !OfEverything.Contains(c.Key) && (record is null ? !c.Key.Equals("Name", StringComparison.OrdinalIgnoreCase) : !Records[record].Contains(c.Key)))];
    }

    private static KeyValuePair<string, object?> Column(string name, object? value) => new(name, RequestFields.Find(name) is { } field
        ? RequestRecord.Plain(field, value)
        : (value as PSObject)?.BaseObject is { } bare and not PSCustomObject ? bare : value);
}
