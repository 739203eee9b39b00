using System.Globalization;

namespace KubeVirtClone.Engine.Snapshots;

/// <summary>Sizes as the API writes them: <c>10Gi</c>, <c>500M</c>, <c>1e9</c>.</summary>
internal static class Quantity
{
    private static readonly (string Suffix, double Factor)[] Units =
    [
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40), ("Pi", 1L << 50), ("Ei", 1L << 60),
        ("m", 1e-3), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15), ("E", 1e18),
    ];

    /// <summary>Bytes a text means, rounded up; null when it is absent or no size.</summary>
    public static long? ToBytes(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var (suffix, factor) = Array.Find(Units, u => text.EndsWith(u.Suffix, StringComparison.Ordinal));
        var number = suffix is null ? text : text[..^suffix.Length];
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && Math.Abs(value) < 1e15
            ? (long)Math.Ceiling(value * (suffix is null ? 1 : factor))
            : null;
    }
}
