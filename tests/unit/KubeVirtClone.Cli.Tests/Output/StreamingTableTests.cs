using KubeVirtClone.Cli.Output;

namespace KubeVirtClone.Cli.Tests.Output;

public sealed class StreamingTableTests
{
    [Fact]
    public void Rows_come_out_one_by_one_aligned_and_without_blanks_at_the_end()
    {
        using var writer = new StringWriter();
        var table = new StreamingTable(writer, ["NAME", "PHASE", "MESSAGE"], [6]);

        table.WriteRow([new("web-1"), new("Succeeded", AnsiColour.Green), new("")]);
        writer.ToString().ShouldBe("NAME     PHASE   MESSAGE\nweb-1    \e[32mSucceeded\e[0m\n");

        // A longer cell widens its column from here on.
        table.WriteRow([new("a-longer-name"), new("Failed"), new("why")]);
        table.WriteRow([new("x"), new("Failed"), new("why")]);
        writer.ToString().Split('\n')[2..4].ShouldBe(["a-longer-name   Failed      why", "x               Failed      why"]);
    }

    [Fact]
    public void No_rows_no_header()
    {
        using var writer = new StringWriter();
        _ = new StreamingTable(writer, ["NAME"], []);
        writer.ToString().ShouldBeEmpty();
    }
}
