using System.Globalization;
using k8s.Models;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>A Kubernetes quantity (<c>10Gi</c>, <c>500m</c>, <c>1e9</c>) as a number.</summary>
internal static class Quantity
{
    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1024m), ("Mi", 1024m * 1024), ("Gi", 1024m * 1024 * 1024), ("Ti", 1024m * 1024 * 1024 * 1024),
        ("Pi", 1024m * 1024 * 1024 * 1024 * 1024), ("Ei", 1024m * 1024 * 1024 * 1024 * 1024 * 1024),
        ("n", 0.000000001m), ("u", 0.000001m), ("m", 0.001m),
        ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m), ("E", 1e18m),
    ];

    /// <summary>The number, or null when the text is no quantity.</summary>
    public static decimal? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        var (suffix, factor) = Array.Find(Suffixes, s => text.EndsWith(s.Suffix, StringComparison.Ordinal));
        var digits = suffix is null ? text : text[..^suffix.Length];
        return decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number * (suffix is null ? 1 : factor) : null;
    }

    /// <summary>The number the official client has read; null when there is none.</summary>
    public static decimal? Of(ResourceQuantity? amount) => Parse(amount?.ToString());

    /// <summary>A size in bytes as it is written shortest without loss: <c>8192Mi</c> and <c>8589934592</c> are both <c>8Gi</c>. A text that is no size stays as it is.</summary>
    public static string? Canonical(string? text)
    {
        if (Parse(text) is not { } bytes || bytes <= 0 || bytes != decimal.Truncate(bytes))
            return text;
        var (suffix, factor) = Suffixes[..6].LastOrDefault(s => bytes % s.Factor == 0);
        return (suffix is null ? bytes : bytes / factor).ToString("0", CultureInfo.InvariantCulture) + suffix;
    }

    /// <summary>A number of bytes as it is written shortest without loss, a part of a byte as a whole one: what is asked for in these words is never too small.</summary>
    public static string Write(decimal bytes) => Canonical(decimal.Ceiling(bytes).ToString("0", CultureInfo.InvariantCulture))!;

    /// <summary>A number of bytes in the largest unit that gives at most two decimals; counts as they are.</summary>
    public static string Show(decimal value, bool bytes)
    {
        if (!bytes)
            return value.ToString("0.###", CultureInfo.InvariantCulture);
        foreach (var (suffix, factor) in new[] { ("Ti", Suffixes[3].Factor), ("Gi", Suffixes[2].Factor), ("Mi", Suffixes[1].Factor), ("Ki", Suffixes[0].Factor) })
        {
            if (Math.Abs(value) >= factor)
                return (value / factor).ToString("0.##", CultureInfo.InvariantCulture) + suffix;
        }

        return value.ToString("0", CultureInfo.InvariantCulture);
    }
}
