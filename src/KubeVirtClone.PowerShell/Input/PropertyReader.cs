using System.Collections;

namespace KubeVirtClone.Input;

/// <summary>Reads members of what pipelines carry: custom objects, tables, deserialised records.</summary>
internal static class PropertyReader
{
    /// <summary>The value of a member, unwrapped; null when there is none. Names are compared without case, as PowerShell does.</summary>
    public static object? Get(object? source, string name) =>
        GetAsIs(source, name) is var value && value is PSObject { BaseObject: not PSCustomObject and not IDictionary } plain ? plain.BaseObject : value;

    /// <summary>A member further down.</summary>
    public static object? Get(object? source, params ReadOnlySpan<string> path)
    {
        foreach (var name in path) source = Get(source, name);
        return source;
    }

    /// <summary>A member as text; null when it is absent or empty. An enum out of a file is a number that knows its name.</summary>
    public static string? GetText(object? source, params ReadOnlySpan<string> path)
    {
        for (var i = 0; i < path.Length - 1; i++) source = Get(source, path[i]);
        return GetAsIs(source, path[^1])?.ToString() is { Length: > 0 } text ? text : null;
    }

    /// <summary>The value of a member as it is carried, in its wrapper.</summary>
    public static object? GetAsIs(object? source, string name) => source switch
    {
        null => null,
        PSObject { BaseObject: IDictionary inner } => FromTable(inner, name),
        PSObject wrapped => wrapped.Properties[name]?.Value,
        IDictionary table => FromTable(table, name),
        _ => PSObject.AsPSObject(source).Properties[name]?.Value,
    };

    /// <summary>Whether there is such a member, empty or not.</summary>
    public static bool Has(PSObject source, string name) => source.BaseObject is IDictionary table
        ? table.Keys.Cast<object>().Any(key => string.Equals(key as string, name, StringComparison.OrdinalIgnoreCase))
        : source.Properties[name] is not null;

    private static object? FromTable(IDictionary table, string name)
    {
        foreach (DictionaryEntry entry in table)
        {
            if (string.Equals(entry.Key as string, name, StringComparison.OrdinalIgnoreCase)) return entry.Value;
        }

        return null;
    }
}
