using System.Text.Json.Nodes;

namespace KubeVirtClone.Cli.Output;

/// <summary>The kinds of -o.</summary>
internal enum OutputKind
{
    Table,
    Wide,
    Json,
    Yaml,
    Name,
    JsonPath,
    CustomColumns,
}

/// <summary>The value of -o.</summary>
/// <param name="Kind">What is printed.</param>
internal readonly record struct OutputFormat(OutputKind Kind)
{
    private const string JsonPathPrefix = "jsonpath=";
    private const string ColumnsPrefix = "custom-columns=";

    public static OutputFormat Table { get; } = new(OutputKind.Table);

    public static OutputFormat Wide { get; } = new(OutputKind.Wide);

    public static OutputFormat Json { get; } = new(OutputKind.Json);

    public static OutputFormat Yaml { get; } = new(OutputKind.Yaml);

    public static OutputFormat Name { get; } = new(OutputKind.Name);

    /// <summary>What can be written after -o.</summary>
    public static IReadOnlyList<string> Names { get; } = ["table", "wide", "json", "yaml", "name", JsonPathPrefix, ColumnsPrefix];

    /// <summary>The template of <see cref="OutputKind.JsonPath"/>.</summary>
    public JsonPathTemplate? Template { get; private init; }

    /// <summary>The columns of <see cref="OutputKind.CustomColumns"/>: header and path.</summary>
    public IReadOnlyList<(string Header, JsonPathTemplate Path)>? Columns { get; private init; }

    /// <summary>The product's own tables.</summary>
    public bool IsTable => Kind is OutputKind.Table or OutputKind.Wide;

    /// <summary>Made of whole objects.</summary>
    public bool IsDocument => !IsTable && Kind != OutputKind.Name;

    /// <summary>Reads what was typed after -o.</summary>
    /// <exception cref="FormatException">It is no format; the message says what is wrong.</exception>
    public static OutputFormat Parse(string text) => text switch
    {
        "table" or "" => Table,
        "wide" => Wide,
        "json" => Json,
        "yaml" => Yaml,
        "name" => Name,
        _ when text.StartsWith(JsonPathPrefix, StringComparison.Ordinal) =>
            new OutputFormat(OutputKind.JsonPath) { Template = JsonPathTemplate.Parse(text[JsonPathPrefix.Length..]) },
        _ when text.StartsWith(ColumnsPrefix, StringComparison.Ordinal) => new OutputFormat(OutputKind.CustomColumns) { Columns = [.. ParseColumns(text[ColumnsPrefix.Length..])] },
        "jsonpath" => throw new FormatException("a template is missing: -o jsonpath='{.items[*].metadata.name}'"),
        "custom-columns" => throw new FormatException("columns are missing: -o custom-columns=NAME:.metadata.name,BATCH:.metadata.labels.kubevirtclone\\.io/batch"),
        _ => throw new FormatException("choose one of table, wide, json, yaml, name, jsonpath=TEMPLATE, custom-columns=HEADER:PATH,..."),
    };

    /// <summary>The cells of an object in custom columns.</summary>
    public IEnumerable<string> Cells(JsonNode item) => (Columns ?? []).Select(c => c.Path.Evaluate(item, separator: ",") is { Length: > 0 } text ? text : "<none>");

    private static IEnumerable<(string, JsonPathTemplate)> ParseColumns(string text)
    {
        foreach (var column in Split(text))
        {
            var colon = column.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || colon == column.Length - 1)
                throw new FormatException($"'{column}' is no column: write HEADER:PATH");
            yield return (column[..colon], JsonPathTemplate.OfPath(column[(colon + 1)..]));
        }
    }

    // Commas in brackets belong to a path.
    private static IEnumerable<string> Split(string text)
    {
        var (depth, start) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '[' => 1, ']' => -1, _ => 0 };
            if (text[i] != ',' || depth > 0)
                continue;
            yield return text[start..i];
            start = i + 1;
        }

        yield return text[start..];
    }
}
