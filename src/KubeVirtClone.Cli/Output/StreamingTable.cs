using System.Text;

namespace KubeVirtClone.Cli.Output;

/// <summary>
/// A table in kubectl's look (upper-case headers, three blanks between columns, no lines) that prints each row as it comes. Columns
/// start as wide as the caller foresees, and grow when a longer cell arrives, as in <c>kubectl get -w</c>.
/// </summary>
internal sealed class StreamingTable
{
    private const int Gap = 3;
    private readonly TextWriter _writer;
    private readonly IReadOnlyList<string> _headers;
    private readonly int[] _widths;
    private bool _headerWritten;

    /// <param name="writer">Where rows go.</param>
    /// <param name="headers">Column titles, left to right.</param>
    /// <param name="expectedWidths">Longest cell foreseen for each column, in characters; missing entries mean the title's width.</param>
    public StreamingTable(TextWriter writer, IReadOnlyList<string> headers, IReadOnlyList<int> expectedWidths)
    {
        _writer = writer;
        _headers = headers;
        _widths = [.. headers.Select((h, i) => Math.Max(h.Length, i < expectedWidths.Count ? expectedWidths[i] : 0))];
    }

    public void WriteRow(IReadOnlyList<TableCell> cells)
    {
        WriteHeader();
        WriteLine(cells);
    }

    /// <summary>The titles, once: by themselves for a table without rows.</summary>
    public void WriteHeader()
    {
        if (_headerWritten)
            return;
        _headerWritten = true;
        WriteLine([.. _headers.Select(h => new TableCell(h))]);
    }

    private void WriteLine(IReadOnlyList<TableCell> cells)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Count; i++)
        {
            var (text, colour) = cells[i];
            if (colour is null)
                line.Append(text);
            else
                line.Append(colour).Append(text).Append(AnsiColour.Reset);
            if (i == cells.Count - 1)
                break;
            _widths[i] = Math.Max(_widths[i], text.Length);
            line.Append(' ', _widths[i] - text.Length + Gap);
        }

        _writer.Write(line.ToString().TrimEnd() + "\n");
        _writer.Flush();
    }
}

/// <summary>One cell: its text, and the escape sequence that colours it, if any.</summary>
internal readonly record struct TableCell(string Text, string? Colour = null);

/// <summary>The few terminal colours in use.</summary>
internal static class AnsiColour
{
    public const string Reset = "\e[0m";
    public const string Green = "\e[32m";
    public const string Yellow = "\e[33m";
    public const string Red = "\e[31m";
}
