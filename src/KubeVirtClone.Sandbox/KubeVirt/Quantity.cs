using System.Globalization;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Kubernetes resource quantities as numbers: <c>1Gi</c>, <c>500M</c>, <c>0.5</c>, <c>1e9</c>.</summary>
internal static class Quantity
{
    /// <summary>Powers of 1024, the largest first.</summary>
    public static readonly (string Suffix, decimal Factor)[] BinarySuffixes =
        [("Ei", 1152921504606846976m), ("Pi", 1125899906842624m), ("Ti", 1099511627776m), ("Gi", 1073741824m), ("Mi", 1048576m), ("Ki", 1024m)];

    /// <summary>Powers of 1000, the largest first.</summary>
    public static readonly (string Suffix, decimal Factor)[] DecimalSuffixes = [("E", 1e18m), ("P", 1e15m), ("T", 1e12m), ("G", 1e9m), ("M", 1e6m), ("k", 1e3m)];

    /// <summary>The value; zero for a text that is no quantity.</summary>
    public static decimal Parse(string text)
    {
        foreach (var (suffix, factor) in BinarySuffixes.Concat(DecimalSuffixes).Append(("m", 0.001m)))
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
                return Number(text[..^suffix.Length]) * factor;
        }

        return Number(text);
    }

    private static decimal Number(string text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) ? n : 0;
}
