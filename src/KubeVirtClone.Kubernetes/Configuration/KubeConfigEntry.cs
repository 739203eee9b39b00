using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>One mapping in a kubeconfig, which knows where it stands so that errors can say so. Values never get into errors.</summary>
internal sealed class KubeConfigEntry(string file, string place, YamlMappingNode node)
{
    /// <summary>The file it stands in.</summary>
    public string File { get; } = file;

    /// <summary>The text of a field; null when absent, null or empty.</summary>
    public string? Text(string field) => Find(field) switch
    {
        null => null,
        YamlScalarNode scalar when IsNull(scalar) || string.IsNullOrEmpty(scalar.Value) => null,
        YamlScalarNode scalar => PlainScalar.IsText(scalar) ? PlainScalar.Value(scalar)?.GetValue<string>() : throw Invalid(field, "must be text: put it in quotes"),
        _ => throw Invalid(field, "must be text"),
    };

    /// <summary>A field that must be there.</summary>
    public string Required(string field) => Text(field) ?? throw Invalid(field, "is missing");

    public bool Flag(string field) => Find(field) switch
    {
        null => false,
        YamlScalarNode scalar when IsNull(scalar) => false,
        YamlScalarNode scalar when PlainScalar.Flag(scalar) is { } flag => flag,
        _ => throw Invalid(field, "must be true or false, without quotes"),
    };

    /// <summary>The bytes of a base64 field; null when absent.</summary>
    public byte[]? Data(string field)
    {
        var text = Text(field);
        if (text is null)
            return null;
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw Invalid(field, "is not valid base64");
        }
    }

    /// <summary>The full path in a field, relative ones from the folder of this entry's own file; null when absent.</summary>
    public string? FilePath(string field) =>
        Text(field) is { } path ? Path.GetFullPath(path, Path.GetDirectoryName(Path.GetFullPath(File))!) : null;

    public KubeConfigEntry? Child(string field) => Find(field) switch
    {
        null => null,
        YamlMappingNode mapping => new KubeConfigEntry(File, $"{Prefix}{field}", mapping),
        YamlScalarNode scalar when IsNull(scalar) => null,
        _ => throw Invalid(field, "must be a mapping"),
    };

    public IReadOnlyList<string> Texts(string field) => Find(field) switch
    {
        null => [],
        YamlScalarNode scalar when IsNull(scalar) => [],
        YamlSequenceNode sequence => [.. sequence.Select(item => item is YamlScalarNode text && PlainScalar.IsText(text) ? text.Value ?? "" : throw Invalid(field, "must be a list of texts"))],
        _ => throw Invalid(field, "must be a list"),
    };

    public IReadOnlyList<string> FieldNames() => [.. node.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value ?? "")];

    /// <summary>The mappings of a list; empty when absent.</summary>
    public IReadOnlyList<KubeConfigEntry> Entries(string field) => Find(field) switch
    {
        null => [],
        YamlScalarNode scalar when IsNull(scalar) => [],
        YamlSequenceNode sequence =>
        [
            .. sequence.Select((item, index) => new KubeConfigEntry(
                File, $"{Prefix}{field}[{index}]", item as YamlMappingNode ?? throw Invalid(field, "must be a list of mappings"))),
        ],
        _ => throw Invalid(field, "must be a list"),
    };

    /// <summary>Whatever a field holds, as JSON; null when absent.</summary>
    public JsonNode? Json(string field)
    {
        try
        {
            return Find(field) is { } value ? YamlJson.From(value) : null;
        }
        catch (YamlException e)
        {
            throw Invalid(field, e.Message);
        }
    }

    /// <summary>The entries of a list of <c>{name, &lt;content&gt;}</c>, by name, in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, KubeConfigEntry>> NamedEntries(string field, string content)
    {
        var result = new List<KeyValuePair<string, KubeConfigEntry>>();
        switch (Find(field))
        {
            case null:
            case YamlScalarNode scalar when IsNull(scalar):
                return result;
            case YamlSequenceNode sequence:
                foreach (var item in sequence)
                {
                    var mapping = item as YamlMappingNode ?? throw Invalid(field, "must be a list of mappings");
                    var named = new KubeConfigEntry(File, $"{field}[{result.Count}]", mapping);
                    var name = named.Required("name");
                    if (result.Exists(other => other.Key == name))
                        throw Invalid(field, $"has two entries named '{name}'");
                    var body = named.Child(content)?.At($"{content} '{name}'") ?? new KubeConfigEntry(File, $"{content} '{name}'", new YamlMappingNode());
                    result.Add(new(name, body));
                }

                return result;
            default:
                throw Invalid(field, "must be a list");
        }
    }

    /// <summary>An error about a field of this entry.</summary>
    public KubeConfigException Invalid(string field, string what, KubeConfigProblem problem = KubeConfigProblem.Invalid) =>
        new(problem, $"kubeconfig '{File}': {Prefix}{field} {what}.", File);

    /// <summary>False when the file is not there; null in <paramref name="root"/> when there is nothing in it.</summary>
    public static bool TryReadFile(string file, out KubeConfigEntry? root)
    {
        root = null;
        if (Directory.Exists(file))
            throw new KubeConfigException(KubeConfigProblem.Invalid, $"kubeconfig '{file}' is a folder, not a file.", file);
        try
        {
            root = ReadFile(file);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    private static KubeConfigEntry? ReadFile(string file)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = new StreamReader(file);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            // The parser's own words can quote what it stumbled over, which may be a token.
            throw new KubeConfigException(
                KubeConfigProblem.Invalid, $"kubeconfig '{file}' is not valid YAML: line {e.Start.Line}, column {e.Start.Column}.", file);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not FileNotFoundException and not DirectoryNotFoundException))
        {
            throw new KubeConfigException(KubeConfigProblem.Invalid, $"kubeconfig '{file}' cannot be read: {e.Message}", file);
        }

        return stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode switch
        {
            YamlMappingNode mapping => new KubeConfigEntry(file, "", mapping),
            YamlScalarNode scalar when IsNull(scalar) => null,
            _ => throw new KubeConfigException(KubeConfigProblem.Invalid, $"kubeconfig '{file}' is not a mapping of fields.", file),
        };
    }

    private string Prefix => place.Length == 0 ? "" : $"{place}: ";

    private static bool IsNull(YamlScalarNode scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null" or "Null" or "NULL";

    private KubeConfigEntry At(string newPlace) => new(File, newPlace, node);

    private YamlNode? Find(string field) => Find(node, field);

    private static YamlNode? Find(YamlMappingNode mapping, string field)
    {
        if (mapping.Children.TryGetValue(new YamlScalarNode(field), out var value))
            return value;
        // A merge key brings in another mapping's fields, or several mappings', where this one has none of its own.
        return mapping.Children.TryGetValue(new YamlScalarNode("<<"), out var merged)
            ? (merged as YamlSequenceNode)?.OfType<YamlMappingNode>().Select(each => Find(each, field)).FirstOrDefault(found => found is not null)
                ?? (merged is YamlMappingNode single ? Find(single, field) : null)
            : null;
    }
}
