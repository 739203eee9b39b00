namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>MAC addresses as Go's <c>net.ParseMAC</c> reads them and KubeVirt's clone webhook accepts them (6 bytes).</summary>
internal static class MacAddress
{
    /// <summary>True for six bytes in the forms <c>xx:xx:…</c>, <c>xx-xx-…</c> or <c>xxxx.xxxx.xxxx</c>.</summary>
    public static bool IsValid(string text) => ByteCount(text) is 6;

    // Go reads 6, 8 and 20 bytes; KubeVirt then refuses what is longer than 6. Separators may not be mixed.
    private static int? ByteCount(string text)
    {
        if (text.Length < 14)
            return null;
        if (text[2] is ':' or '-')
        {
            if ((text.Length + 1) % 3 != 0)
                return null;
            return AllGroups(text, text[2], 2) ? Known((text.Length + 1) / 3) : null;
        }

        if (text[4] != '.' || (text.Length + 1) % 5 != 0)
            return null;
        return AllGroups(text, '.', 4) ? Known(2 * (text.Length + 1) / 5) : null;
    }

    private static bool AllGroups(string text, char separator, int digits) =>
        text.Split(separator).All(group => group.Length == digits && group.All(char.IsAsciiHexDigit));

    private static int? Known(int bytes) => bytes is 6 or 8 or 20 ? bytes : null;
}
