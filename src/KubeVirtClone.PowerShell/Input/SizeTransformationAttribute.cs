using System.Globalization;

namespace KubeVirtClone.Input;

/// <summary>A size as PowerShell's own numbers are written, <c>8GB</c>, is as many bytes; anything else is passed on.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SizeTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly string[] Units = ["KB", "MB", "GB", "TB", "PB"];

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            string text => Read(text),
            var number => Convert.ToString(number, CultureInfo.InvariantCulture),
        };

    /// <summary>The text, or the number of bytes it stands for. What is typed bare for a text is not read as a number by PowerShell.</summary>
    internal static string Read(string text)
    {
        var unit = Array.FindIndex(Units, u => text.EndsWith(u, StringComparison.OrdinalIgnoreCase));
        return unit >= 0 && ulong.TryParse(text[..^2], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (number * (decimal)Math.Pow(1024, unit + 1)).ToString("0", CultureInfo.InvariantCulture)
            : text;
    }
}
