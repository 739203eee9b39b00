using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Methods.Tests.Virtual;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Facts;

/// <summary>Volumes that a machine owns outlive it when they are to, whoever makes the machine their owner again, and wherever the removal ends.</summary>
public sealed class KeptVolumeTests
{
    private static readonly PowerOptions Keep = new() { Wait = true, KeepVolumes = true };

    [Fact]
    public async Task Claims_of_machines_made_directly_stay_and_are_named()
    {
        await using var lab = new Lab();
        await lab.MakeAsync(3, Lab.Options(CloneMethodChoice.Direct));
        var claims = lab.Claims();
        var before = lab.State();

        (await RemoveAsync(lab, Keep with { DryRun = true }, "vm-001", "vm-002")).ShouldAllBe(u => u.Kind == ItemUpdateKind.Record);
        lab.Settle();
        lab.State().ShouldBe(before);
        Owners(lab, claims["vm-001"]).ShouldBe(["vm-001"]);
        lab.Virtual.Said.ToString().ShouldContain($"PersistentVolumeClaim default/{claims["vm-002"]}, which vm-002 owns, would stay");

        (await RemoveAsync(lab, Keep, "vm-001", "vm-002")).ShouldAllBe(u => u.Kind == ItemUpdateKind.Record);
        lab.Settle();
        lab.State().ShouldBe([.. before.Except(["VirtualMachine vm-001", "VirtualMachine vm-002"])], ignoreOrder: true);
        Owners(lab, claims["vm-001"]).ShouldBeEmpty();
        Owners(lab, claims["vm-002"]).ShouldBeEmpty();
        // The other's is still its own.
        Owners(lab, claims["vm-003"]).ShouldBe(["vm-003"]);
        lab.Virtual.Said.ToString().ShouldContain($"PersistentVolumeClaim default/{claims["vm-001"]}, which vm-001 owned, stays with its data");

        // Nobody fills a new machine of that name with the old data, or the old data with that of the snapshot.
        var again = await lab.CloneAsync([Lab.Requests(1)[0]], Lab.Options(CloneMethodChoice.Direct));
        again.Select(u => u.Fault).OfType<Fault>().ShouldHaveSingleItem().Id.ShouldBe(FaultIds.VMCloneVolumeExists);
        lab.Get("PersistentVolumeClaim", claims["vm-001"]).ShouldNotBeNull();
    }

    [Fact]
    public async Task Killed_at_any_request_the_next_removal_keeps_them_all_the_same()
    {
        await using var lab = new Lab();
        var points = 0;
        foreach (var isKept in new[] { true, false })
        {
            for (var request = 1; ; request++)
            {
                var name = $"t-{(isKept ? "k" : "p")}-{request}";
                Templated(lab, name);
                if (!await lab.Virtual.RunAndKillAsync(() => RemoveNowAsync(lab, Keep, name), new KillPoint(request, Done: true)))
                    break;
                points++;
                lab.Settle();
                var held = lab.Get("VirtualMachine", name)?.ArrayAt("metadata", "finalizers").Texts().Contains("kubevirtclone.io/keep-volumes") == true;
                // Whoever does not say it again is held to what was begun; before that it is a removal like any other.
                if (lab.Get("VirtualMachine", name) is not null && (isKept || held))
                    (await RemoveAsync(lab, Keep with { KeepVolumes = isKept }, name)).ShouldAllBe(u => u.Kind == ItemUpdateKind.Record, $"killed at {request}");
                lab.Settle();
                if (lab.Get("VirtualMachine", name) is not null)
                    continue;
                lab.Get("DataVolume", name + "-system").ShouldNotBeNull($"killed at {request}").ArrayAt("metadata", "ownerReferences").Objects().ShouldBeEmpty();
                lab.Get("PersistentVolumeClaim", name + "-system").ShouldNotBeNull($"killed at {request}");
            }
        }

        // A rehearsal, the hold, the deletion, the volume, letting go: each of them twice.
        points.ShouldBeGreaterThanOrEqualTo(10);
    }

    [Theory]
    [InlineData(CloneMethodChoice.Direct)]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.DataVolume)]
    public async Task A_batch_is_removed_with_its_machines_and_without_their_volumes(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        var clones = await lab.MakeAsync(2, Lab.Options(method));
        var claims = lab.Claims().Values.ToList();
        var removal = new CloneRemoval(lab.Cluster, includeTarget: true, keepVolumes: true);
        foreach (var clone in clones)
            (await lab.DoAsync(() => removal.RemoveAsync(clone, default))).ShouldBeNull();
        (await lab.DoAsync(() => lab.Leftovers.CollectBatchAsync(null, "b", includeTarget: false, default))).ShouldBeEmpty();
        lab.Settle();
        lab.State().ShouldBe(
            [.. lab.Before, .. claims.Select(c => "PersistentVolumeClaim " + c), .. method == CloneMethodChoice.DataVolume ? claims.Select(c => "DataVolume " + c) : []],
            ignoreOrder: true);
    }

    [Theory]
    [InlineData("persistentvolumeclaims")]
    [InlineData("datavolumes")]
    public async Task Who_cannot_see_what_a_machine_owns_removes_nothing(string unread)
    {
        await using var lab = new Lab();
        await lab.MakeAsync(1, Lab.Options(CloneMethodChoice.Direct));
        lab.Virtual.MayNotList(unread);
        (await RemoveAsync(lab, Keep, "vm-001")).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.ApiForbidden);
        lab.Settle();
        lab.Get("VirtualMachine", "vm-001").ArrayAt("metadata", "finalizers").Texts().ShouldBe(["kubevirt.io/virtualMachineControllerFinalize"]);
        Owners(lab, lab.Claims()["vm-001"]).ShouldBe(["vm-001"]);
    }

    [Fact]
    public async Task One_that_is_being_deleted_already_is_left_alone()
    {
        await using var lab = new Lab();
        await lab.MakeAsync(1, Lab.Options(CloneMethodChoice.Direct));
        lab.Patch("VirtualMachine", "vm-001", new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray("example.com/held") } });
        lab.Delete("VirtualMachine", "vm-001");
        (await RemoveAsync(lab, Keep, "vm-001")).ShouldHaveSingleItem().Fault!.Message.ShouldContain("is being deleted already");
        Owners(lab, lab.Claims()["vm-001"]).ShouldBe(["vm-001"]);
    }

    [Fact]
    public async Task Volumes_cannot_both_stay_and_go()
    {
        await using var lab = new Lab();
        var power = new MachinePower(lab.Cluster);
        Should.Throw<ArgumentException>(() => power.RemoveAsync([new MachineReference("default", "x")], new PowerOptions { IncludeVolumes = true, KeepVolumes = true }, default));
    }

    private static void Templated(Lab lab, string name)
    {
        var machine = DemoSeed.Machine(name, "fedora", [new JsonObject { ["name"] = "system", ["dataVolume"] = new JsonObject { ["name"] = name + "-system" } }], twoNetworks: false);
        machine["spec"]!["dataVolumeTemplates"] = new JsonArray(new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name + "-system" },
            ["spec"] = new JsonObject
            {
                ["source"] = new JsonObject { ["blank"] = new JsonObject() },
                ["storage"] = new JsonObject { ["storageClassName"] = "fast", ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "1Gi" } } },
            },
        });
        lab.Post(machine);
        lab.Settle();
        lab.Get("DataVolume", name + "-system").ArrayAt("metadata", "ownerReferences").Objects().ShouldHaveSingleItem().TextAt("name").ShouldBe(name);
    }

    private static IEnumerable<string?> Owners(Lab lab, string claim) =>
        lab.Get("PersistentVolumeClaim", claim).ShouldNotBeNull().ArrayAt("metadata", "ownerReferences").Objects().Select(o => o.TextAt("name"));

    private static Task<List<ItemUpdate<VirtualMachineRecord>>> RemoveAsync(Lab lab, PowerOptions options, params string[] names) =>
        lab.DoAsync(() => RemoveNowAsync(lab, options, names));

    private static async Task<List<ItemUpdate<VirtualMachineRecord>>> RemoveNowAsync(Lab lab, PowerOptions options, params string[] names)
    {
        var updates = new List<ItemUpdate<VirtualMachineRecord>>();
        await foreach (var update in new MachinePower(lab.Cluster).RemoveAsync([.. names.Select(n => new MachineReference("default", n))], options, default))
            updates.Add(update);
        return updates;
    }
}
