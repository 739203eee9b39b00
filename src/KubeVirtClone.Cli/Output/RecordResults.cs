namespace KubeVirtClone.Cli.Output;

/// <summary>Prints records to stdout as they come, in the format asked for. Dispose it to complete json and yaml.</summary>
internal sealed class RecordResults<T> : IDisposable
{
    private readonly TextWriter _writer;
    private readonly RecordShape<T> _shape;
    private readonly List<RecordColumn<T>> _columns;
    private readonly bool _colour;
    private readonly ItemDocument? _document;
    private readonly StreamingTable? _table;
    private readonly Lock _lock = new();
    private bool _closed;

    /// <param name="console">Gives stdout, and whether it takes colours.</param>
    /// <param name="format">The value of -o.</param>
    /// <param name="shape">How these records are printed.</param>
    /// <param name="withNamespace">Begin each row with the namespace, as kubectl does with -A.</param>
    /// <param name="foreseen">Records that will come, as far as they are known: they make the columns wide enough.</param>
    /// <param name="single">One object was named: a JSONPath template is then about that.</param>
    /// <param name="watching">Records come until somebody ends it: each is printed for itself.</param>
    /// <param name="widths">Longest text foreseen in columns, by header, where the records are not.</param>
    /// <param name="writer">Where to print instead of stdout.</param>
    public RecordResults(
        CliConsole console,
        OutputFormat format,
        RecordShape<T> shape,
        bool withNamespace,
        IReadOnlyList<T>? foreseen = null,
        TextWriter? writer = null,
        IReadOnlyDictionary<string, int>? widths = null,
        bool single = false,
        bool watching = false)
    {
        _writer = writer ?? console.Output;
        _shape = shape;
        _colour = console.OutputIsTerminal && console.Colour;
        _columns = [.. shape.Columns.Where(c => format == OutputFormat.Wide || !c.WideOnly)];
        if (withNamespace)
            _columns.Insert(0, new RecordColumn<T>("NAMESPACE", shape.Namespace));
        _document = ItemDocument.Open(_writer, format, single, watching);
        if (format.IsTable)
        {
            // What is known is wide enough; the usual widths are for what comes unseen.
            var expected = _columns.Select(c => foreseen is { Count: > 0 }
                ? foreseen.Max(r => CellText.OrNone(c.Text(r)).Length)
                : widths?.GetValueOrDefault(c.Header) is > 0 and var width ? width : c.Width);
            _table = new StreamingTable(_writer, [.. _columns.Select(c => c.Header)], [.. expected]);
        }
    }

    public int Count { get; private set; }

    public void Add(T record)
    {
        lock (_lock)
        {
            if (_closed)
                return;
            Count++;
            if (_document is not null)
            {
                _document.Add(_shape.Document(record));
            }
            else if (_table is not null)
            {
                _table.WriteRow([.. _columns.Select((c, i) => Cell(c, record, last: i == _columns.Count - 1))]);
            }
            else
            {
                _writer.Write(_shape.Reference(record) + "\n");
                _writer.Flush();
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_closed)
                return;
            _closed = true;
            _document?.Dispose();
        }
    }

    // The last column is a message more often than not: nothing there is no "<none>".
    private TableCell Cell(RecordColumn<T> column, T record, bool last)
    {
        var text = column.Text(record);
        return new TableCell(last ? text ?? "" : CellText.OrNone(text), _colour ? column.Colour?.Invoke(record) : null);
    }
}
