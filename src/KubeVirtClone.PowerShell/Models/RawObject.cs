using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace KubeVirtClone;

/// <summary>An API object as PowerShell's ConvertFrom-Json would give it, made when it is first looked at. Written as JSON again it is the same object.</summary>
internal sealed class RawObject(JsonElement json)
{
    private PSObject? _converted;

    public PSObject Value => _converted ??= Named((PSObject)Convert(json)!);

    /// <summary>KIND/NAME, which stands for the object where only a text has room, as in a CSV file.</summary>
    /// <param name="instance">The object.</param>
    public static string Text(PSObject instance) =>
        $"{instance.Properties["kind"]?.Value}/{(instance.Properties["metadata"]?.Value as PSObject)?.Properties["name"]?.Value}";

    private static PSObject Named(PSObject record)
    {
        record.Methods.Add(new PSCodeMethod("ToString", typeof(RawObject).GetMethod(nameof(Text))!));
        return record;
    }

    private static object? Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => ConvertObject(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Convert).ToArray(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => ConvertNumber(element),
        _ => null,
    };

    // A whole number stays one: 4 that came back as 4.0 would be refused.
    private static object ConvertNumber(JsonElement element)
    {
        if (element.TryGetInt64(out var whole)) return whole;
        return BigInteger.TryParse(element.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large) ? large : element.GetDouble();
    }

    private static PSObject ConvertObject(JsonElement element)
    {
        var record = new PSObject();
        foreach (var member in element.EnumerateObject()) record.Properties.Add(new PSNoteProperty(member.Name, Convert(member.Value)));
        return record;
    }
}
