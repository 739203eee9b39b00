using System.Collections;
using System.Management.Automation;

namespace KubeVirtClone.Input;

/// <summary>Reads members of what pipelines carry: custom objects, tables, deserialised records.</summary>
internal static class PropertyReader
{
    /// <summary>The value of a member, unwrapped; null when there is none. Names are compared without case, as PowerShell does.</summary>
    public static object? Get(object? source, string name)
    {
        object? value;
        switch (source)
        {
            case PSObject { BaseObject: IDictionary inner }:
                value = FromTable(inner, name);
                break;
            case PSObject wrapped:
                value = wrapped.Properties[name]?.Value;
                break;
            case IDictionary table:
                value = FromTable(table, name);
                break;
            case null:
                return null;
            default:
                value = PSObject.AsPSObject(source).Properties[name]?.Value;
                break;
        }

        return value is PSObject { BaseObject: not PSCustomObject and not IDictionary } plain ? plain.BaseObject : value;
    }

    /// <summary>A member further down.</summary>
    public static object? Get(object? source, params ReadOnlySpan<string> path)
    {
        foreach (var name in path) source = Get(source, name);
        return source;
    }

    /// <summary>A member as text; null when it is absent or empty.</summary>
    public static string? GetText(object? source, params ReadOnlySpan<string> path) =>
        Get(source, path)?.ToString() is { Length: > 0 } text ? text : null;

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
