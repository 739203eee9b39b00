using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Facts;

/// <summary>Machines made by restores start when their restores are complete: one that started earlier would have its restore wait for it to be off.</summary>
public sealed class HeldStartTests
{
    private const string Start = "kubevirtclone.io/start";

    [Theory]
    [InlineData("Always", true)]
    [InlineData("RerunOnFailure", true)]
    [InlineData("Always", false)]
    public async Task A_restore_is_complete_before_its_machine_starts(string strategy, bool wait)
    {
        await using var lab = Prepare();
        var updates = await lab.CloneAsync(Requests(strategy), Lab.Options() with { Wait = wait, For = WaitState.Running });

        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        updates.Count(u => u.Kind == ItemUpdateKind.Record).ShouldBe(3);
        ShouldRun(lab, strategy);
        var complete = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in lab.Changes.Select(c => c.Object))
        {
            if (change.TextAt("kind") == "VirtualMachineRestore" && change.FlagAt("status", "complete") == true)
                complete.Add(change.TextAt("spec", "target", "name")!);
            if (change.TextAt("kind") == "VirtualMachine" && change.Name().StartsWith("vm-", StringComparison.Ordinal) && change.TextAt("spec", "runStrategy") != "Halted")
                complete.ShouldContain(change.Name());
        }

    }

    [Theory]
    [InlineData("Always", true)]
    [InlineData("Once", true)]
    [InlineData("Manual", false)]
    public async Task Auto_leaves_no_machine_that_is_to_start_to_the_clone_controller(string strategy, bool starts)
    {
        await using var lab = Prepare();
        var started = lab.Now;
        var requests = Requests(strategy).ConvertAll(r => r with { Start = false });
        var updates = await lab.CloneAsync(requests, Lab.Options(CloneMethodChoice.Auto) with { For = WaitState.Succeeded });

        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        updates.Where(u => u.Kind == ItemUpdateKind.Record).ShouldAllBe(u => (u.Record!.Method == CloneMethod.Clone) == !starts);
        // What the clone controller makes waits five minutes for its machine to be off.
        (lab.Now - started).ShouldBeLessThan(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Whoever_insists_on_clones_is_told_what_that_means()
    {
        await using var lab = Prepare();
        var updates = await lab.CloneAsync(Requests("Always"), Lab.Options(CloneMethodChoice.Clone) with { Wait = false });
        updates.Where(u => u.Kind == ItemUpdateKind.Warning).ShouldHaveSingleItem().Message!.ToString().ShouldContain("held up");
    }

    [Fact]
    public async Task A_run_strategy_in_a_patch_of_the_users_own_is_held_back_too()
    {
        await using var lab = Prepare();
        var patch = new[] { """{"op":"replace","path":"/spec/runStrategy","value":"Always"}""" };
        var updates = await lab.CloneAsync(Requests(strategy: null).ConvertAll(r => r with { Patches = patch }), Lab.Options());

        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        lab.Settle();
        ShouldRun(lab, "Always");
    }

    [Fact]
    public async Task What_was_stopped_since_is_not_started_by_the_same_command_again()
    {
        await using var lab = Prepare();
        var options = Lab.Options() with { For = WaitState.Running };
        await lab.CloneAsync(Requests("Always"), options);
        await lab.DoAsync(async () =>
        {
            await foreach (var update in new MachinePower(lab.Cluster).StopAsync([new("default", "vm-002")], new PowerOptions { Wait = true }, default))
                update.Fault.ShouldBeNull();
            return true;
        });

        await lab.CloneAsync(Requests("Always"), options with { For = WaitState.Succeeded });
        lab.Settle();
        lab.Get("VirtualMachine", "vm-002").TextAt("spec", "runStrategy").ShouldBe("Halted");
        lab.Get("VirtualMachine", "vm-001").TextAt("spec", "runStrategy").ShouldBe("Always");
    }

    [Fact]
    public async Task What_an_interrupted_run_did_not_start_the_same_command_starts()
    {
        await using var lab = Prepare();
        await lab.CloneAsync(Requests("Always"), Lab.Options());
        foreach (var name in new[] { "vm-001", "vm-002", "vm-003" })
        {
            // As the run leaves it that ends between the restore and the start.
            lab.Patch("VirtualMachine", name, new JsonObject { ["spec"] = new JsonObject { ["runStrategy"] = "Halted" } });
            lab.Patch(
                "VirtualMachineRestore",
                lab.List("VirtualMachineRestore").Single(r => r.TextAt("spec", "target", "name") == name).Name(),
                new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Start] = "Always" } } });
        }

        await lab.CloneAsync(Requests("Always"), Lab.Options());
        lab.Settle();
        ShouldRun(lab, "Always");
    }

    private static Lab Prepare()
    {
        var lab = new Lab(nodes: true);
        // Nothing of it needs copying, so that it can start the moment it is made.
        lab.Post(DemoSeed.Machine("plain", "fedora", [DemoSeed.ContainerDisk()], twoNetworks: false));
        lab.Settle();
        return lab;
    }

    private static List<CloneRequest> Requests(string? strategy) => Lab.Requests(3).ConvertAll(r => r with { SourceName = "plain", RunStrategy = strategy, Start = strategy is not null });

    private static void ShouldRun(Lab lab, string strategy)
    {
        foreach (var name in new[] { "vm-001", "vm-002", "vm-003" })
            lab.Get("VirtualMachine", name).TextAt("spec", "runStrategy").ShouldBe(strategy, name);
        foreach (var restore in lab.List("VirtualMachineRestore"))
        {
            restore.FlagAt("status", "complete").ShouldBe(true, restore.ToJsonString());
            restore.TextAt("metadata", "annotations", Start).ShouldBeNull();
        }
    }
}
