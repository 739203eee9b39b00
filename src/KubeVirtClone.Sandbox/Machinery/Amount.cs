using System.Globalization;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>A resource quantity that remembers whether it was written with binary suffixes, as sums and differences do on a server.</summary>
internal readonly record struct Amount(decimal Value, bool Binary)
{
    private static readonly (string Suffix, decimal Factor)[] BinarySuffixes =
        [("Ei", 1152921504606846976m), ("Pi", 1125899906842624m), ("Ti", 1099511627776m), ("Gi", 1073741824m), ("Mi", 1048576m), ("Ki", 1024m)];

    private static readonly (string Suffix, decimal Factor)[] DecimalSuffixes = [("E", 1e18m), ("P", 1e15m), ("T", 1e12m), ("G", 1e9m), ("M", 1e6m), ("k", 1e3m)];

    public static Amount Zero => default;

    public static Amount One => new(1, Binary: false);

    public static Amount operator +(Amount a, Amount b) => new(a.Value + b.Value, a.Value == 0 ? b.Binary : a.Binary);

    public static Amount operator -(Amount a, Amount b) => new(a.Value - b.Value, a.Binary);

    public static Amount Parse(string text) => new(Quantity.Parse(text), text.EndsWith('i'));

    /// <summary>The canonical form: the largest suffix that leaves a whole number.</summary>
    public override string ToString()
    {
        foreach (var (suffix, factor) in Binary ? BinarySuffixes : DecimalSuffixes)
        {
            if (Value != 0 && Value % factor == 0)
                return (Value / factor).ToString("0", CultureInfo.InvariantCulture) + suffix;
        }

        return Value % 1 == 0 ? Value.ToString("0", CultureInfo.InvariantCulture) : (Value * 1000).ToString("0", CultureInfo.InvariantCulture) + "m";
    }
}
