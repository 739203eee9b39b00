using System.Globalization;

namespace KubeVirtClone.Shared;

/// <summary>Kubernetes resource quantities as numbers: <c>10Gi</c>, <c>500m</c>, <c>1e9</c>.</summary>
internal static class Quantity
{
    /// <summary>Powers of 1024, the largest first.</summary>
    private static readonly (string Suffix, decimal Factor)[] Binary =
        [("Ei", 1152921504606846976m), ("Pi", 1125899906842624m), ("Ti", 1099511627776m), ("Gi", 1073741824m), ("Mi", 1048576m), ("Ki", 1024m)];

    /// <summary>Powers of 1000, the largest first.</summary>
    private static readonly (string Suffix, decimal Factor)[] Decimal = [("E", 1e18m), ("P", 1e15m), ("T", 1e12m), ("G", 1e9m), ("M", 1e6m), ("k", 1e3m)];

    private static readonly (string Suffix, decimal Factor)[] All = [.. Binary, .. Decimal, ("m", 1e-3m), ("u", 1e-6m), ("n", 1e-9m)];

    /// <summary>The number, or null when the text is no quantity.</summary>
    public static decimal? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        var (suffix, factor) = Array.Find(All, s => text.EndsWith(s.Suffix, StringComparison.Ordinal));
        var digits = suffix is null ? text : text[..^suffix.Length];
        return decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number * (suffix is null ? 1 : factor) : null;
    }

    /// <summary>The number; zero for a text that is no quantity.</summary>
    public static decimal Value(string? text) => Parse(text) ?? 0;

    /// <summary>The canonical form: the largest suffix that leaves a whole number, thousandths for a part of one.</summary>
    public static string Write(decimal value, bool binary)
    {
        var (suffix, factor) = value == 0 ? default : Array.Find(binary ? Binary : Decimal, s => value % s.Factor == 0);
        return suffix is not null ? Digits(value / factor) + suffix : value % 1 == 0 ? Digits(value) : Digits(value * 1000) + "m";
    }

    /// <summary>A number of bytes as it is written shortest without loss, a part of a byte as a whole one: what is asked for in these words is never too small.</summary>
    public static string Write(decimal bytes) => Write(decimal.Ceiling(bytes), binary: true);

    /// <summary>A size in bytes as it is written shortest without loss: <c>8192Mi</c> and <c>8589934592</c> are both <c>8Gi</c>. A text that is no size stays as it is.</summary>
    public static string? Canonical(string? text) => Parse(text) is { } bytes && bytes > 0 && bytes % 1 == 0 ? Write(bytes) : text;

    /// <summary>A number of bytes in the largest unit that gives at most two decimals; counts as they are.</summary>
    public static string Show(decimal value, bool bytes)
    {
        if (!bytes)
            return value.ToString("0.###", CultureInfo.InvariantCulture);
        var (suffix, factor) = Array.Find(Binary[2..], s => Math.Abs(value) >= s.Factor);
        return suffix is null ? Digits(value) : (value / factor).ToString("0.##", CultureInfo.InvariantCulture) + suffix;
    }

    private static string Digits(decimal value) => value.ToString("0", CultureInfo.InvariantCulture);
}
