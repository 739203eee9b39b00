namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Names of restored volumes.</summary>
internal static class VolumeNames
{
    private const int MaximumLabel = 63;
    private const int HashWithDashes = 10;

    /// <summary>
    /// <paramref name="target"/>-<paramref name="volume"/>; longer than 63 characters, the front is cut and a hash of it put between,
    /// and with a volume name too long even for that the hash of the whole stands at the end.
    /// </summary>
    public static string Prefixed(string target, string volume)
    {
        var name = target + "-" + volume;
        if (name.Length <= MaximumLabel)
            return name;
        var room = MaximumLabel - HashWithDashes - volume.Length;
        if (room <= 0)
            return target[..Math.Min(target.Length, MaximumLabel - 9)] + "-" + GoText.Fnv32(name);
        return target[..Math.Min(target.Length, room)] + "-" + GoText.Fnv32(target) + "-" + volume;
    }
}
