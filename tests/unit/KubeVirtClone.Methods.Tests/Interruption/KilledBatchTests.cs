using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Methods.Tests.Interruption;

/// <summary>
/// A batch whose process is killed at each of its mutating requests, before and after the server has carried it out. The same command again
/// completes the job: nothing twice, nothing lost. And whoever removes the batch instead finds all that was left.
/// </summary>
public sealed class KilledBatchTests
{
    private const int Count = 2;

    [Theory]
    [InlineData("restore")]
    [InlineData("clone")]
    public async Task Killed_at_any_request_the_same_command_completes_the_job(string method)
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        var before = sandbox.State();
        var points = await PointsAsync(sandbox, method);
        foreach (var point in points)
        {
            var batch = $"k{point.Request}{(point.Done ? "b" : "a")}";
            var command = Command(method, batch);
            if (!await sandbox.RunAndKillAsync(point, command))
                continue;
            (await sandbox.RunAsync(command)).ShouldEndWith(0);

            var targets = Enumerable.Range(1, Count).Select(i => $"{batch}-{i}").ToList();
            // Each machine was made, once; each with a claim of its own, and all of that is all there is.
            sandbox.Made.Where(m => m.StartsWith(batch + "-", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList().ShouldBe(targets, customMessage: $"killed at {point}");
            var machines = sandbox.List("VirtualMachine").Where(m => targets.Contains(m.Name())).ToList();
            var claims = machines.ConvertAll(m => m.ArrayAt("spec", "template", "spec", "volumes").Objects().Select(v => v.TextAt("persistentVolumeClaim", "claimName")).OfType<string>().Single());
            claims.Distinct(StringComparer.Ordinal).Count().ShouldBe(Count);
            var records = sandbox.List(method == "clone" ? "VirtualMachineClone" : "VirtualMachineRestore").Select(r => r.Kind() + " " + r.Name()).ToList();
            records.Count.ShouldBe(Count);
            await sandbox.ShouldBecomeAsync(
                new HashSet<string>([.. before, .. machines.Select(m => "VirtualMachine " + m.Name()), .. claims.Select(c => "PersistentVolumeClaim " + c), .. records], StringComparer.Ordinal),
                $"{method} killed at {point} and run again");

            (await sandbox.RemoveBatchAsync(batch)).ShouldBe(Count);
            await sandbox.ShouldBecomeAsync(before, $"{method} killed at {point}, run again and removed");
        }
    }

    [Theory]
    [InlineData("restore")]
    [InlineData("clone")]
    public async Task Killed_at_any_request_the_batch_can_be_removed_whole(string method)
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        var before = sandbox.State();
        // Before a request nothing else is there than after the one before it.
        foreach (var point in (await PointsAsync(sandbox, method)).Where(p => p.Done))
        {
            var batch = $"r{point.Request}{(point.Done ? "b" : "a")}";
            if (!await sandbox.RunAndKillAsync(point, Command(method, batch)))
                continue;
            (await sandbox.RunAsync("remove", "--batch", batch, "--include-target", "--yes")).ShouldEndWith(0);
            await sandbox.ShouldBecomeAsync(before, $"{method} killed at {point} and removed");
        }
    }

    [Theory]
    [InlineData("restore")]
    [InlineData("clone")]
    public async Task Killed_at_any_request_what_late_volumes_need_is_kept_and_goes_once_they_are_bound(string method)
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        var before = sandbox.State();
        foreach (var point in (await PointsAsync(sandbox, method, "golden-late")).Where(p => p.Done))
        {
            var batch = $"w{point.Request}";
            var command = Command(method, batch, "golden-late");
            if (!await sandbox.RunAndKillAsync(point, command))
                continue;
            (await sandbox.RunAsync(command)).ShouldEndWith(0);

            var when = $"{method} killed at {point} and run again";
            var targets = Enumerable.Range(1, Count).Select(i => $"{batch}-{i}").ToList();
            sandbox.Made.Where(m => m.StartsWith(batch + "-", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList().ShouldBe(targets, customMessage: when);
            var snapshot = sandbox.List("VirtualMachineSnapshot").ShouldHaveSingleItem(when);
            snapshot.IsDeleting().ShouldBeFalse(when);
            snapshot.ArrayAt("metadata", "ownerReferences").Objects().Count().ShouldBe(Count, when);
            sandbox.List("VolumeSnapshot").ShouldHaveSingleItem(when);
            sandbox.List("PersistentVolumeClaim").Count(c => c.TextAt("status", "phase") == "Pending").ShouldBe(Count, when);

            (await sandbox.RunAsync(["start", .. targets, "--wait", "--timeout", "60s"])).ShouldEndWith(0);
            (await sandbox.RunAsync("wait", "--batch", batch, "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);
            await KillableSandbox.WaitUntilAsync(() => sandbox.List("VirtualMachineSnapshot").Count == 0 && sandbox.List("VolumeSnapshot").Count == 0);
            (await sandbox.RunAsync("remove", "--batch", batch, "--include-target", "--yes")).ShouldEndWith(0);
            await sandbox.ShouldBecomeAsync(before, when + ", started and removed");
        }
    }

    [Fact]
    public async Task A_removal_that_is_killed_is_completed_by_the_same_command()
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        var before = sandbox.State();
        for (var request = 1; ; request++)
        {
            var batch = $"d{request}";
            (await sandbox.RunAsync(Command("restore", batch))).ShouldEndWith(0);
            string[] removal = ["remove", "--batch", batch, "--include-target", "--yes"];
            var killed = await sandbox.RunAndKillAsync(new(request, Done: true), removal);
            if (killed)
                (await sandbox.RunAsync(removal)).Code.ShouldBe(0, $"removal killed at {request}");
            await sandbox.ShouldBecomeAsync(before, $"removal killed at {request} and done again");
            if (!killed)
                break;
        }
    }

    private static string[] Command(string method, string batch, string source = "golden-pvc") =>
        ["new", source, "--count", $"{Count}", "--name-pattern", batch + "-{0}", "--method", method, "--batch", batch, "--wait", "--for", "bound", "--timeout", "60s", "-o", "name"];

    private static async Task<List<KillPoint>> PointsAsync(KillableSandbox sandbox, string method, string source = "golden-pvc")
    {
        var before = sandbox.State();
        (await sandbox.RunAsync(Command(method, "clean", source))).ShouldEndWith(0);
        var requests = sandbox.Seen.Count;
        requests.ShouldBeGreaterThanOrEqualTo(Count + 2);
        await sandbox.RemoveBatchAsync("clean");
        await sandbox.ShouldBecomeAsync(before, "a clean run removed");
        return [.. Enumerable.Range(1, requests).SelectMany(i => new[] { new KillPoint(i, Done: false), new KillPoint(i, Done: true) })];
    }
}
