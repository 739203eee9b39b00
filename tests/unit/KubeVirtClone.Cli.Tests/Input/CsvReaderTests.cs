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
        rows[0].Values["patch"].ShouldBe("[{\"op\": \"add\",\r\n\"path\": \"/a\"}]");
        rows[0].Line.ShouldBe(2);
        rows[1].Values["SOURCENAME"].ShouldBe("other");
        rows[1].Line.ShouldBe(4);
    }

    [Fact]
    public void Skips_type_lines_before_the_header_and_empty_rows()
    {
        var rows = Read("#TYPE System.Object\nSourceName,TargetName\n\n,\ngolden,web-1");

        rows.ShouldHaveSingleItem().Values["TargetName"].ShouldBe("web-1");
    }

    [Fact]
    public void Takes_rows_shorter_than_the_header()
    {
        Read("SourceName,TargetName\ngolden\n").ShouldHaveSingleItem().Values.Keys.ShouldBe(["SourceName"]);
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

    private static IReadOnlyList<CsvRow> Read(string text)
    {
        using var reader = new StringReader(text);
        return CsvReader.Read(reader, "clones.csv");
    }
}
