namespace KubeVirtClone.Engine.Knowledge.Patches;

/// <summary>KubeVirt's rules for filter lists, and what they do that hardly anyone means.</summary>
internal static class FilterRules
{
    public static IReadOnlyList<string>? Check(IReadOnlyList<string>? filters, string name, string keys, List<string> warnings)
    {
        if (filters is null)
            return null;
        if (filters.Count == 0)
        {
            throw new RequestFaultException(
                FaultIds.VMCloneFilterInvalid,
                $"{name} is an empty list: KubeVirt would strip every {keys}.",
                $"Leave {name} out to copy every {keys}; to drop all of them on purpose, give '!*'.");
        }

        foreach (var filter in filters)
        {
            if (WhyNot(filter) is { } why)
            {
                throw new RequestFaultException(
                    FaultIds.VMCloneFilterInvalid,
                    $"{name} '{filter}' is not a filter KubeVirt takes: {why}.",
                    "Write '*' alone for all, 'text' for keys that contain it, '!text' to exclude. '!' goes first, '*' last. A filter is a regular expression: '^app$' is exactly app.");
            }
        }

        Warn(filters, name, keys, warnings);
        return filters;
    }

    /// <summary>Why KubeVirt's webhook does not take a filter; null when it does.</summary>
    public static string? WhyNot(string? filter) => filter switch
    {
        // KubeVirt's webhook crashes on it.
        null or "" => "it is empty",
        "!" => "a lone '!' excludes nothing",
        { Length: 1 } => null,
        _ when filter.LastIndexOf('!') > 0 => "'!' can stand only at the beginning",
        _ when filter[..^1].Contains('*', StringComparison.Ordinal) => "'*' can stand only at the end",
        _ => null,
    };

    private static void Warn(IReadOnlyList<string> filters, string name, string keys, List<string> warnings)
    {
        var meaning = KeyFilter.Of(filters);
        if (meaning.KeepsNothing && !(filters.Count == 1 && filters[0] == "!*"))
            warnings.Add($"{name} has only exclusions: KubeVirt then drops every {keys}. Give '*' too to keep the others.");
        foreach (var ignored in meaning.Ignored.Where(f => f != "!*"))
            warnings.Add($"{name} '{ignored}' is no regular expression: KubeVirt ignores it.");
    }
}
