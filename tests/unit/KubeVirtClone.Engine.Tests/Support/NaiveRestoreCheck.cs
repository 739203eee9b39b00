namespace KubeVirtClone.Engine.Tests.Support;

/// <summary>The check KubeVirt's restore webhook makes of a patch, as its recorded refusals show it: cut at every ',' and ':'.</summary>
internal static class NaiveRestoreCheck
{
    public static string? WhyRefused(string patch)
    {
        foreach (var pair in patch.Trim('{', '}').Split(','))
        {
            var parts = pair.Split(':');
            if (parts.Length != 2)
                return $"one \":\" expected: {pair}";
            var key = parts[0].Trim().Trim('"');
            var value = parts[1].Trim().Trim('"');
            if (key == "path" && !value.StartsWith("/spec/", StringComparison.Ordinal)
                && !value.StartsWith("/metadata/labels/", StringComparison.Ordinal)
                && !value.StartsWith("/metadata/annotations/", StringComparison.Ordinal))
            {
                return $"valid only under /spec/: {value}";
            }
        }

        return null;
    }
}
