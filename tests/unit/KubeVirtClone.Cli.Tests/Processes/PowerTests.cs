namespace KubeVirtClone.Cli.Tests.Processes;

public sealed class PowerTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task Clones_are_started_and_stopped_by_batch_by_name_and_through_a_pipe()
    {
        var made = (await sandbox.RunAsync(
            "new", "golden", "power-1", "power-2", "--batch", "power", "--wait", "--timeout", "60s", "-o", "name")).ShouldEndWith(0);

        var started = (await sandbox.RunAsync("start", "--batch", "power", "--wait", "--timeout", "60s")).ShouldEndWith(0);
        started.Lines[0].ShouldStartWith("NAME");
        started.Lines.Skip(1).ShouldAllBe(l => l.Contains("Running", StringComparison.Ordinal));
        started.Lines.Length.ShouldBe(3);

        var again = (await sandbox.RunAsync("start", "power-1", "never-made", "-o", "name")).ShouldEndWith(1);
        again.Lines.ShouldBe(["vm/power-1"]);
        again.ErrorLines.ShouldHaveSingleItem().ShouldContain("VMNotFound");

        // What 'new -o name' printed stands for the machines it made.
        var stopped = (await sandbox.RunWithInputAsync(
            made.Output, "stop", "-", "--grace-period", "0s", "--timeout", "60s", "-o", "name")).ShouldEndWith(0);
        stopped.Lines.Order().ShouldBe(["vm/power-1", "vm/power-2"]);
        (await sandbox.RunAsync("stop", "vm/power-1", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vm/power-1"]);
    }

    [Fact]
    public async Task Starting_again_brings_the_run_strategy_back()
    {
        (await sandbox.RunAsync("new", "golden", "strategy-1", "--wait", "--timeout", "60s")).ShouldEndWith(0);
        (await sandbox.KubectlAsync("", "patch", "vm", "strategy-1", "--type=merge", "-p", """{"spec":{"runStrategy":"Once"}}""")).ShouldEndWith(0);
        (await sandbox.KubectlAsync("", "wait", "vm", "strategy-1", "--for=condition=Ready", "--timeout=60s")).ShouldEndWith(0);

        (await sandbox.RunAsync("stop", "strategy-1", "--wait", "--timeout", "60s")).ShouldEndWith(0);
        (await sandbox.RunAsync("start", "strategy-1", "--wait", "--timeout", "60s")).ShouldEndWith(0).Lines[1].ShouldContain("Once");
    }

    [Fact]
    public async Task A_dry_run_and_wildcards_start_nothing()
    {
        (await sandbox.RunAsync("new", "golden", "dry-power-1", "--wait", "--timeout", "60s")).ShouldEndWith(0);

        (await sandbox.RunAsync("start", "dry-power-*", "--dry-run=server", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vm/dry-power-1"]);
        (await sandbox.RunAsync("start", "no-such-*")).ShouldEndWith(0).Error.ShouldContain("no VMs to start");
        (await sandbox.RunAsync("stop", "dry-power-1", "-o", "json")).ShouldEndWith(0).Output.ShouldContain("\"Stopped\"");
    }
}
