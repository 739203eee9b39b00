namespace KubeVirtClone.Cli.Tests.Processes;

/// <summary>What people at a terminal see: util-linux's <c>script</c> gives the program one.</summary>
public sealed class TerminalTests(SandboxFixture sandbox)
{
    private const string Escape = "\e[";

    [Fact]
    public async Task At_a_terminal_progress_is_live_and_the_table_follows_it()
    {
        var seen = await AtTerminalAsync("new golden tty-1 tty-2 --batch tty --for bound --timeout 60s");

        seen.ShouldEndWith(0);
        seen.Output.ShouldContain("Cloning golden → 2 VMs");
        seen.Output.ShouldContain(Escape);
        var table = seen.Output[seen.Output.LastIndexOf("TARGET ", StringComparison.Ordinal)..];
        table.ShouldContain("tty-1");
        table.ShouldContain("tty-2");
        table.ShouldContain("\e[32mBound\e[0m");
        table.ShouldNotContain("Cloning");
    }

    [Fact]
    public async Task The_live_display_stays_in_its_row_also_on_a_narrow_terminal()
    {
        (await sandbox.RunAsync("new", "golden", "narrow-1", "narrow-2", "--wait", "--timeout", "60s")).ShouldEndWith(0);

        var seen = await AtTerminalAsync("start narrow-1 narrow-2 no-such-vm --wait --timeout 60s", "COLUMNS=40 ");

        // Terminals read "up 0 rows" as one row up: the display would climb over what stands above it.
        seen.ShouldEndWith(1).Output.ShouldContain("Starting");
        seen.Output.ShouldNotContain("\e[0A");
        seen.Output.ShouldContain("VMNotFound");
    }

    [Fact]
    public async Task NO_COLOR_leaves_the_table_without_colours()
    {
        (await sandbox.RunAsync("new", "golden", "mono-1", "--batch", "mono", "--wait", "--timeout", "60s")).ShouldEndWith(0);

        var seen = await AtTerminalAsync("get --batch mono", "NO_COLOR=1 ");

        seen.ShouldEndWith(0).Output.ShouldContain("mono-1");
        seen.Output.ShouldNotContain("\e[32m");
    }

    [Theory]
    [InlineData("n\n", 1, true)]
    [InlineData("y\n", 0, false)]
    public async Task At_a_terminal_removing_asks_first(string answer, int code, bool stays)
    {
        var batch = "ask-" + code;
        (await sandbox.RunAsync("new", "golden", batch, "--batch", batch, "--wait", "--timeout", "60s")).ShouldEndWith(0);

        var seen = await AtTerminalAsync($"remove --batch {batch}", input: answer);

        seen.ShouldEndWith(code).Output.ShouldContain("[y/N]");
        (await sandbox.RunAsync("get", "--batch", batch, "-o", "name")).Lines.Length.ShouldBe(stays ? 1 : 0);
    }

    private async Task<Finished> AtTerminalAsync(string arguments, string environment = "", string? input = null)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script (util-linux) is not there");
        var command = $"TERM=xterm {environment}'{CliProcess.Program}' {arguments}";
        await using var process = CliProcess.Start("/usr/bin/script", ["-qec", command, "/dev/null"], await sandbox.KubeConfigAsync());
        if (input is not null)
        {
            await process.SeeAsync("[y/N]");
            process.Type(input);
        }

        return await process.EndAsync();
    }
}
