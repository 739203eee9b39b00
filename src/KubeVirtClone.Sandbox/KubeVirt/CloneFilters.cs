namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Which labels or annotations a clone's filter list leaves out, and what the clone webhook says of a filter's form.</summary>
internal static class CloneFilters
{
    /// <summary>
    /// The keys a filter list removes, in ordinal order. No list keeps everything. <c>*</c> alone is "all"; every other filter is an
    /// unanchored regular expression, a leading <c>!</c> makes it negative, negatives win, and an expression Go cannot read counts as no match.
    /// </summary>
    public static IReadOnlyList<string> Removed(IEnumerable<string> keys, IReadOnlyList<string>? filters)
    {
        if (filters is null)
            return [];
        var positive = new List<GoRegex>();
        var negative = new List<GoRegex>();
        foreach (var filter in filters)
        {
            var (expression, list) = filter switch
            {
                "*" => (".*", positive),
                _ when filter.StartsWith('!') => (filter[1..], negative),
                _ => (filter, positive),
            };
            if (GoRegex.TryParse(expression, out _) is { } regex)
                list.Add(regex);
        }

        return [.. keys.Where(k => !positive.Exists(r => r.IsMatch(k)) || negative.Exists(r => r.IsMatch(k))).Order(StringComparer.Ordinal)];
    }

    /// <summary>The webhook's objections to a filter list; <see cref="WebhookPanicException"/> for an empty filter, as KubeVirt crashes on it.</summary>
    public static IEnumerable<string> Objections(IEnumerable<string> filters, string field)
    {
        foreach (var filter in filters)
        {
            if (filter.Length == 0)
                throw new WebhookPanicException();
            if (filter.Length == 1)
            {
                if (filter == "!")
                    yield return "a negation character is not a valid filter";
                continue;
            }

            if (filter.IndexOf('!', 1) >= 0)
                yield return $"{field} filter {filter} is invalid: cannot contain a negation character (!); FilterRules: NegationChar can be only used at the beginning of the filter";
            if (filter.IndexOf('*', 0, filter.Length - 1) >= 0)
                yield return $"{field} filter {filter} is invalid: cannot contain a wildcard character (*); FilterRules: WildcardChar can be only at the end of the filter";
        }
    }
}

/// <summary>The webhook's process broke off without an answer, as KubeVirt's does where it dereferences nothing.</summary>
internal sealed class WebhookPanicException : Exception
{
    public WebhookPanicException()
        : base("the webhook broke off")
    {
    }

    public WebhookPanicException(string message)
        : base(message)
    {
    }

    public WebhookPanicException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
