using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>
/// The rule by which identifiers of two runs are matched: an object's uid is replaced by what the object is (kind and name, its
/// name treated the same way first), generated names by what they were generated from, other random UUIDs, times and resource
/// versions by their kind. UUIDs that the case itself gave stay as they are. Nothing else is touched.
/// </summary>
internal sealed partial class Identities
{
    private readonly Dictionary<string, string> _replacements = [];
    private readonly HashSet<string> _given = [];
    private readonly Dictionary<string, string> _words = [];

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Uuid();

    [GeneratedRegex("[bcdfghjklmnpqrstvwxz2456789]{5}$", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Suffix();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Time();

    /// <summary>UUIDs in what the case gives, such as a firmware uuid, are data.</summary>
    public void Given(JsonNode? input)
    {
        foreach (Match m in Uuid().Matches(input?.ToJsonString() ?? ""))
            _given.Add(m.Value);
    }

    /// <summary>Names made up by the server, of a beginning and five characters of Kubernetes' alphabet: the whole name stands for its beginning.</summary>
    public void Generated(string name, string beginning)
    {
        if (name.Length == beginning.Length + 5 && name.StartsWith(beginning, StringComparison.Ordinal) && Suffix().IsMatch(name))
            Alias(name, beginning);
    }

    /// <summary>A name that is known by what it stands for, whatever its form.</summary>
    public void Alias(string name, string what) => _replacements[name] = $"<generated {what}>";

    /// <summary>A name whose bearer is known by its place only; replaced where it stands as a word of its own.</summary>
    public void Renamed(string name, string replacement) => _words[name] = replacement;

    /// <summary>Takes note of every object with a uid in a recording, wherever it stands in it.</summary>
    public void Learn(JsonNode? recording)
    {
        var found = new List<(string Uid, string Kind, string Name)>();
        Collect(recording, found);
        bool learned;
        do
        {
            learned = false;
            foreach (var (uid, kind, name) in found)
            {
                if (_replacements.ContainsKey(uid) || _given.Contains(uid) || !Guid.TryParseExact(uid, "D", out _))
                    continue;
                var shown = Known(name);
                if (Uuid().IsMatch(shown))
                    continue;
                // A name that was used again stands for another object the second time.
                var token = $"<uid {kind}/{shown}>";
                for (var again = 2; _replacements.ContainsValue(token); again++)
                    token = $"<uid {kind}/{shown} #{again}>";
                _replacements[uid] = token;
                learned = true;
            }
        }
        while (learned);
    }

    private static void Collect(JsonNode? node, List<(string Uid, string Kind, string Name)> found)
    {
        if (node is JsonObject o)
        {
            if (o.TextAt("metadata", "uid") is { } uid && o.TextAt("metadata", "name") is { } name && o.TextAt("kind") is { } kind)
            {
                // The claim beside an import is not simulated.
                if (!KnownRaces.IsImportHelper(name))
                    found.Add((uid, kind, name));
            }

            if (o.TextAt("uid") is { } referenced && o.TextAt("kind") is { } ofKind && o.TextAt("name") is { } ofName)
                found.Add((referenced, ofKind, ofName));
        }

        switch (node)
        {
            case JsonObject map:
                foreach (var (_, value) in map)
                    Collect(value, found);
                break;
            case JsonArray list:
                foreach (var item in list)
                    Collect(item, found);
                break;
        }
    }

    private string Known(string text)
    {
        foreach (var (name, replacement) in _replacements)
        {
            if (text.Contains(name, StringComparison.Ordinal) && !text.Contains(replacement, StringComparison.Ordinal))
                text = text.Replace(name, replacement, StringComparison.Ordinal);
        }

        return text;
    }

    public string Show(string text)
    {
        if (Time().IsMatch(text))
            return "<time>";
        text = Uuid().Replace(Known(text), m => _given.Contains(m.Value) ? m.Value : "<uuid>");
        foreach (var (name, replacement) in _words)
            text = Regex.Replace(text, $@"(?<![\w.-]){Regex.Escape(name)}(?![\w.])", replacement, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        return text;
    }

    /// <summary>A copy with the rule applied to every text and property name.</summary>
    public JsonNode? Show(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map
            .Where(p => p.Key != "managedFields")
            .Select(p => new KeyValuePair<string, JsonNode?>(Show(p.Key), p.Key == "resourceVersion" ? "<version>" : Show(p.Value)))
            .OrderBy(p => p.Key, StringComparer.Ordinal)),
        JsonArray list => new JsonArray([.. list.Select(Show)]),
        JsonValue value when value.TryGetValue(out string? s) => Show(s),
        null => null,
        _ => JsonNode.Parse(node.ToJsonString()),
    };
}
