using System.Text.RegularExpressions;

namespace KubeVirtClone.Engine.Knowledge.Naming;

/// <summary>Kubernetes' rules for names and label values.</summary>
public static partial class NameRules
{
    /// <summary>Longest object name.</summary>
    public const int MaxNameLength = 253;

    /// <summary>Longest label value and DNS label; longer machine names work, but not everywhere.</summary>
    public const int MaxLabelLength = 63;

    /// <summary>Why <paramref name="name"/> is no legal object name (RFC 1123 subdomain); null when it is one.</summary>
    /// <param name="name">The name to judge.</param>
    public static string? WhyNotName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0)
            return "it is empty";
        if (name.Length > MaxNameLength)
            return $"it has {name.Length} characters; {MaxNameLength} are allowed";
        if (SubdomainRegex().IsMatch(name))
            return null;
        if (name.Any(char.IsUpper) && SubdomainRegex().IsMatch(name.ToLowerInvariant()))
            return $"it has upper-case letters; '{name.ToLowerInvariant()}' would be legal";
        return "a name has lower-case letters, digits, '-' and '.', and begins and ends with a letter or digit";
    }

    /// <summary>Why <paramref name="value"/> is no legal label value; null when it is one.</summary>
    /// <param name="value">The value to judge.</param>
    public static string? WhyNotLabelValue(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length > MaxLabelLength)
            return $"it has {value.Length} characters; {MaxLabelLength} are allowed";
        return LabelValueRegex().IsMatch(value) ? null : "it may have letters, digits, '-', '_' and '.', and begins and ends with a letter or digit";
    }

    /// <summary>Why <paramref name="key"/> is no legal label or annotation key; null when it is one.</summary>
    /// <param name="key">The key to judge, with its optional <c>prefix/</c>.</param>
    public static string? WhyNotLabelKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var prefix = slash < 0 ? null : key[..slash];
        var name = key[(slash + 1)..];
        if (prefix is not null && (prefix.Length > MaxNameLength || !SubdomainRegex().IsMatch(prefix)))
            return "the part before '/' is not a DNS name";
        if (name.Length is 0 or > MaxLabelLength || !LabelValueRegex().IsMatch(name))
            return $"the name part must be 1 to {MaxLabelLength} letters, digits, '-', '_' and '.', and begin and end with a letter or digit";
        return null;
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex SubdomainRegex();

    [GeneratedRegex(@"\A(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\z", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex LabelValueRegex();
}
