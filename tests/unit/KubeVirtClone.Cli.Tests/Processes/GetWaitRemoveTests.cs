using System.Text.Json;

namespace KubeVirtClone.Cli.Tests.Processes;

public sealed class GetWaitRemoveTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task Every_format_shows_the_same_clones()
    {
        (await sandbox.RunAsync("new", "golden", "fmt-1", "fmt-2", "--batch", "fmt", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        (await sandbox.RunAsync("get", "--batch", "fmt", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(2);
        var table = (await sandbox.RunAsync("get", "--batch", "fmt")).ShouldEndWith(0);
        table.Lines.Length.ShouldBe(3);
        table.Lines[1].ShouldContain("fmt-1");
        var wide = (await sandbox.RunAsync("get", "--batch", "fmt", "-o", "wide")).ShouldEndWith(0);
        wide.Lines[0].ShouldContain("METHOD");
        wide.Lines[1].ShouldContain(" fmt ");
        var everywhere = (await sandbox.RunAsync("get", "-A", "--batch", "fmt")).ShouldEndWith(0);
        everywhere.Lines[0].ShouldStartWith("NAMESPACE");
        using var json = JsonDocument.Parse((await sandbox.RunAsync("get", "--batch", "fmt", "-o", "json")).ShouldEndWith(0).Output);
        json.RootElement.GetProperty("items").GetArrayLength().ShouldBe(2);
        var yaml = (await sandbox.RunAsync("get", "--batch", "fmt", "-o", "yaml")).ShouldEndWith(0);
        var read = (await sandbox.KubectlAsync(yaml.Output, "apply", "--dry-run=client", "-o", "name", "-f", "-")).ShouldEndWith(0);
        read.Lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task An_empty_list_is_a_list_and_no_failure()
    {
        (await sandbox.RunAsync("get", "--batch", "nothing")).ShouldEndWith(0).Error.ShouldContain("No clones found");
        (await sandbox.RunAsync("get", "--batch", "nothing")).Output.ShouldBeEmpty();
        using var json = JsonDocument.Parse((await sandbox.RunAsync("get", "--batch", "nothing", "-o", "json")).ShouldEndWith(0).Output);
        json.RootElement.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await sandbox.RunAsync("get", "--batch", "nothing", "-o", "yaml")).ShouldEndWith(0).Output.ShouldContain("items: []");
    }

    [Fact]
    public async Task Dry_run_of_removing_counts_clones_made_by_restores_and_removes_nothing()
    {
        (await sandbox.RunAsync("new", "golden", "dr-1", "dr-2", "--method", "restore", "--batch", "dr", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        foreach (var mode in new[] { "client", "server" })
        {
            var told = (await sandbox.RunAsync("remove", "--batch", "dr", "--include-target", $"--dry-run={mode}")).ShouldEndWith(0);
            told.Lines.Length.ShouldBe(2);
            told.Lines.ShouldAllBe(l => l.StartsWith("vmrestore/dr-", StringComparison.Ordinal) && l.Contains("removed, vm/dr-", StringComparison.Ordinal));
        }

        (await sandbox.RunAsync("get", "--batch", "dr", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(2);
        (await sandbox.KubectlAsync("", "get", "vm", "dr-1", "dr-2", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_fails_and_the_others_are_shown()
    {
        var made = (await sandbox.RunAsync("new", "golden", "here-1", "--batch", "here", "-o", "name")).ShouldEndWith(0);
        var name = made.Lines[0].Split('/')[1];

        var got = (await sandbox.RunAsync("get", "vmclone/" + name, "not-here", "-o", "name")).ShouldEndWith(1);

        got.Lines.ShouldHaveSingleItem().ShouldBe("vmclone/" + name);
        got.ErrorLines.ShouldHaveSingleItem().ShouldContain("VMCloneNotFound");
        (await sandbox.RunAsync("get", "here-*", "-o", "name")).ShouldEndWith(0).Lines.ShouldHaveSingleItem();
        (await sandbox.RunAsync("get", "nope-*", "-o", "name")).ShouldEndWith(0).Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Watching_prints_changes_until_interrupted()
    {
        await using var watch = await sandbox.StartAsync("get", "-w", "--batch", "watched", "-v=6");
        await watch.SeeAsync("watch=");
        (await sandbox.RunAsync("new", "golden", "watched-1", "--batch", "watched", "--wait", "--timeout", "60s")).ShouldEndWith(0);
        await watch.SeeAsync("Succeeded");

        watch.Signal(CliProcess.SigInt);
        var ended = (await watch.EndAsync(TimeSpan.FromSeconds(5))).ShouldEndWith(130);

        ended.Lines[0].ShouldStartWith("NAME");
        ended.Lines.Length.ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task Waiting_ends_per_clone_with_a_result_or_a_reason()
    {
        var good = (await sandbox.RunAsync("new", "golden", "wait-1", "--batch", "waits", "-o", "name")).ShouldEndWith(0).Lines[0];
        var stuck = """
            apiVersion: clone.kubevirt.io/v1beta1
            kind: VirtualMachineClone
            metadata: {name: wait-stuck, labels: {kubevirtclone.io/batch: waits}}
            spec:
              source: {apiGroup: kubevirt.io, kind: VirtualMachine, name: never-made}
              target: {apiGroup: kubevirt.io, kind: VirtualMachine, name: wait-2}
            """;
        (await sandbox.KubectlAsync(stuck, "create", "-f", "-")).ShouldEndWith(0);

        var waited = (await sandbox.RunAsync("wait", "--batch", "waits", "--for", "bound", "--timeout", "5s", "-o", "name")).ShouldEndWith(1);

        waited.Lines.ShouldBe([good]);
        waited.ErrorLines.ShouldContain(l => l.Contains("wait-stuck", StringComparison.Ordinal) && l.Contains("Next step: ", StringComparison.Ordinal));
        (await sandbox.RunWithInputAsync(good + "\n", "wait", "-", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe([good]);
    }

    [Fact]
    public async Task Removing_leaves_the_machines_unless_told_otherwise()
    {
        (await sandbox.RunAsync("new", "golden", "gone-1", "--batch", "gone-a", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);
        (await sandbox.RunAsync("new", "golden", "gone-2", "--batch", "gone-b", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        (await sandbox.RunAsync("remove", "--batch", "gone-a", "--dry-run=server")).ShouldEndWith(0).Output.ShouldContain("(server dry run)");
        (await sandbox.RunAsync("get", "--batch", "gone-a", "-o", "name")).Lines.ShouldHaveSingleItem();
        (await sandbox.RunAsync("remove", "--batch", "gone-a")).ShouldEndWith(0).Output.ShouldContain(" removed");
        (await sandbox.KubectlAsync("", "get", "vm", "gone-1")).ShouldEndWith(0);

        (await sandbox.RunAsync("remove", "--batch", "gone-b", "--completed", "--include-target", "-o", "name")).ShouldEndWith(0).Lines.ShouldHaveSingleItem();
        (await sandbox.KubectlAsync("", "get", "vm", "gone-2")).ShouldEndWith(1).Error.ShouldContain("NotFound");
        (await sandbox.RunAsync("remove", "--batch", "gone-b")).ShouldEndWith(0).Error.ShouldContain("no clones to remove");
        (await sandbox.RunAsync("remove", "never-there")).ShouldEndWith(1).Error.ShouldContain("VMCloneNotFound");
    }
}
