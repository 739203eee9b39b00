using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Images;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Facts;

/// <summary>What runs leave for others: images of the same name made at the same time, and a source that runs again.</summary>
public sealed class ImageRunTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Runs_for_one_image_at_the_same_time_each_make_a_version(bool running)
    {
        await using var lab = new Lab(nodes: true);
        MakeSource(lab, running);
        var outcomes = await lab.DoAsync(() => Task.WhenAll(Enumerable.Range(0, 5).Select(_ => MakeAsync(lab, keepStopped: false))));
        lab.Settle();

        outcomes.SelectMany(o => o.Faults).ShouldBeEmpty();
        outcomes.SelectMany(o => o.Versions).Order(StringComparer.Ordinal).ShouldBe(["1", "2", "3", "4", "5"]);
        var snapshots = lab.List("VirtualMachineSnapshot");
        snapshots.Count.ShouldBe(5);
        foreach (var snapshot in snapshots)
        {
            snapshot.Label("kubevirtclone.io/image").ShouldBe("img");
            snapshot.Label("kubevirtclone.io/image-pending").ShouldBeNull();
            snapshot.FlagAt("status", "readyToUse").ShouldBe(true);
            snapshot["status"]!.ToJsonString().ShouldNotContain("Online");
        }

        lab.Get("VirtualMachine", "src").TextAt("status", "printableStatus").ShouldBe(running ? "Running" : "Stopped");
    }

    [Fact]
    public async Task A_snapshot_that_another_run_still_takes_is_left_alone_when_the_time_is_over()
    {
        await using var lab = new Lab(nodes: true);
        MakeSource(lab, running: false);
        lab.Post(new JsonObject
        {
            ["apiVersion"] = "snapshot.kubevirt.io/v1beta1",
            ["kind"] = "VirtualMachineSnapshot",
            ["metadata"] = new JsonObject
            {
                ["name"] = CloneNames.ForImage("default", "img", "1"),
                ["labels"] = new JsonObject { ["kubevirtclone.io/image-pending"] = "true" },
            },
            ["spec"] = new JsonObject { ["source"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = "not-there-yet" } },
        });
        var uid = lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem()["metadata"].TextAt("uid");

        var (versions, faults) = await lab.DoAsync(() => MakeAsync(lab, keepStopped: false, TimeSpan.FromSeconds(20)));
        versions.ShouldBeEmpty();
        faults.ShouldHaveSingleItem().ShouldContain("was not ready to use within");
        lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem()["metadata"].TextAt("uid").ShouldBe(uid);
    }

    [Theory]
    [InlineData(false, "Running", "Always")]
    [InlineData(true, "Stopped", "Halted")]
    public async Task A_source_that_was_stopped_runs_again_unless_told_not_to(bool keepStopped, string status, string strategy)
    {
        await using var lab = new Lab(nodes: true);
        MakeSource(lab, running: true);
        (await lab.DoAsync(() => MakeAsync(lab, keepStopped))).Faults.ShouldBeEmpty();
        lab.Settle();

        lab.Get("VirtualMachine", "src").TextAt("status", "printableStatus").ShouldBe(status);
        lab.Get("VirtualMachine", "src").TextAt("spec", "runStrategy").ShouldBe(strategy);
        lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem()["status"]!.ToJsonString().ShouldNotContain("Online");
    }

    private static void MakeSource(Lab lab, bool running)
    {
        lab.Post(DemoSeed.Claim("src", "fast", "1Gi"));
        lab.Settle();
        var machine = DemoSeed.Machine("src", "db", [DemoSeed.ClaimDisk("data", "src")]);
        machine["spec"]!["runStrategy"] = running ? "Always" : "Halted";
        lab.Post(machine);
        lab.Settle();
    }

    private static async Task<(List<string> Versions, List<string> Faults)> MakeAsync(Lab lab, bool keepStopped, TimeSpan? timeout = null)
    {
        var request = new GoldenImageRequest
        {
            Namespace = "default",
            SourceName = "src",
            Name = "img",
            StopSource = true,
            KeepStopped = keepStopped,
            Timeout = timeout ?? TimeSpan.FromMinutes(10),
        };
        var versions = new List<string>();
        var faults = new List<string>();
        await foreach (var update in new GoldenImageMaker(lab.Cluster).CreateAsync(request, default))
        {
            if (update.Fault is { } fault)
                faults.Add(fault.Message);
            else if (update.Record is { } image)
                versions.Add(image.Version);
        }

        return (versions, faults);
    }
}
