namespace KubeVirtClone.Engine.Model.Records;

/// <summary>A 48-bit MAC address, read from any usual notation.</summary>
/// <param name="Value">The address as a number, 0 to 2^48 − 1.</param>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>
    /// Reads <c>02:00:00:aa:bb:cc</c>, <c>02-00-00-AA-BB-CC</c>, <c>0200.00aa.bbcc</c> or <c>020000aabbcc</c>; upper or lower case.
    /// </summary>
    /// <param name="text">The address as given.</param>
    /// <param name="address">The address, when it could be read.</param>
    public static bool TryParse(string? text, out MacAddress address)
    {
        address = default;
        text = text?.Trim() ?? "";
        var separator = text.FirstOrDefault(c => !char.IsAsciiHexDigit(c));
        if (separator is not (default(char) or ':' or '-' or '.'))
            return false;

        var groups = separator == default ? [text] : text.Split(separator);
        var width = groups.Length switch { 1 => 12, 3 => 4, 6 => 2, _ => 0 };
        if (width == 0 || Array.Exists(groups, g => g.Length != width || !g.All(char.IsAsciiHexDigit)))
            return false;

        address = new MacAddress(Convert.ToUInt64(string.Concat(groups), 16));
        return true;
    }

    /// <summary>
    /// The address with hyphens, in lower case. KubeVirt's restore webhook takes a colon for the end of a key, so that a clone with a
    /// colon MAC is accepted and then never finishes; with hyphens it works.
    /// </summary>
    public override string ToString()
    {
        var hex = Value.ToString("x12");
        return string.Join('-', Enumerable.Range(0, 6).Select(i => hex.Substring(i * 2, 2)));
    }
}
