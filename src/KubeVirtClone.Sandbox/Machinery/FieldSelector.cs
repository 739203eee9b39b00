namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>A field selector: <c>path=value</c>, <c>path==value</c>, <c>path!=value</c>, joined by commas.</summary>
public sealed class FieldSelector
{
    private readonly List<(string[] Path, string Value, bool Equal)> _terms = [];

    /// <summary>The name asked for by <c>metadata.name=…</c>, or null.</summary>
    public string? Name { get; private set; }

    /// <summary>Parses a selector; refuses with 400 what the resource cannot select by.</summary>
    public static FieldSelector Parse(string text, ResourceType type)
    {
        var selector = new FieldSelector();
        foreach (var term in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var (path, value, equal) = Term(term, text);
            if (path is not ("metadata.name" or "metadata.namespace") && !type.SelectableFields.Contains(path))
            {
                throw ApiException.BadRequest(
                    type.IsCustom ? $"field label not supported: {path}" : $"\"{path}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
            }

            if (path == "metadata.name" && equal)
                selector.Name = value;
            selector._terms.Add((path.Split('.'), value, equal));
        }

        return selector;
    }

    /// <summary>Whether an object satisfies the selector; a missing field counts as empty.</summary>
    public bool Matches(JsonObject obj)
    {
        foreach (var (path, value, equal) in _terms)
        {
            var node = obj.At(path);
            var have = node is JsonValue leaf ? leaf.TryGetValue<string>(out var s) ? s : leaf.ToJsonString() : "";
            if (have == value != equal)
                return false;
        }

        return true;
    }

    private static (string Path, string Value, bool Equal) Term(string term, string whole)
    {
        var at = term.IndexOf('=', StringComparison.Ordinal);
        if (at < 0)
            throw ApiException.BadRequest($"invalid selector: '{whole}'; can't understand '{term}'");
        if (at > 0 && term[at - 1] == '!')
            return (term[..(at - 1)].Trim(), Unescape(term[(at + 1)..]), false);
        var value = term[(at + 1)..];
        return (term[..at].Trim(), Unescape(value.StartsWith('=') ? value[1..] : value), true);
    }

    private static string Unescape(string value) =>
        value.Replace("\\,", ",", StringComparison.Ordinal).Replace("\\=", "=", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
}
