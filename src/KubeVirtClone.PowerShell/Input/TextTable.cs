using System.Collections;
using System.Globalization;

namespace KubeVirtClone.Input;

/// <summary>Reads a table of texts, such as labels, out of a PowerShell table.</summary>
internal static class TextTable
{
    /// <summary>The same as texts; null when there is none. True and False are written as Kubernetes writes them.</summary>
    public static Dictionary<string, string>? Read(IDictionary? table) => table?.Cast<DictionaryEntry>()
        .ToDictionary(e => Text(e.Key), e => Text(e.Value), StringComparer.Ordinal);

    private static string Text(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        System.Management.Automation.PSObject wrapped => Text(wrapped.BaseObject),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
