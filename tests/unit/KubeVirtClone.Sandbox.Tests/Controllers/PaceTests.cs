using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Controllers;

/// <summary>
/// Bulk work on the sandbox takes about as long as it took on the real KubeVirt 1.9 that was recorded (one run each, on a busy machine, hence
/// the tolerances). Virtual time: an hour costs nothing, and the same steps are done on every machine.
/// </summary>
public sealed class PaceTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static bool Succeeded(JsonObject clone) => clone.TextAt("status", "phase") == "Succeeded";

    private static bool IsComplete(JsonObject restore) => restore.FlagAt("status", "complete") is true;

    private static VirtualSandbox WithSnapshot(string source)
    {
        var sandbox = new VirtualSandbox();
        sandbox.Snapshot(source, "image");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineSnapshot", "image").FlagAt("status", "readyToUse") is true, Hour).ShouldBeTrue();
        return sandbox;
    }

    private void ShouldTakeAbout(double recorded, double tolerance, TimeSpan taken, string what)
    {
        output.WriteLine($"{what}: recorded {recorded} s, here {taken.TotalSeconds:F1} s");
        taken.TotalSeconds.ShouldBeInRange(recorded / tolerance, recorded * tolerance);
    }

    [Theory]
    [InlineData("golden", 100, 100, 77, 1.5)]
    [InlineData("golden", 20, 1, 15, 1.5)]
    [InlineData("golden", 40, 5, 51, 1.5)]
    [InlineData("golden", 40, 10, 49, 1.5)]
    [InlineData("golden-pvc", 30, 10, 31, 1.5)]
    public async Task Clones_of_one_snapshot(string source, int count, int inFlight, double recorded, double tolerance)
    {
        await using var sandbox = WithSnapshot(source);
        var began = sandbox.Elapsed;
        var posted = 0;
        sandbox.RunUntil(Done, Hour).ShouldBeTrue();
        ShouldTakeAbout(recorded, tolerance, sandbox.Elapsed - began, $"{count} clones of a snapshot of {source}, {inFlight} in flight");

        bool Done()
        {
            for (var open = posted - sandbox.List("VirtualMachineClone").Count(Succeeded); posted < count && open < inFlight; open++)
                sandbox.Clone("image", $"copy-{posted++}", "VirtualMachineSnapshot");
            return sandbox.List("VirtualMachineClone").Count(Succeeded) == count;
        }
    }

    [Theory]
    [InlineData(100, 4.7, 1.5)]
    [InlineData(300, 17, 1.5)]
    public async Task Restores_of_one_snapshot(int count, double recorded, double tolerance)
    {
        await using var sandbox = WithSnapshot("golden");
        var began = sandbox.Elapsed;
        for (var i = 0; i < count; i++)
            sandbox.Restore("image", $"copy-{i}");
        sandbox.RunUntil(() => sandbox.List("VirtualMachineRestore").Count(IsComplete) == count, Hour).ShouldBeTrue();
        ShouldTakeAbout(recorded, tolerance, sandbox.Elapsed - began, $"{count} restores of a snapshot");
    }

    [Theory]
    [InlineData("golden", 30, 82, 1.6)]
    [InlineData("golden-pvc", 10, 40, 2)]
    public async Task Clones_of_one_VM(string source, int count, double recorded, double tolerance)
    {
        await using var sandbox = new VirtualSandbox();
        for (var i = 0; i < count; i++)
            sandbox.Clone(source, $"copy-{i}");
        sandbox.RunUntil(() => sandbox.List("VirtualMachineClone").All(Succeeded), Hour).ShouldBeTrue();
        ShouldTakeAbout(recorded, tolerance, sandbox.Elapsed, $"{count} clones of {source}");
    }

    // 21 of them had succeeded after 15 minutes on the recorded cluster; the sandbox, which never sees a stale cache, is not as slow as that.
    [Fact]
    public async Task A_hundred_clones_of_one_VM_take_many_minutes()
    {
        await using var sandbox = new VirtualSandbox();
        for (var i = 0; i < 100; i++)
            sandbox.Clone("golden", $"copy-{i}");
        sandbox.Run(TimeSpan.FromMinutes(5));
        var soon = sandbox.List("VirtualMachineClone").Count(Succeeded);
        sandbox.RunUntil(() => sandbox.List("VirtualMachineClone").All(Succeeded), TimeSpan.FromMinutes(10));
        output.WriteLine($"100 clones of one VM: {soon} after 5 minutes, {sandbox.List("VirtualMachineClone").Count(Succeeded)} after {sandbox.Elapsed.TotalMinutes:F0}");
        soon.ShouldBeLessThan(60);
        sandbox.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMinutes(8));
    }
}
