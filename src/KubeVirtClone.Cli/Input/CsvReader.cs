using System.Text;

namespace KubeVirtClone.Cli.Input;

/// <summary>
/// Reads comma-separated values with a header row as PowerShell's Import-Csv does (RFC 4180 quoting; lines before the header that
/// start with '#' are skipped; column names fold case; empty lines are skipped).
/// </summary>
internal static class CsvReader
{
    public static IReadOnlyList<CsvRow> Read(TextReader reader, string fileName)
    {
        var rows = new List<CsvRow>();
        List<string>? header = null;
        var line = 1;
        while (true)
        {
            var start = line;
            var record = ReadRecord(reader, fileName, ref line);
            if (record is null)
                break;
            if (header is null)
            {
                if (record[0].StartsWith('#') || record is [""])
                    continue;
                header = [.. record.Select(c => c.TrimStart('\uFEFF'))];
                continue;
            }

            if (record is [""])
                continue;
            if (record.Count > header.Count)
                throw new UsageException($"{fileName}:{start}: {record.Count} values, but the header names {header.Count} columns");
            rows.Add(new CsvRow(start, [.. header.Select((name, i) => KeyValuePair.Create(name, (object?)record.ElementAtOrDefault(i))).Where(c => c.Key.Length > 0)]));
        }

        return header is null ? throw new UsageException($"{fileName}: no header row with column names") : rows;
    }

    private static List<string>? ReadRecord(TextReader reader, string fileName, ref int line)
    {
        if (reader.Peek() < 0)
            return null;
        var start = line;
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        while (true)
        {
            var c = reader.Read();
            if (c < 0 && quoted)
                throw new UsageException($"{fileName}:{start}: a quoted value has no closing quote");
            if (c == '\n')
                line++;
            if (quoted)
            {
                if (c != '"')
                    field.Append((char)c);
                else if (reader.Peek() == '"')
                    field.Append((char)reader.Read());
                else
                    quoted = false;
                continue;
            }

            switch (c)
            {
                case '"' when field.Length == 0:
                    quoted = true;
                    break;
                case ',':
                    fields.Add(field.ToString());
                    field.Clear();
                    break;
                case '\r' when reader.Peek() == '\n':
                    break;
                case '\n' or < 0:
                    fields.Add(field.ToString());
                    return fields;
                // Import-Csv leaves out blanks before a value, and keeps those behind it.
                case ' ' or '\t' when field.Length == 0:
                    break;
                default:
                    field.Append((char)c);
                    break;
            }
        }
    }
}

/// <summary>One row of a CSV file.</summary>
/// <param name="Line">Line of the file it starts on, counted from 1.</param>
/// <param name="Values">Column names and values in the file's order; a value the row has not is null.</param>
internal sealed record CsvRow(int Line, IReadOnlyList<KeyValuePair<string, object?>> Values);
