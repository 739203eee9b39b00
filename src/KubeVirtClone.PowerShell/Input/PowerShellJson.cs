using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Input;

/// <summary>Between JSON and what PowerShell makes of it: tables, custom objects, arrays.</summary>
internal static class PowerShellJson
{
    /// <summary>Writes tables, objects and arrays as compact JSON.</summary>
    public static string Write(object? value) => ToNode(value)?.ToJsonString() ?? "null";

    /// <summary>Tables, objects and arrays as JSON.</summary>
    public static JsonNode? ToNode(object? value) => (value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value) switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        double or float or decimal => JsonValue.Create(Convert.ToDecimal(value, CultureInfo.InvariantCulture)),
        byte or short or int or long or ushort or uint => JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        IDictionary table => FromTable(table),
        PSObject record => FromRecord(record),
        IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(ToNode)]),
        var other => JsonValue.Create(Convert.ToString(other, CultureInfo.InvariantCulture)),
    };

    private static JsonObject FromTable(IDictionary table)
    {
        var node = new JsonObject();
        foreach (DictionaryEntry entry in table) node[Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? ""] = ToNode(entry.Value);
        return node;
    }

    private static JsonObject FromRecord(PSObject record)
    {
        var node = new JsonObject();
        foreach (var property in record.Properties) node[property.Name] = ToNode(property.Value);
        return node;
    }
}
