using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>What a value without quotes is in kubectl's YAML (1.1): a text, or something else that is no text for it, such as a number.</summary>
internal static partial class PlainScalar
{
    /// <summary>Whether it is a text. A token 12345 without quotes is none: kubectl refuses it, and it may have been meant to begin with zeros.</summary>
    public static bool IsText(YamlScalarNode scalar) =>
        scalar.Style != ScalarStyle.Plain || scalar.Value is not { } value || (Flag(scalar) is null && !IsNumber(value));

    /// <summary>The flag; null when it is none.</summary>
    public static bool? Flag(YamlScalarNode scalar) => scalar.Style != ScalarStyle.Plain ? null : scalar.Value switch
    {
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y" => true,
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N" => false,
        _ => null,
    };

    private static bool IsNumber(string value) =>
        WholeNumber().IsMatch(value.Replace("_", "", StringComparison.Ordinal))
        || (Fraction().IsMatch(value) && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        || value is ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" or ".nan" or ".NaN" or ".NAN";

    [GeneratedRegex("^[-+]?(?:[0-9]+|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Fraction();
}
