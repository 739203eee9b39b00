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
    public async Task An_empty_list_on_stdin_selects_nothing_whatever_the_command()
    {
        (await sandbox.RunAsync("new", "golden-pvc", "kept-1", "--batch", "kept", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);
        (await sandbox.RunAsync("snapshot", "new", "golden-pvc", "--name", "kept-snap", "--label", "kept=yes", "--wait", "--timeout", "60s")).ShouldEndWith(0);
        (await sandbox.RunAsync("image", "new", "golden-pvc", "kept-image", "--timeout", "90s")).ShouldEndWith(0);
        string[][] commands =
        [
            ["remove", "-", "--yes"], ["remove", "-", "--batch", "kept", "--include-target", "--yes"], ["remove", "-", "-l", "kubevirtclone.io/batch=kept", "--yes"],
            ["get", "-"], ["get", "-", "-w"], ["wait", "-", "--timeout", "5s"], ["debug", "-"], ["debug", "-", "--repair", "--yes"], ["compare", "-"], ["measure", "-"], ["report", "-", "-"],
            ["start", "-"], ["start", "-", "--batch", "kept"], ["stop", "-"], ["stop", "-", "--batch", "kept"],
            ["snapshot", "new", "-"], ["snapshot", "get", "-"], ["snapshot", "wait", "-"], ["snapshot", "remove", "-", "--force", "--yes"], ["snapshot", "remove", "-", "-l", "kept=yes", "--yes"],
            ["image", "get", "-"], ["image", "remove", "-", "--force", "--yes"], ["image", "remove", "-", "--keep-version", "1", "--yes"],
        ];
        foreach (var command in commands)
        {
            var ended = (await sandbox.RunWithInputAsync("\n  \n", command)).ShouldEndWith(2);
            ended.Output.ShouldBeEmpty(string.Join(' ', command));
            ended.ErrorLines[0].ShouldBe("error: stdin names nothing, so nothing is selected", string.Join(' ', command));
        }

        (await sandbox.RunWithInputAsync("", "remove", "-", "--yes")).ShouldEndWith(2);
        (await sandbox.RunWithInputAsync("", "new", "golden-pvc", "-")).ShouldEndWith(0).Error.ShouldContain("nothing to clone");
        (await sandbox.RunAsync("get", "--batch", "kept", "-o", "name")).ShouldEndWith(0).Lines.ShouldHaveSingleItem();
        (await sandbox.KubectlAsync("", "get", "vm", "kept-1", "-o", "name")).ShouldEndWith(0).Lines.ShouldHaveSingleItem();
        (await sandbox.RunAsync("snapshot", "remove", "kept-snap", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vmsnapshot/kept-snap"]);
        (await sandbox.RunAsync("image", "remove", "kept-image", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["image/kept-image:1"]);
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
    public async Task Volumes_outlive_the_machines_they_are_kept_of()
    {
        (await sandbox.RunAsync("new", "golden-pvc", "kv-1", "--method", "direct", "--batch", "kv", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);
        var claims = (await sandbox.KubectlAsync("", "get", "pvc", "-l", "kubevirtclone.io/batch=kv", "-o", "name")).ShouldEndWith(0).Lines;
        claims.ShouldNotBeEmpty();
        (await sandbox.RunAsync("remove", "--batch", "kv", "--keep-volumes", "--yes")).ShouldEndWith(2).Error.ShouldContain("--include-target");

        (await sandbox.RunAsync("remove", "--batch", "kv", "--include-target", "--keep-volumes", "--yes")).ShouldEndWith(0).Lines.ShouldHaveSingleItem().ShouldContain("its volumes stay");
        (await sandbox.KubectlAsync("", "get", "vm", "kv-1", "--ignore-not-found", "-o", "name")).ShouldEndWith(0).Lines.ShouldBeEmpty();
        (await sandbox.KubectlAsync("", "get", "pvc", "-l", "kubevirtclone.io/batch=kv", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(claims);
        (await sandbox.KubectlAsync("", ["delete", .. claims])).ShouldEndWith(0);
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
    public async Task Clones_go_by_the_names_people_gave_them()
    {
        const string first = "by-name-a-name-of-32-characters1";
        (await sandbox.RunAsync("new", "golden", first, "by-name-2", "--batch", "byname", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        (await sandbox.RunAsync("get", first, "-o", "name")).ShouldEndWith(0).Lines.ShouldHaveSingleItem().ShouldStartWith("vmclone/by-name-a");
        (await sandbox.RunAsync("get", "--target-name", "by-name-?", "-o", "name")).ShouldEndWith(0).Lines.ShouldHaveSingleItem();
        (await sandbox.RunAsync("get", "--batch", "byname", "--source-name", "golden", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(2);
        (await sandbox.RunAsync("get", "--batch", "byname", "--source-name", "other", "-o", "name")).ShouldEndWith(0).Lines.ShouldBeEmpty();
        (await sandbox.RunAsync("wait", first, "--for", "bound", "--timeout", "30s", "-o", "name")).ShouldEndWith(0).Lines.ShouldHaveSingleItem();
        (await sandbox.RunAsync("debug", first)).ShouldEndWith(0).Output.ShouldContain(first);
        (await sandbox.RunAsync("compare", first)).ShouldEndWith(0);
        (await sandbox.RunAsync("measure", first)).ShouldEndWith(0).Output.ShouldContain(first);
        (await sandbox.RunAsync("remove", first, "-o", "name")).ShouldEndWith(0).Lines.ShouldHaveSingleItem();
        (await sandbox.RunAsync("get", "By-Name-2")).ShouldEndWith(1).Error.ShouldContain("lower case: write by-name-2");
        (await sandbox.RunAsync("get", "default/by-name-2")).ShouldEndWith(2).Error.ShouldContain("-n default");
    }

    [Fact]
    public async Task A_name_that_may_mean_two_clones_changes_neither()
    {
        var clone = """
            apiVersion: clone.kubevirt.io/v1beta1
            kind: VirtualMachineClone
            metadata: {name: NAME}
            spec:
              source: {apiGroup: kubevirt.io, kind: VirtualMachine, name: golden}
              target: {apiGroup: kubevirt.io, kind: VirtualMachine, name: TARGET}
            """;
        foreach (var (name, target) in new[] { ("twofold", "twofold-machine"), ("twofold-clone", "twofold") })
            (await sandbox.KubectlAsync(clone.Replace("NAME", name, StringComparison.Ordinal).Replace("TARGET", target, StringComparison.Ordinal), "create", "-f", "-")).ShouldEndWith(0);

        (await sandbox.RunAsync("remove", "twofold")).ShouldEndWith(1).ErrorLines.ShouldHaveSingleItem().ShouldContain("VMCloneNameAmbiguous");

        (await sandbox.RunAsync("get", "twofold", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vmclone/twofold-clone", "vmclone/twofold"]);
        (await sandbox.RunAsync("remove", "twofold-machine", "twofold-clone", "--include-target", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Wide_columns_line_up_and_templates_print_what_kubectl_would()
    {
        (await sandbox.RunAsync(
            "new", "golden", "lined-up-with-32-characters-1234", "lined-2", "--batch", "lined", "--method", "restore", "--cpu", "3", "--memory", "3Gi", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        var wide = (await sandbox.RunAsync("get", "--batch", "lined", "-o", "wide")).ShouldEndWith(0);
        foreach (var header in new[] { "STATE", "SOURCE", "NAME", "READY", "METHOD", "BATCH", "SNAPSHOT", "RESTORE", "ASKED", "AGE" })
        {
            var at = wide.Lines[0].IndexOf("   " + header, StringComparison.Ordinal) + 3;
            wide.Lines.ShouldAllBe(l => l[at - 1] == ' ' && l[at] != ' ', header);
        }

        wide.Lines.Skip(1).ShouldAllBe(l => l.Contains("   3 CPUs, 3Gi   ", StringComparison.Ordinal));
        const string path = "{range .items[*]}{.spec.target.name}{\"\\t\"}{.metadata.labels.kubevirtclone\\.io/batch}{\"\\n\"}{end}";
        (await sandbox.RunAsync("get", "--batch", "lined", "-o", "jsonpath=" + path)).ShouldEndWith(0).Lines.ShouldBe(["lined-2\tlined", "lined-up-with-32-characters-1234\tlined"]);
        (await sandbox.RunAsync("get", "lined-2", "-o", "jsonpath={.spec.target.name}")).ShouldEndWith(0).Output.ShouldBe("lined-2");
        var columns = (await sandbox.RunAsync("get", "lined-2", "-o", "custom-columns=VM:.spec.target.name,KIND:.kind,NONE:.spec.none")).ShouldEndWith(0);
        columns.Lines[1].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ShouldBe(["lined-2", "VirtualMachineRestore", "<none>"]);
        (await sandbox.RunAsync("get", "-o", "jsonpath={.items")).ShouldEndWith(2).Error.ShouldContain("not closed");
    }

    [Fact]
    public async Task Watching_prints_changes_until_interrupted()
    {
        await using var watch = await sandbox.StartAsync("get", "-w", "--batch", "watched", "-v=6");
        await watch.SeeAsync("watch=");
        (await sandbox.RunAsync("new", "golden", "watched-1", "--batch", "watched", "--wait", "--timeout", "60s")).ShouldEndWith(0);
        await watch.SeeAsync("Bound");

        watch.Signal(CliProcess.SigInt);
        var ended = (await watch.EndAsync(TimeSpan.FromSeconds(5))).ShouldEndWith(130);

        ended.Lines[0].ShouldStartWith("TARGET");
        ended.Lines.Length.ShouldBeGreaterThan(2);
    }

    [Theory]
    [InlineData("jsonpath={.spec.target.name}{\"\\n\"}", "watched-path-1")]
    [InlineData("custom-columns=VM:.spec.target.name,NONE:.spec.none", "VM               NONE", "watched-cols-1   <none>")]
    public async Task Watching_prints_what_a_template_says_of_each_change_as_it_comes(string format, params string[] lines)
    {
        var machine = lines[^1].Split(' ')[0];
        await using var watch = await sandbox.StartAsync("get", "-w", "--batch", machine, "-o", format);

        (await sandbox.RunAsync("new", "golden", machine, "--batch", machine)).ShouldEndWith(0);

        foreach (var line in lines)
            await watch.SeeAsync(line + "\n");
        watch.Signal(CliProcess.SigInt);
        var ended = (await watch.EndAsync(TimeSpan.FromSeconds(5))).ShouldEndWith(130);
        ended.Lines[0].ShouldBe(lines[0]);
        ended.Lines.Skip(lines.Length - 1).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem().ShouldBe(lines[^1]);
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

    [Fact]
    public async Task Completed_are_clones_whose_volumes_are_there()
    {
        (await sandbox.RunAsync("new", "golden-late", "unbound-1", "--batch", "unbound", "--wait", "--timeout", "90s")).ShouldEndWith(0);
        (await sandbox.RunAsync("new", "golden", "bound-1", "--batch", "unbound", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        (await sandbox.RunAsync("remove", "--batch", "unbound", "--completed")).ShouldEndWith(0).Error.ShouldBeEmpty();

        (await sandbox.RunAsync("get", "--batch", "unbound", "-o", "jsonpath={.items[*].spec.target.name}")).ShouldEndWith(0).Output.ShouldBe("unbound-1");
    }
}
