using System.Globalization;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>A resource quantity that remembers whether it was written with binary suffixes, as sums and differences do on a server.</summary>
internal readonly record struct Amount(decimal Value, bool Binary)
{
    public static Amount Zero => default;

    public static Amount One => new(1, Binary: false);

    public static Amount operator +(Amount a, Amount b) => new(a.Value + b.Value, a.Value == 0 ? b.Binary : a.Binary);

    public static Amount operator -(Amount a, Amount b) => new(a.Value - b.Value, a.Binary);

    public static Amount Parse(string text) => new(Quantity.Parse(text), text.EndsWith('i'));

    /// <summary>The canonical form: the largest suffix that leaves a whole number.</summary>
    public override string ToString()
    {
        foreach (var (suffix, factor) in Binary ? Quantity.BinarySuffixes : Quantity.DecimalSuffixes)
        {
            if (Value != 0 && Value % factor == 0)
                return (Value / factor).ToString("0", CultureInfo.InvariantCulture) + suffix;
        }

        return Value % 1 == 0 ? Value.ToString("0", CultureInfo.InvariantCulture) : (Value * 1000).ToString("0", CultureInfo.InvariantCulture) + "m";
    }
}
