using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Knowledge.Manifests;

namespace KubeVirtClone.Cli.Output;

/// <summary>
/// A Kubernetes List, written item by item in the shape kubectl prints (apiVersion, items, kind, metadata), so that the first item is
/// out before the last is known. It is complete only once disposed.
/// </summary>
internal abstract class ItemDocument : IDisposable
{
    /// <param name="writer">Where the text goes.</param>
    /// <param name="format">The value of -o.</param>
    /// <param name="single">One object was named: a JSONPath template is then about that, as kubectl has it.</param>
    /// <param name="watching">There is no last item: templates and columns are about each as it comes, as kubectl has it.</param>
    /// <returns>Null where the format prints no whole objects.</returns>
    public static ItemDocument? Open(TextWriter writer, OutputFormat format, bool single = false, bool watching = false) => format.Kind switch
    {
        OutputKind.Json => new JsonList(writer),
        OutputKind.Yaml => new YamlList(writer),
        OutputKind.JsonPath => new TemplateText(writer, format.Template!, single, watching),
        OutputKind.CustomColumns => new ColumnTable(writer, format, watching),
        _ => null,
    };

    public abstract void Add(JsonNode item);

    public void Add(JsonElement item) => Add(JsonNode.Parse(item.GetRawText())!);

    public abstract void Dispose();

    private sealed class JsonList : ItemDocument
    {
        private readonly TextWriter _writer;
        private readonly MemoryStream _buffer = new();
        private readonly Utf8JsonWriter _json;

        public JsonList(TextWriter writer)
        {
            _writer = writer;
            _json = new Utf8JsonWriter(_buffer, JsonText.Options);
            _json.WriteStartObject();
            _json.WriteString("apiVersion", "v1");
            _json.WriteStartArray("items");
        }

        public override void Add(JsonNode item)
        {
            item.WriteTo(_json);
            Pass();
        }

        public override void Dispose()
        {
            _json.WriteEndArray();
            _json.WriteString("kind", "List");
            _json.WriteStartObject("metadata");
            _json.WriteString("resourceVersion", "");
            _json.WriteEndObject();
            _json.WriteEndObject();
            Pass();
            _writer.Write('\n');
            _writer.Flush();
            _json.Dispose();
        }

        private void Pass()
        {
            _json.Flush();
            _writer.Write(Encoding.UTF8.GetString(_buffer.GetBuffer(), 0, (int)_buffer.Length));
            _writer.Flush();
            _buffer.SetLength(0);
        }
    }

    // What a template says of all items is known when there are all.
    private sealed class TemplateText(TextWriter writer, JsonPathTemplate template, bool single, bool watching) : ItemDocument
    {
        private readonly JsonArray _items = [];

        public override void Add(JsonNode item)
        {
            if (watching)
                Write(item);
            else
                _items.Add(item.Parent is null ? item : item.DeepClone());
        }

        public override void Dispose()
        {
            if (!watching)
                Write(single && _items.Count == 1 ? _items[0]! : new JsonObject { ["apiVersion"] = "v1", ["items"] = _items, ["kind"] = "List", ["metadata"] = new JsonObject() });
        }

        private void Write(JsonNode root)
        {
            writer.Write(template.Evaluate(root));
            writer.Flush();
        }
    }

    private sealed class ColumnTable(TextWriter writer, OutputFormat format, bool watching) : ItemDocument
    {
        private readonly List<string> _headers = [.. format.Columns!.Select(c => c.Header)];
        private readonly List<List<string>> _rows = [];
        private StreamingTable? _table;

        public override void Add(JsonNode item)
        {
            _rows.Add([.. format.Cells(item)]);
            if (watching)
                Write();
        }

        public override void Dispose()
        {
            Write();
            _table!.WriteHeader();
        }

        private void Write()
        {
            _table ??= new StreamingTable(writer, _headers, [.. _headers.Select((_, i) => _rows.Max(r => (int?)r[i].Length) ?? 0)]);
            foreach (var row in _rows)
                _table.WriteRow([.. row.Select(c => new TableCell(c))]);
            _rows.Clear();
        }
    }

    private sealed class YamlList(TextWriter writer) : ItemDocument
    {
        private bool _any;

        public override void Add(JsonNode item)
        {
            if (!_any)
                writer.Write("apiVersion: v1\nitems:\n");
            _any = true;
            var first = true;
            foreach (var line in YamlText.Write(item).TrimEnd('\n').Split('\n'))
            {
                writer.Write(line.Length == 0 ? "\n" : (first ? "- " : "  ") + line + "\n");
                first = false;
            }

            writer.Flush();
        }

        public override void Dispose()
        {
            writer.Write(_any ? "" : "apiVersion: v1\nitems: []\n");
            writer.Write("kind: List\nmetadata:\n  resourceVersion: \"\"\n");
            writer.Flush();
        }
    }
}

/// <summary>JSON as kubectl prints it.</summary>
internal static class JsonText
{
    // Results go to files and terminals, never into HTML: kubectl's text shows '<' and non-ASCII letters as they are.
    public static JsonWriterOptions Options { get; } = new()
    {
        Indented = true,
        IndentSize = 4,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(JsonNode node)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
            node.WriteTo(json);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
