using System.Management.Automation;
using System.Text.Json;

namespace KubeVirtClone;

/// <summary>An API object as PowerShell's ConvertFrom-Json would give it, made when it is first looked at.</summary>
internal sealed class RawObject(JsonElement json)
{
    private PSObject? _converted;

    public PSObject Value => _converted ??= (PSObject)Convert(json)!;

    private static object? Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => ConvertObject(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Convert).ToArray(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => element.TryGetInt64(out var whole) ? whole : element.GetDouble(),
        _ => null,
    };

    private static PSObject ConvertObject(JsonElement element)
    {
        var record = new PSObject();
        foreach (var member in element.EnumerateObject()) record.Properties.Add(new PSNoteProperty(member.Name, Convert(member.Value)));
        return record;
    }
}
