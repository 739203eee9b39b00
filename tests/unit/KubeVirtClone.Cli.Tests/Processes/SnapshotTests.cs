using System.Text.Json;

namespace KubeVirtClone.Cli.Tests.Processes;

public sealed class SnapshotTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task A_snapshot_is_taken_waited_for_listed_cloned_and_removed()
    {
        var made = (await sandbox.RunAsync(
            "snapshot", "new", "golden-pvc", "--name", "snap-1", "--label", "for=tests", "--deletion-policy", "delete", "--failure-deadline", "2m",
            "--wait", "--timeout", "60s")).ShouldEndWith(0);
        made.Lines.Length.ShouldBe(2);
        Words(made.Lines[1])[..4].ShouldBe(["snap-1", "vm/golden-pvc", "Succeeded", "true"]);

        (await sandbox.RunAsync("snapshot", "get", "-l", "for=tests", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vmsnapshot/snap-1"]);
        (await sandbox.RunAsync("snapshot", "get", "vmsnapshot/snap-1", "-o", "wide")).ShouldEndWith(0).Lines[0].ShouldContain("INCLUDED");
        (await sandbox.RunAsync("snapshot", "get", "-A", "-l", "for=tests")).ShouldEndWith(0).Lines[0].ShouldStartWith("NAMESPACE");
        using var json = JsonDocument.Parse((await sandbox.RunAsync("snapshot", "get", "snap-1", "-o", "json")).ShouldEndWith(0).Output);
        json.RootElement.GetProperty("items")[0].GetProperty("spec").GetProperty("failureDeadline").GetString().ShouldBe("2m0s");
        (await sandbox.RunAsync("snapshot", "get", "snap-1", "-o", "yaml")).ShouldEndWith(0).Output.ShouldContain("deletionPolicy: Delete");
        (await sandbox.RunAsync("new", "vmsnapshot/snap-1", "of-snap-1", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        (await sandbox.RunWithInputAsync("vmsnapshot/snap-1\n", "snapshot", "remove", "-", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vmsnapshot/snap-1"]);
        var gone = (await sandbox.RunAsync("snapshot", "get", "snap-1")).ShouldEndWith(1);
        gone.Output.ShouldBeEmpty();
        gone.ErrorLines.ShouldHaveSingleItem().ShouldContain("VMSnapshotNotFound");
    }

    [Fact]
    public async Task A_machine_that_is_not_there_fails_at_once_and_the_others_are_snapshotted()
    {
        var made = (await sandbox.RunAsync("snapshot", "new", "golden-pvc", "never-made", "--wait", "--timeout", "60s", "-o", "name")).ShouldEndWith(1);

        made.Lines.ShouldHaveSingleItem().ShouldStartWith("vmsnapshot/golden-pvc-");
        var error = made.ErrorLines.Single(l => l.StartsWith("error:", StringComparison.Ordinal));
        error.ShouldContain("VMNotFound");
        error.ShouldContain("Next step: ");
        (await sandbox.RunAsync("snapshot", "wait", made.Lines[0], "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(made.Lines);
        (await sandbox.RunAsync("snapshot", "remove", made.Lines[0])).ShouldEndWith(0);
    }

    [Fact]
    public async Task Waiting_ends_at_once_for_a_snapshot_that_has_failed()
    {
        // KubeVirt takes a snapshot of a machine that does not exist, and fails it at its deadline.
        (await sandbox.KubectlAsync(
            """
            apiVersion: snapshot.kubevirt.io/v1beta1
            kind: VirtualMachineSnapshot
            metadata: {name: snap-failing}
            spec: {failureDeadline: 1s, source: {apiGroup: kubevirt.io, kind: VirtualMachine, name: never-made}}
            """,
            "create", "-f", "-")).ShouldEndWith(0);

        // No timeout: only the failure ends it.
        var waited = (await sandbox.RunAsync("snapshot", "wait", "snap-failing")).ShouldEndWith(1);

        waited.Output.ShouldBeEmpty();
        waited.ErrorLines.ShouldContain(l => l.Contains("VMSnapshotFailed", StringComparison.Ordinal) && l.Contains("Next step: ", StringComparison.Ordinal));
        (await sandbox.RunAsync("snapshot", "remove", "snap-failing", "-y")).ShouldEndWith(0).Output.ShouldBe("vmsnapshot/snap-failing removed\n");
    }

    [Fact]
    public async Task A_snapshot_that_volumes_still_wait_for_stays_unless_forced()
    {
        (await sandbox.RunAsync("snapshot", "new", "golden-late", "--name", "snap-late", "--timeout", "60s")).ShouldEndWith(0);
        (await sandbox.RunAsync("new", "vmsnapshot/snap-late", "of-snap-late", "--wait", "--timeout", "60s")).ShouldEndWith(0);

        var refused = (await sandbox.RunAsync("snapshot", "remove", "snap-late")).ShouldEndWith(1);

        refused.Output.ShouldBeEmpty();
        refused.ErrorLines.ShouldContain(l => l.Contains("VMSnapshotInUse", StringComparison.Ordinal) && l.Contains("--force", StringComparison.Ordinal));
        (await sandbox.RunAsync("snapshot", "remove", "snap-late", "--force", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vmsnapshot/snap-late"]);
    }

    [Fact]
    public async Task A_dry_run_takes_none()
    {
        (await sandbox.RunAsync("snapshot", "new", "golden-pvc", "--name", "snap-dry", "--dry-run=server")).ShouldEndWith(0).Error.ShouldContain("nothing was made");
        (await sandbox.RunAsync("snapshot", "get", "snap-dry")).ShouldEndWith(1);
    }

    private static string[] Words(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
