namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>A resource quantity that remembers whether it was written with binary suffixes, as sums and differences do on a server.</summary>
internal readonly record struct Amount(decimal Value, bool Binary)
{
    public static Amount Zero => default;

    public static Amount One => new(1, Binary: false);

    public static Amount operator +(Amount a, Amount b) => new(a.Value + b.Value, a.Value == 0 ? b.Binary : a.Binary);

    public static Amount operator -(Amount a, Amount b) => new(a.Value - b.Value, a.Binary);

    public static Amount Parse(string text) => new(Quantity.Value(text), text.EndsWith('i'));

    public override string ToString() => Quantity.Write(Value, Binary);
}
