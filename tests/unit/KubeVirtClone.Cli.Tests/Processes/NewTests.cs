using System.Text.Json;

namespace KubeVirtClone.Cli.Tests.Processes;

public sealed class NewTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task Makes_the_clones_that_are_named_and_prints_a_table()
    {
        var made = (await sandbox.RunAsync("new", "golden", "table-a", "table-b", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        made.Lines[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ShouldBe(["TARGET", "STATE", "SOURCE", "AGE", "MESSAGE"]);
        made.Lines.Length.ShouldBe(3);
        made.Lines.Skip(1).ShouldAllBe(l => l.Contains("vm/golden", StringComparison.Ordinal) && l.Contains("Bound", StringComparison.Ordinal));

        // Columns are aligned although rows are printed as they come.
        var phase = made.Lines[0].IndexOf("STATE", StringComparison.Ordinal);
        made.Lines.Skip(1).ShouldAllBe(l => l.IndexOf("Bound", StringComparison.Ordinal) == phase);
        (await sandbox.KubectlAsync("", "get", "vm", "table-a", "table-b", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Counts_and_numbers_and_waits_for_all()
    {
        var made = (await sandbox.RunAsync(
            "new", "golden", "--count", "12", "--name-pattern", "many-{0:d2}", "--batch", "many", "--wait", "--timeout", "80s", "-o", "name")).ShouldEndWith(0);

        made.Lines.Length.ShouldBe(12);

        // More than eight of one source are made directly, unless --method says otherwise; the machine stands for the clone.
        made.Lines.ShouldAllBe(l => l.StartsWith("vm/many-", StringComparison.Ordinal));
        made.Error.ShouldContain("12/12 Succeeded");
        (await sandbox.RunAsync("get", "--batch", "many", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(12);
    }

    [Fact]
    public async Task Made_directly_a_clone_is_found_waited_for_and_removed_by_the_name_it_is_printed_with()
    {
        var made = (await sandbox.RunAsync(
            "new", "golden-pvc", "direct-1", "--method", "direct", "--batch", "direct", "--for", "bound", "--timeout", "80s", "-o", "name")).ShouldEndWith(0);
        made.Lines.ShouldBe(["vm/direct-1"]);
        (await sandbox.RunAsync("get", "vm/direct-1", "-o", "wide")).ShouldEndWith(0).Lines[1].ShouldContain(" Direct ");
        (await sandbox.RunAsync("wait", "vm/direct-1", "--for", "bound", "--timeout", "60s", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vm/direct-1"]);
        (await sandbox.RunAsync("compare", "--batch", "direct", "--quiet")).ShouldEndWith(0);
        (await sandbox.RunAsync("remove", "vm/direct-1", "--include-target")).ShouldEndWith(0).Lines.ShouldContain("vm/direct-1 removed");
        (await sandbox.KubectlAsync("", "get", "vm", "direct-1")).ShouldEndWith(1);
    }

    [Fact]
    public async Task What_takes_no_snapshots_is_copied_by_CDI_from_a_stopped_machine_and_is_a_clone_like_others()
    {
        var made = (await sandbox.RunAsync("new", "legacy-01", "copied-1", "--batch", "copied", "--for", "bound", "--timeout", "80s", "-o", "name")).ShouldEndWith(0);
        made.Lines.ShouldBe(["vm/copied-1"]);
        made.Error.ShouldContain("takes no snapshots");
        (await sandbox.RunAsync("get", "vm/copied-1", "-o", "wide")).ShouldEndWith(0).Lines[1].ShouldContain(" DataVolume ");
        (await sandbox.RunAsync("wait", "vm/copied-1", "--for", "bound", "--timeout", "60s", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vm/copied-1"]);
        (await sandbox.RunAsync("compare", "--batch", "copied", "--quiet")).ShouldEndWith(0);
        (await sandbox.RunAsync("remove", "vm/copied-1", "--include-target")).ShouldEndWith(0).Lines.ShouldContain("vm/copied-1 removed");
        (await sandbox.RunAsync("new", "legacy-01", "paper", "--method", "datavolume", "--dry-run=client", "-o", "yaml")).ShouldEndWith(0).Output.ShouldContain("dataVolumeTemplates:");
    }

    [Fact]
    public async Task Without_wait_it_returns_what_was_created()
    {
        var made = (await sandbox.RunAsync("new", "vm/golden", "now-1", "-o", "json")).ShouldEndWith(0);

        using var list = JsonDocument.Parse(made.Output);
        list.RootElement.GetProperty("kind").GetString().ShouldBe("List");
        var clone = list.RootElement.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        clone.GetProperty("kind").GetString().ShouldBe("VirtualMachineClone");
        clone.GetProperty("metadata").GetProperty("uid").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task One_bad_item_fails_alone_with_its_reason_and_next_step()
    {
        (await sandbox.RunAsync("new", "golden", "taken-1", "--wait", "--timeout", "60s")).ShouldEndWith(0);

        var made = (await sandbox.RunAsync("new", "golden", "taken-1", "taken-2", "Not_A_Name", "--batch", "taken-again", "-o", "name")).ShouldEndWith(1);

        made.Lines.ShouldHaveSingleItem().ShouldContain("taken-2");
        made.ErrorLines.Length.ShouldBe(2);
        made.ErrorLines.ShouldContain(l => l.Contains("taken-1", StringComparison.Ordinal) && l.Contains("VMCloneTargetExists", StringComparison.Ordinal));
        made.ErrorLines.ShouldContain(l => l.Contains("Not_A_Name", StringComparison.Ordinal));
        made.ErrorLines.ShouldAllBe(l => l.StartsWith("error: ", StringComparison.Ordinal) && l.Contains("Next step: ", StringComparison.Ordinal));
        var skipped = (await sandbox.RunAsync("new", "golden", "taken-1", "--batch", "taken-thrice", "--skip-existing", "-o", "name")).ShouldEndWith(0);
        skipped.Lines.ShouldBeEmpty();
        skipped.Error.ShouldContain("taken-1");
    }

    [Fact]
    public async Task A_missing_source_is_said_at_once()
    {
        var made = (await sandbox.RunAsync("new", "no-such-vm", "x-1", "--wait", "--timeout", "60s")).ShouldEndWith(1);

        made.ErrorLines.ShouldContain(l => l.Contains("VMNotFound", StringComparison.Ordinal) && l.Contains("no-such-vm", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_server_alone_decides_where_that_is_asked_for()
    {
        (await sandbox.RunAsync("new", "no-such-vm", "unseen-1", "--skip-preflight", "--method", "clone", "--batch", "unseen", "-o", "name")).ShouldEndWith(0).Lines.ShouldHaveSingleItem();

        (await sandbox.RunAsync("remove", "--batch", "unseen")).ShouldEndWith(0);
    }

    [Fact]
    public async Task The_same_call_again_makes_nothing_twice()
    {
        var first = (await sandbox.RunAsync("new", "golden", "twice-1", "--batch", "twice", "-o", "name")).ShouldEndWith(0);
        var second = (await sandbox.RunAsync("new", "golden", "twice-1", "--batch", "twice", "-o", "name")).ShouldEndWith(0);

        second.Output.ShouldBe(first.Output);
        (await sandbox.RunAsync("get", "--batch", "twice", "-o", "name")).Lines.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Client_dry_run_prints_manifests_that_kubectl_creates()
    {
        var manifests = (await sandbox.RunAsync(
            "new", "golden", "client-dry-1", "client-dry-2", "--dry-run=client", "--new-mac-address", "default:02:00:00:00:00:01", "--new-smbios-serial", "a:b,c",
            "--label-filter", "*", "--label-filter", "!role", "--annotation-filter", "*", "--template-label-filter", "*",
            "--template-annotation-filter", "*", "--volume-name-policy", "RandomizeNames",
            "--patch", """{"op":"add","path":"/metadata/annotations/note","value":"a:b,c"}""")).ShouldEndWith(0);

        manifests.Output.ShouldContain("02-00-00-00-00-01");
        (await sandbox.RunAsync("get", "client-dry-*", "-o", "name")).Lines.ShouldBeEmpty();
        var created = (await sandbox.KubectlAsync(manifests.Output, "create", "-f", "-", "-o", "name")).ShouldEndWith(0);
        created.Lines.Length.ShouldBe(2);
        (await sandbox.RunAsync("wait", "client-dry-*", "--timeout", "60s", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Client_dry_run_as_json_is_a_list_and_needs_no_cluster()
    {
        var manifests = (await CliProcess.RunAsync(
            CliProcess.Program, ["new", "golden", "dry-3", "--dry-run=client", "-o", "json", "-n", "lab"], kubeConfig: null)).ShouldEndWith(0);

        using var list = JsonDocument.Parse(manifests.Output);
        var clone = list.RootElement.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        clone.GetProperty("metadata").GetProperty("namespace").GetString().ShouldBe("lab");
        clone.GetProperty("spec").GetProperty("target").GetProperty("apiGroup").GetString().ShouldBe("kubevirt.io");
    }

    [Fact]
    public async Task Client_dry_run_reads_the_source_where_the_manifest_follows_from_it()
    {
        var manifests = (await sandbox.RunAsync("new", "golden", "client-dry-9", "no-such-vm", "--hostname", "{2}", "--start", "--method", "restore", "--dry-run=client", "-o", "json")).ShouldEndWith(0);

        using var list = JsonDocument.Parse(manifests.Output);
        list.RootElement.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("kind").GetString())
            .ShouldBe(["VirtualMachineSnapshot", "VirtualMachineRestore", "VirtualMachineRestore"]);
        manifests.Output.ShouldContain("client-dry-9");
        manifests.Error.ShouldContain("kubectl wait --for=condition=Ready vmsnapshot/");
        var missing = (await sandbox.RunAsync("new", "no-such-vm", "x", "--hostname", "h", "--dry-run=client")).ShouldEndWith(1);
        missing.Output.ShouldBeEmpty();
        missing.Error.ShouldContain("VMNotFound");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up_after_the_request_timeout()
    {
        // Takes connections and never says a word.
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var file = Path.Combine(Path.GetTempPath(), $"silent-{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(file, $$"""
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{ name: c, context: { cluster: c, user: u } }]
            clusters: [{ name: c, cluster: { server: "http://127.0.0.1:{{((System.Net.IPEndPoint)silent.LocalEndpoint).Port}}" } }]
            users: [{ name: u, user: { token: none } }]
            """);
        try
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            (await CliProcess.RunAsync(CliProcess.Program, ["get", "--request-timeout", "300ms"], file)).ShouldEndWith(1).Error.ShouldContain("ApiServerUnreachable");
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Server_dry_run_reports_refusals_and_makes_nothing()
    {
        var asked = (await sandbox.RunAsync("new", "golden", "plan-1", "golden", "--dry-run=server", "-o", "name")).ShouldEndWith(1);

        asked.Lines.ShouldHaveSingleItem().ShouldContain("plan-1");
        asked.Error.ShouldContain("VMCloneTargetIsSource");
        (await sandbox.RunAsync("get", "plan-*", "-o", "name")).Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Reads_names_from_stdin_and_rows_from_csv()
    {
        (await sandbox.RunWithInputAsync("pipe-1\npipe-2\n", "new", "golden", "-", "--batch", "pipe", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(2);

        var file = Path.Combine(Path.GetTempPath(), $"clones-{Guid.NewGuid():n}.csv");
        await File.WriteAllTextAsync(file, "SourceName,TargetName,MacAddress\ngolden,csv-1,default=02:00:00:00:00:07\nno-such-vm,csv-2,\n,csv-3,\ngolden,csv-4,nonsense\n");
        try
        {
            var made = (await sandbox.RunAsync("new", "-f", file, "--batch", "csv", "-o", "name")).ShouldEndWith(1);
            made.Lines.ShouldHaveSingleItem().ShouldContain("csv-1");
            made.ErrorLines.Length.ShouldBe(3);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Values_that_would_be_refused_or_never_finish_are_caught_per_item()
    {
        foreach (var (arguments, id) in new (string[], string)[]
        {
            (["--label-filter="], "VMCloneFilterInvalid"),
            (["--label-filter", "a*b"], "VMCloneFilterInvalid"),
            (["--new-mac-address", "default:zz"], "VMCloneMacInvalid"),
            (["--patch", "nonsense"], "VMClonePatchInvalid"),
            (["--volume-name-policy", "Whatever"], "VMCloneVolumeNamePolicyInvalid"),
        })
        {
            var made = (await sandbox.RunAsync(["new", "golden", "never-1", .. arguments])).ShouldEndWith(1);
            made.Output.ShouldBeEmpty();
            made.ErrorLines.ShouldHaveSingleItem().ShouldContain(id);
        }
    }

    [Fact]
    public async Task Verbose_lines_and_requests_go_to_stderr_without_secrets()
    {
        var made = (await sandbox.RunAsync("get", "-v=6", "-o", "json")).ShouldEndWith(0);

        JsonDocument.Parse(made.Output).Dispose();
        made.Error.ShouldContain("GET /apis/clone.kubevirt.io/");
        made.Error.ShouldNotContain("Bearer", Case.Insensitive);
    }
}
