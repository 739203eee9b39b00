using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>What a value without quotes is in kubectl's YAML (1.1): a text, or something else that is no text for it, such as a number.</summary>
internal static partial class PlainScalar
{
    // What is written with one of these is that, quotes or not.
    private static readonly string[] Typed = ["tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"];

    /// <summary>Whether it is a text, or nothing. A token 12345 without quotes is none: kubectl refuses it, and it may have been meant to begin with zeros.</summary>
    public static bool IsText(YamlScalarNode scalar) => Value(scalar)?.GetValueKind() is null or JsonValueKind.String;

    /// <summary>The flag; null when it is none.</summary>
    public static bool? Flag(YamlScalarNode scalar) => Value(scalar)?.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>The JSON of it: a text, a flag, a number, or null.</summary>
    public static JsonValue? Value(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        var tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        if (tag == "tag:yaml.org,2002:binary")
            return JsonValue.Create(Binary(text));
        if (tag is "tag:yaml.org,2002:str" || (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any) && !Typed.Contains(tag, StringComparer.Ordinal)))
            return JsonValue.Create(text);
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N":
                return JsonValue.Create(false);
        }

        return Number(text) ?? JsonValue.Create(text);
    }

    private static string Binary(string text)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            return text;
        }
    }

    // Infinity and the like are numbers too, though JSON has none for them.
    private static JsonValue? Number(string text)
    {
        if (text is ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" or ".nan" or ".NaN" or ".NAN")
            return JsonValue.Create(double.NaN);
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (WholeNumber().Match(plain) is { Success: true } whole && Whole(whole) is { } number)
            return number;
        return Fraction().IsMatch(plain) && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) && double.IsFinite(fraction)
            ? JsonValue.Create(fraction)
            : null;
    }

    private static JsonValue? Whole(Match match)
    {
        ulong value = 0;
        foreach (var (name, radix) in new[] { ("x", 16ul), ("b", 2ul), ("o", 8ul), ("d", 10ul) })
        {
            foreach (var digit in match.Groups[name].ValueSpan)
            {
                if (Math.BigMul(value, radix, out var low) > 0 || ulong.MaxValue - low < (ulong)Convert.ToInt32(digit.ToString(), 16))
                    return null;
                value = low + (ulong)Convert.ToInt32(digit.ToString(), 16);
            }
        }

        if (!match.Groups["minus"].Success)
            return JsonValue.Create(value);
        return value <= long.MaxValue ? JsonValue.Create(-(long)value) : null;
    }

    [GeneratedRegex("^(?:(?<minus>-)|\\+)?(?:0[xX](?<x>[0-9a-fA-F]+)|0[bB](?<b>[01]+)|0[oO]?(?<o>[0-7]+)|(?<d>0|[1-9][0-9]*))$", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Fraction();
}
