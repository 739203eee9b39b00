using KubeVirtClone.Engine.Model.Records;

namespace KubeVirtClone.Cli.Output;

/// <summary>Prints clones to stdout as they come, in the format asked for. Dispose it to complete json and yaml.</summary>
internal sealed class CloneResults : IDisposable
{
    private const string None = "<none>";
    private readonly TextWriter _writer;
    private readonly OutputFormat _format;
    private readonly bool _withNamespace;
    private readonly bool _colour;
    private readonly ItemDocument? _document;
    private readonly StreamingTable? _table;
    private readonly Lock _lock = new();
    private bool _closed;

    /// <param name="console">Gives stdout, and whether it takes colours.</param>
    /// <param name="format">The value of -o.</param>
    /// <param name="withNamespace">Begin each row with the namespace, as kubectl does with -A.</param>
    /// <param name="widths">How wide the columns are foreseen.</param>
    /// <param name="writer">Where to print instead of stdout.</param>
    public CloneResults(CliConsole console, OutputFormat format, bool withNamespace, TableWidths widths, TextWriter? writer = null)
    {
        _writer = writer ?? console.Output;
        _format = format;
        _withNamespace = withNamespace;
        _colour = console.OutputIsTerminal && console.Colour;
        if (format is OutputFormat.Json or OutputFormat.Yaml)
            _document = ItemDocument.Open(_writer, format == OutputFormat.Yaml);
        else if (format is not OutputFormat.Name)
            _table = new StreamingTable(_writer, Headers(), Widths(widths));
    }

    public int Count { get; private set; }

    public void Add(CloneRecord clone)
    {
        lock (_lock)
        {
            if (_closed)
                return;
            Count++;
            if (_document is not null)
            {
                _document.Add(clone.Raw.Json);
            }
            else if (_table is not null)
            {
                _table.WriteRow(Cells(clone));
            }
            else
            {
                _writer.Write(ReferenceName(clone) + "\n");
                _writer.Flush();
            }
        }
    }

    /// <summary>KIND/NAME, as kubectl takes it.</summary>
    public static string ReferenceName(CloneRecord clone) => RecordShapes.KindPrefix(clone.Method) + clone.Name;

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

    private List<string> Headers()
    {
        var headers = new List<string>();
        if (_withNamespace)
            headers.Add("NAMESPACE");
        headers.AddRange(["NAME", "SOURCE", "TARGET", "PHASE"]);
        if (_format == OutputFormat.Wide)
            headers.AddRange(["READY", "BOUND", "METHOD", "BATCH", "SNAPSHOT", "RESTORE"]);
        headers.AddRange(["AGE", "MESSAGE"]);
        return headers;
    }

    private List<int> Widths(TableWidths widths)
    {
        List<int> result = [widths.Name, widths.Source, widths.Target, nameof(ClonePhase.SnapshotInProgress).Length];
        if (_withNamespace)
            result.Insert(0, widths.Namespace);
        return result;
    }

    private List<TableCell> Cells(CloneRecord clone)
    {
        var cells = new List<TableCell>();
        if (_withNamespace)
            cells.Add(new TableCell(clone.Namespace));
        cells.Add(new TableCell(clone.Name));
        cells.Add(new TableCell(SourceText(clone.SourceKind, clone.SourceName)));
        cells.Add(new TableCell(OrNone(clone.TargetName)));
        cells.Add(new TableCell(clone.Phase.ToString(), _colour ? ColourOf(clone.Phase) : null));
        if (_format == OutputFormat.Wide)
        {
            cells.Add(new TableCell(Word(clone.Ready)));
            cells.Add(new TableCell(Word(clone.Bound)));
            cells.Add(new TableCell(clone.Method.ToString()));
            cells.Add(new TableCell(OrNone(clone.Batch)));
            cells.Add(new TableCell(OrNone(clone.SnapshotName)));
            cells.Add(new TableCell(OrNone(clone.RestoreName)));
        }

        var age = clone.CreationTimestamp is { } made ? Durations.Age(TimeProvider.System.GetUtcNow() - made) : "<unknown>";
        cells.Add(new TableCell(age));
        cells.Add(new TableCell(string.Join(' ', clone.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))));
        return cells;
    }

    /// <summary>"vm/golden" or "vmsnapshot/golden-1".</summary>
    public static string SourceText(string kind, string name) =>
        (kind == SourceKinds.VirtualMachineSnapshot ? "vmsnapshot/" : "vm/") + name;

    private static string OrNone(string? text) => string.IsNullOrEmpty(text) ? None : text;

    private static string Word(bool value) => value ? "true" : "false";

    private static string? ColourOf(ClonePhase phase) => phase switch
    {
        ClonePhase.Succeeded => AnsiColour.Green,
        ClonePhase.Failed => AnsiColour.Red,
        ClonePhase.Pending or ClonePhase.Unknown => AnsiColour.Yellow,
        _ => null,
    };
}

/// <summary>Foreseen widths of the columns that vary most, in characters; 0 where nothing is foreseen.</summary>
internal sealed record TableWidths(int Namespace, int Name, int Source, int Target)
{
    public static TableWidths Of(IReadOnlyCollection<CloneRecord> clones) => new(
        Longest(clones, c => c.Namespace.Length),
        Longest(clones, c => c.Name.Length),
        Longest(clones, c => CloneResults.SourceText(c.SourceKind, c.SourceName).Length),
        Longest(clones, c => c.TargetName.Length));

    private static int Longest(IReadOnlyCollection<CloneRecord> clones, Func<CloneRecord, int> length) =>
        clones.Count == 0 ? 0 : clones.Max(length);
}
