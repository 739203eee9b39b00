using System.Diagnostics;
using System.Text.Json;

namespace KubeVirtClone.Cli.Tests.Processes;

/// <summary>Before and after: <c>test</c> says what would go wrong, <c>debug</c> what has.</summary>
public sealed class TestAndDebugTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task Test_passes_what_new_would_make_and_makes_nothing()
    {
        var tested = (await sandbox.RunAsync(
            "test", "golden-pvc", "--count", "3", "--name-pattern", "tested-{0}", "--batch", "tested", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        tested.Lines[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ShouldBe(["SEVERITY", "CODE", "ITEM", "MESSAGE"]);
        tested.Lines.ShouldAllBe(l => !l.StartsWith("Error", StringComparison.Ordinal));
        tested.Error.ShouldContain("3 clones tested");
        tested.Error.ShouldContain("nothing was made");
        (await sandbox.RunAsync("get", "--batch", "tested", "-o", "name")).ShouldEndWith(0).Lines.ShouldBeEmpty();
        (await sandbox.RunAsync("test", "golden-pvc", "tested-1", "-o", "wide")).ShouldEndWith(0).Lines[0].ShouldContain("EVIDENCE");
    }

    [Fact]
    public async Task Test_ends_with_1_when_a_finding_is_an_error()
    {
        var tested = (await sandbox.RunAsync("test", "never-made", "tested-x", "-o", "json")).ShouldEndWith(1);

        using var json = JsonDocument.Parse(tested.Output);
        var error = json.RootElement.GetProperty("items").EnumerateArray().First(f => f.GetProperty("severity").GetString() == "Error");
        error.GetProperty("code").GetString().ShouldBe("VMNotFound");
        error.GetProperty("recommendedAction").GetString()!.ShouldContain("kubectl get vm");
        (await sandbox.RunAsync("test", "never-made", "tested-x", "-o", "yaml")).ShouldEndWith(1).Output.ShouldContain("code: VMNotFound");
        (await sandbox.RunAsync("test", "never-made", "tested-x", "-o", "name")).ShouldEndWith(1).Lines[0].ShouldBe("Error/VMNotFound");
    }

    [Fact]
    public async Task Test_finds_in_a_file_what_is_wrong_row_by_row()
    {
        var csv = "SourceName,TargetName\ngolden,row-1\ngolden,golden-pvc\ngolden,row-1\n";

        var tested = (await sandbox.RunWithInputAsync(csv, "test", "-f", "-")).ShouldEndWith(1);

        tested.Output.ShouldContain("VMCloneTargetExists");
        tested.Output.ShouldContain("VMCloneDuplicateTarget");
        (await sandbox.RunWithInputAsync(csv[..^13], "test", "-f", "-", "--skip-existing")).ShouldEndWith(0).Error.ShouldContain("1 left out because they exist");
    }

    [Fact]
    public async Task Test_judges_manifests_as_they_stand()
    {
        const string manifests = """
            apiVersion: clone.kubevirt.io/v1beta1
            kind: VirtualMachineClone
            metadata: {name: by-hand-1}
            spec:
              source: {apiGroup: kubevirt.io, kind: VirtualMachine, name: golden}
              target: {kind: VirtualMachine, name: by-hand-1}
            ---
            apiVersion: clone.kubevirt.io/v1beta1
            kind: VirtualMachineClone
            metadata: {name: by-hand-2}
            spec:
              source: {apiGroup: kubevirt.io, kind: VirtualMachine, name: golden}
              target: {apiGroup: kubevirt.io, kind: VirtualMachine, name: by-hand-2}
              newMacAddresses: {default: "02:00:00:00:0d:02"}
              labelFilters: three
            """;

        var tested = (await sandbox.RunWithInputAsync(manifests, "test", "-f", "-")).ShouldEndWith(1);

        tested.Output.ShouldContain("TargetGroup");
        tested.Output.ShouldContain("MacNotation");
        tested.Output.ShouldContain("VMCloneFilterInvalid");
        tested.Error.ShouldContain("2 clones tested");
        (await sandbox.RunWithInputAsync(manifests, "test", "golden", "-f", "-")).ShouldEndWith(2).Error.ShouldContain("holds manifests");
        (await sandbox.RunWithInputAsync("apiVersion: [", "test", "-f", "-")).ShouldEndWith(2).Error.ShouldContain("can't read stdin");
    }

    [Fact]
    public async Task A_user_who_may_not_look_gets_an_answer_all_the_same() =>
        (await sandbox.RunAsync("test", "golden-pvc", "viewed-1", "--context", "viewer@sandbox")).Output.ShouldContain("Not checked");

    [Fact]
    public async Task Debug_names_the_cause_and_repairs_it()
    {
        // Posted with colons KubeVirt takes the address, and its own restore webhook then refuses it for ever.
        (await sandbox.KubectlAsync(
            """
            apiVersion: clone.kubevirt.io/v1beta1
            kind: VirtualMachineClone
            metadata: {name: debug-stuck, labels: {kubevirtclone.io/batch: debugged}}
            spec:
              source: {apiGroup: kubevirt.io, kind: VirtualMachine, name: golden}
              target: {apiGroup: kubevirt.io, kind: VirtualMachine, name: debugged-1}
              newMacAddresses: {default: "02:00:00:00:0d:01"}
            """,
            "create", "-f", "-")).ShouldEndWith(0);
        await UntilAsync(async () => (await DebugAsync()).GetProperty("health").GetString() == "Stuck");

        var seen = (await sandbox.RunAsync("debug", "debug-stuck")).ShouldEndWith(0);
        foreach (var name in new[] { "Clone:", "Health:", "Cause:", "Evidence:", "Ends by itself:", "Next step:", "Repair:" })
            seen.Lines.ShouldContain(l => l.StartsWith(name, StringComparison.Ordinal), name);
        seen.Output.ShouldContain("debugged-1");
        var table = (await sandbox.RunAsync("debug", "--batch", "debugged", "-o", "table")).ShouldEndWith(0);
        table.Lines[0].ShouldStartWith("NAME");
        table.Lines[1].ShouldContain("Stuck");
        (await sandbox.RunAsync("debug", "--batch", "debugged", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vmclone/debug-stuck"]);
        (await sandbox.RunAsync("debug", "--batch", "debugged", "-o", "yaml")).ShouldEndWith(0).Output.ShouldContain("canEndByItself: false");

        var repaired = (await sandbox.RunAsync("debug", "debug-stuck", "--repair", "--yes", "-o", "json")).ShouldEndWith(0);
        using (var document = JsonDocument.Parse(repaired.Output))
        {
            var steps = document.RootElement.GetProperty("items")[0].GetProperty("repaired").EnumerateArray().ToList();
            steps.Select(s => s.GetProperty("operation").GetString()).ShouldBe(["Delete", "Make the clone again"]);
            steps.ShouldAllBe(s => s.GetProperty("done").GetBoolean());
        }

        repaired.Error.ShouldContain("delete VirtualMachineClone default/debug-stuck: done");
        (await sandbox.RunAsync("get", "debug-stuck")).ShouldEndWith(1);

        async Task<JsonElement> DebugAsync()
        {
            using var json = JsonDocument.Parse((await sandbox.RunAsync("debug", "debug-stuck", "-o", "json")).ShouldEndWith(0).Output);
            return json.RootElement.GetProperty("items")[0].Clone();
        }
    }

    [Fact]
    public async Task Debug_of_what_is_done_says_so_and_has_nothing_to_repair()
    {
        (await sandbox.RunAsync("new", "golden", "sound-1", "sound-2", "--batch", "sound", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        var seen = (await sandbox.RunAsync("debug", "--batch", "sound", "--repair", "-y")).ShouldEndWith(0);

        seen.Output.ShouldBeEmpty();
        seen.Error.ShouldContain("2 completed");
        seen.Error.ShouldContain("nothing to repair");
        (await sandbox.RunAsync("debug", "never-made")).ShouldEndWith(1).ErrorLines.ShouldHaveSingleItem().ShouldContain("VMCloneNotFound");
        (await sandbox.RunAsync("debug")).ShouldEndWith(2).Error.ShouldContain("say which clones");
    }

    private static async Task UntilAsync(Func<Task<bool>> reached)
    {
        var clock = Stopwatch.StartNew();
        while (!await reached())
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(120), "the state waited for was not reached");
    }
}
