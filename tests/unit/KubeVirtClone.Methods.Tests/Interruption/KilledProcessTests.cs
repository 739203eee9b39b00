using KubeVirtClone.Methods.Tests.Virtual;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Interruption;

/// <summary>kubectl-vmclone, killed by the system at one of its requests: once for each thing it does. See <see cref="KilledBatchTests"/> for every request.</summary>
public sealed class KilledProcessTests
{
    [Theory]
    [InlineData("restore")]
    [InlineData("clone")]
    public async Task The_same_command_completes_the_job_of_a_process_that_was_killed(string method)
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        var before = sandbox.State();
        var command = New(method);
        (await sandbox.RunAndKillAsync(new KillPoint(3, Done: true), command)).ShouldBeTrue();
        (await sandbox.RunAsync(command)).ShouldEndWith(0);

        sandbox.Made.Where(m => m.StartsWith("k-", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ShouldBe(["k-1", "k-2"]);
        sandbox.List(method == "clone" ? "VirtualMachineClone" : "VirtualMachineRestore").Count.ShouldBe(2);
        string[] removal = ["remove", "--batch", "k", "--include-target", "--yes"];
        // What was made is found by its marks when its machines are gone already; so removing it can be killed too.
        (await sandbox.RunAndKillAsync(new KillPoint(2, Done: true), removal)).ShouldBeTrue();
        (await sandbox.RunAsync(removal)).ShouldEndWith(0);
        await sandbox.ShouldBecomeAsync(before, $"{method} killed, run again and removed");
    }

    [Fact]
    public async Task The_same_command_completes_the_image_of_a_process_that_was_killed()
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        await sandbox.MakeMachineAsync("src");
        string[] command = ["image", "new", "src", "img", "--stop-source", "--remove-source", "--timeout", "60s", "-o", "name"];
        (await sandbox.RunAndKillAsync(new KillPoint(2, Done: true), command)).ShouldBeTrue();
        (await sandbox.RunAsync(command)).ShouldEndWith(0);

        var snapshot = sandbox.List("VirtualMachineSnapshot").Where(s => s.TextAt("spec", "source", "name") == "src").ShouldHaveSingleItem();
        snapshot.Label("kubevirtclone.io/image").ShouldBe("img");
        snapshot.FlagAt("status", "readyToUse").ShouldBe(true);
        sandbox.List("VirtualMachine").ShouldNotContain(m => m.Name() == "src");
    }

    private static string[] New(string method) =>
        ["new", "golden-pvc", "--count", "2", "--name-pattern", "k-{0}", "--method", method, "--batch", "k", "--wait", "--for", "bound", "--timeout", "60s", "-o", "name"];
}
