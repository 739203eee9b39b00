using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Input;

namespace KubeVirtClone.Cli.Tests.Input;

public sealed class CsvReaderTests
{
    [Fact]
    public void Reads_quotes_line_breaks_and_commas_inside_a_value()
    {
        var rows = Read("SourceName,TargetName,Patch\r\ngolden,web-1,\"[{\"\"op\"\": \"\"add\"\",\r\n\"\"path\"\": \"\"/a\"\"}]\"\r\nother, web-2 ,\r\n");

        rows.Count.ShouldBe(2);
        Cell(rows[0], "Patch").ShouldBe("[{\"op\": \"add\",\r\n\"path\": \"/a\"}]");
        rows[0].Line.ShouldBe(2);
        Cell(rows[1], "SourceName").ShouldBe("other");
        rows[1].Line.ShouldBe(4);
    }

    [Fact]
    public void Skips_type_lines_before_the_header_and_empty_lines_as_Import_Csv_does()
    {
        var rows = Read("#TYPE System.Object\nSourceName,TargetName\n\n,\ngolden,web-1");

        rows.Select(r => r.Line).ShouldBe([4, 5]);
        Cell(rows[1], "TargetName").ShouldBe("web-1");
    }

    [Fact]
    public void Takes_rows_shorter_than_the_header()
    {
        var row = Read("SourceName,TargetName,\ngolden\n").ShouldHaveSingleItem();
        row.Values.Select(c => c.Key).ShouldBe(["SourceName", "TargetName"]);
        Cell(row, "TargetName").ShouldBeNull();
    }

    [Fact]
    public void Keeps_blanks_behind_a_name_and_leaves_out_those_before_as_Import_Csv_does()
    {
        var row = Read("SourceName , TargetName,\t\"Hostname \"\ngolden , web-1, \" h\"\n").ShouldHaveSingleItem();
        row.Values.Select(c => c.Key).ShouldBe(["SourceName ", "TargetName", "Hostname "]);
        row.Values.Select(c => c.Value).ShouldBe(["golden ", "web-1", " h"]);
    }

    [Fact]
    public void Says_where_a_row_has_too_many_values()
    {
        Should.Throw<UsageException>(() => Read("SourceName\ngolden,web-1\n")).Message.ShouldContain("clones.csv:2");
    }

    [Fact]
    public void Says_where_a_quote_is_not_closed()
    {
        Should.Throw<UsageException>(() => Read("SourceName\n\"golden\n")).Message.ShouldContain("clones.csv:2");
    }

    [Fact]
    public void An_empty_file_has_no_columns()
    {
        Should.Throw<UsageException>(() => Read("")).Message.ShouldContain("no header");
    }

    private static object? Cell(CsvRow row, string column) => row.Values.Single(c => c.Key == column).Value;

    private static IReadOnlyList<CsvRow> Read(string text)
    {
        using var reader = new StringReader(text);
        return CsvReader.Read(reader, "clones.csv");
    }
}
