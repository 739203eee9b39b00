using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>What the four filter lists do to the source's own keys, by KubeVirt's meaning of them.</summary>
internal sealed class FilterCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch) =>
        batch.Sources.SelectMany(source => source.All
            .SelectMany(s => Lists(s).Select(l => (Subject: s, List: l)))
            .GroupBy(l => (l.List.Name, string.Join('\n', l.List.Filters)))
            .SelectMany(g => Judge(source, g.First().List, [.. g.Select(l => l.Subject)])));

    private static IEnumerable<FilterList> Lists(PreflightSubject subject)
    {
        var request = subject.Request;
        var machine = subject.Source;
        var template = SourceMachine.Template(machine)?["metadata"];
        var known = machine is not null;
        return new FilterList?[]
        {
            Of("LabelFilter", "label", request.LabelFilter, known, machine?["metadata"]?["labels"]),
            Of("AnnotationFilter", "annotation", request.AnnotationFilter, known, machine?["metadata"]?["annotations"]),
            Of("TemplateLabelFilter", "template label", request.TemplateLabelFilter, known, template?["labels"]),
            Of("TemplateAnnotationFilter", "template annotation", request.TemplateAnnotationFilter, known, template?["annotations"]),
        }.OfType<FilterList>();
    }

    private static FilterList? Of(string name, string noun, IReadOnlyList<string>? filters, bool known, System.Text.Json.Nodes.JsonNode? keys) =>
        filters is null || filters.Any(string.IsNullOrEmpty) ? null : new FilterList(name, noun, filters, known ? SourceMachine.Keys(keys) : null);

    private static IEnumerable<Finding> Judge(PreflightSource source, FilterList list, IReadOnlyList<PreflightSubject> subjects)
    {
        var filter = KeyFilter.Of(list.Filters);
        Finding Make(FindingSeverity severity, string code, string message, Advice action) =>
            source.Finding(severity, code, message, action, $"{list.Name}: {string.Join(", ", list.Filters)}") with { Requests = [.. subjects.Select(s => s.Item.Request)] };

        // '!*' is no expression, so KubeVirt ignores it; alone it still empties the list, which is what it is written for.
        var onPurpose = list.Filters is ["!*"];
        if (filter.KeepsNothing && !onPurpose)
        {
            yield return Make(
                FindingSeverity.Warning,
                FindingCodes.FilterKeepsNothing,
                list.Filters.Count == 0
                    ? $"{list.Name} is an empty list: KubeVirt strips every {list.Noun}."
                    : $"{list.Name} keeps nothing, so that KubeVirt drops every {list.Noun}.",
                list.Filters.Count == 0 ? $"Leave it out to copy every {list.Noun}." : "Give '*' too to keep the others.");
        }

        foreach (var (ignored, why) in filter.Refused.Where(_ => !onPurpose))
        {
            yield return Make(
                FindingSeverity.Warning,
                FindingCodes.FilterIgnored,
                $"{list.Name} '{ignored}' is no regular expression ({why}): KubeVirt ignores it.",
                ignored == "!*" ? "To drop everything give '!*' alone." : "A filter is a regular expression in Go's syntax (RE2): it has no look-around and no back-references, and '\\[' stands for '['.");
        }

        if (list.Keys is null)
            yield break;
        foreach (var single in list.Filters.Where(f => !filter.Ignored.Contains(f, StringComparer.Ordinal)))
        {
            if (FilterMeaning.Surprise(single, list.Keys) is { } surprise)
                yield return Make(FindingSeverity.Warning, FindingCodes.FilterSurprise, $"{list.Name} '{single}' {surprise}", FilterMeaning.Advice(single));
            else if (list.Keys.Count > 0 && !list.Keys.Any(k => FilterMeaning.Matches(single, k)))
                yield return Make(FindingSeverity.Information, FindingCodes.FilterMatchesNothing, $"{list.Name} '{single}' matches no {list.Noun} of '{source.Name}'.", "");
        }

        var kept = list.Keys.Where(filter.Keeps).ToList();
        var dropped = list.Keys.Except(kept, StringComparer.Ordinal).ToList();
        yield return Make(
            FindingSeverity.Information,
            FindingCodes.FilterPreview,
            $"{list.Name} keeps {Show(kept)} and drops {Show(dropped)}.",
            "");
    }

    private static string Show(List<string> keys) => keys.Count == 0 ? "nothing" : string.Join(", ", keys.Order(StringComparer.Ordinal));

    private sealed record FilterList(string Name, string Noun, IReadOnlyList<string> Filters, IReadOnlyList<string>? Keys);
}

/// <summary>What a filter looks like it means (a name, or a name with <c>*</c> at its end), against what KubeVirt makes of it.</summary>
internal static class FilterMeaning
{
    private static readonly System.Buffers.SearchValues<char> ExpressionSigns = System.Buffers.SearchValues.Create("^$\\()[]|+?{}");

    /// <summary>Whether KubeVirt's expression, exclusion sign aside, matches the key.</summary>
    public static bool Matches(string filter, string key) => new KeyFilter([Positive(filter)]).Keeps(key);

    /// <summary>In which keys meaning and looks differ, in words; null when they do not, or when the filter is written as an expression.</summary>
    public static string? Surprise(string filter, IReadOnlyList<string> keys)
    {
        var text = Positive(filter);
        if (text.Length == 0 || text == "*" || text.AsSpan().IndexOfAny(ExpressionSigns) >= 0)
            return null;
        var meaning = new KeyFilter([text]);
        var too = keys.Where(k => meaning.Keeps(k) && !Looks(text, k)).ToList();
        var not = keys.Where(k => !meaning.Keeps(k) && Looks(text, k)).ToList();
        var parts = new List<string>();
        if (too.Count > 0)
            parts.Add($"also matches {string.Join(", ", too)}");
        if (not.Count > 0)
            parts.Add($"does not match {string.Join(", ", not)}");
        return parts.Count == 0
            ? null
            : string.Join(" and ", parts) + ": it is a regular expression that may match anywhere in the key" + (text.EndsWith('*') ? ", and '*' repeats the letter before it." : ".");
    }

    /// <summary>How to write what the filter looks like.</summary>
    public static string Advice(string filter)
    {
        var text = Positive(filter);
        var prefix = text.EndsWith('*');
        var exact = System.Text.RegularExpressions.Regex.Escape(prefix ? text[..^1] : text);
        var sign = filter.StartsWith('!') ? "!" : "";
        return $"Write '{sign}^{exact}{(prefix ? ".*" : "$")}' for {(prefix ? "keys that begin so" : "exactly that key")}.";
    }

    private static string Positive(string filter) => filter.StartsWith('!') ? filter[1..] : filter;

    private static bool Looks(string text, string key) =>
        text.EndsWith('*') ? key.StartsWith(text[..^1], StringComparison.Ordinal) : key == text;
}
