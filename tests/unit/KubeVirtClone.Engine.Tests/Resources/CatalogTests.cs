using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Resources;

public sealed class CatalogTests
{
    private readonly World _world = new();

    [Fact]
    public async Task Machines_are_listed_by_pattern_and_exact_name_and_a_missing_name_is_a_fault_in_its_place()
    {
        foreach (var name in new[] { "web-1", "web-2", "db-1" })
            _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine(name));
        var found = await Machines(new ListQuery { Names = ["web-*", "nowhere"] });

        found.Where(f => f.Value != null).Select(f => f.Value!.Name).ShouldBe(["web-1", "web-2"]);
        found.Where(f => f.Fault != null).ShouldHaveSingleItem().Fault!.ShouldSatisfyAllConditions(
            f => f.Id.ShouldBe(FaultIds.VMNotFound),
            f => f.TargetName.ShouldBe("default/nowhere"),
            f => f.Terminating.ShouldBeFalse());
    }

    [Fact]
    public async Task One_exact_name_is_read_by_itself()
    {
        (await Machines(new ListQuery { Names = ["golden"] })).ShouldHaveSingleItem().Value!.Name.ShouldBe("golden");
        _world.Client.Requests.ShouldBe(["GET virtualmachines default/golden"]);
        (await Machines(new ListQuery { Names = ["no/path"] })).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMNotFound);
    }

    [Fact]
    public async Task All_namespaces_are_listed_when_asked()
    {
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("far", "other"));
        (await Machines(new ListQuery { AllNamespaces = true })).Select(f => $"{f.Value!.Namespace}/{f.Value.Name}").ShouldBe(["default/golden", "other/far"]);
        (await Machines(new ListQuery { Namespace = "other", LabelSelector = "app=web" })).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_machine_says_what_it_has()
    {
        var vm = VirtualMachineRecord.From(new KubernetesObject(System.Text.Json.JsonSerializer.SerializeToElement(World.Machine("m"))));

        vm.Cpu.ShouldBe(2);
        vm.Memory.ShouldBe("2Gi");
        vm.RunStrategy.ShouldBe("Halted");
        vm.Status.ShouldBe("Stopped");
        vm.Volumes.ShouldHaveSingleItem().ShouldBe(new VirtualMachineVolume("root", "persistentVolumeClaim", "m-root"));
        vm.Interfaces.ShouldHaveSingleItem().Name.ShouldBe("default");
    }

    [Fact]
    public async Task A_refused_list_ends_with_one_fault()
    {
        _world.Client.Before = _ => throw new ApiStatusException(403, "Forbidden", "cannot list");
        (await Should.ThrowAsync<EngineException>(Machines(new ListQuery()))).Fault.Id.ShouldBe(FaultIds.ApiForbidden);
    }

    [Fact]
    public async Task Clones_are_listed_by_batch()
    {
        await _world.CloneAsync(World.Requests(2), new CloneOptions { Batch = "lab7" });
        await _world.CloneAsync([World.Request("other")], new CloneOptions { Batch = "lab8" });
        var found = new List<ListedItem<CloneRecord>>();
        await foreach (var item in new CloneCatalog(_world.Cluster).ListAsync(new CloneQuery { Batch = "lab7" }, default))
            found.Add(item);

        found.Count.ShouldBe(2);
        found.ShouldAllBe(f => f.Value!.Batch == "lab7" && f.Value.Phase == ClonePhase.Pending);
    }

    [Fact]
    public async Task Removing_with_target_removes_the_machine_the_clone_made_and_no_other()
    {
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("web-2"));
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        _world.SucceedAtOnce();
        await _world.CloneAsync([World.Request("web-1"), World.Request("web-2")], new CloneOptions { Preflight = false });
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("web-1"));
        var faults = new List<Fault?>();
        foreach (var clone in _world.Client.All(World.Clones))
            faults.Add(await new CloneRemoval(_world.Cluster, includeTarget: true).RemoveAsync(Read(clone), default));

        faults.OfType<Fault>().ShouldHaveSingleItem().Id.ShouldBe(FaultIds.VMCloneTargetInvalid);
        _world.Client.All(KubeVirtKinds.VirtualMachine).Select(m => m["metadata"]!["name"]!.GetValue<string>()).ShouldBe(["golden", "web-2"]);
        _world.TheClone()["spec"]!["target"]!["name"]!.GetValue<string>().ShouldBe("web-2");
    }

    [Fact]
    public async Task Removing_leaves_a_later_clone_of_the_same_name_alone()
    {
        await _world.CloneAsync([World.Request()]);
        var old = Read(_world.TheClone()) with { Uid = "older" };

        (await new CloneRemoval(_world.Cluster).RemoveAsync(old, default)).ShouldBeNull();
        _world.TheClone();
    }

    private static CloneRecord Read(JsonObject clone) => CloneRecord.From(new KubernetesObject(System.Text.Json.JsonSerializer.SerializeToElement(clone)));

    private async Task<List<ListedItem<VirtualMachineRecord>>> Machines(ListQuery query)
    {
        var found = new List<ListedItem<VirtualMachineRecord>>();
        await foreach (var item in new VirtualMachines(_world.Cluster).ListAsync(query, default))
            found.Add(item);
        return found;
    }
}
