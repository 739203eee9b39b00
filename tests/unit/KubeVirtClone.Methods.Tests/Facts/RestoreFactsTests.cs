using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Facts;

/// <summary>The facts about making machines by restores that were seen on a real KubeVirt, 1 to 8: each with what the engine does about it. See <see cref="MoreRestoreFactsTests"/>.</summary>
public sealed class RestoreFactsTests
{
    [Fact]
    public async Task Fact_01_the_snapshot_goes_only_when_every_restored_claim_is_bound()
    {
        await using var lab = new Lab("slow");
        await lab.MakeAsync(5);
        lab.Settle();

        lab.List("VirtualMachineSnapshot").ShouldBeEmpty();
        var changes = lab.Changes.ToList();
        var deleted = changes.FindIndex(c => c.Resource.Kind == "VirtualMachineSnapshot" && c.Object.IsDeleting());
        foreach (var claim in lab.Claims().Values)
            changes.FindIndex(c => c.Name == claim && c.Object.TextAt("status", "phase") == "Bound").ShouldBeInRange(0, deleted);
        lab.Claims().Values.All(c => lab.Get("PersistentVolumeClaim", c).TextAt("status", "phase") == "Bound").ShouldBeTrue();
    }

    [Fact]
    public async Task Fact_02_complete_is_not_bound_and_the_claims_are_looked_at()
    {
        await using var lab = new Lab("wffc");
        var updates = await lab.CloneAsync(Lab.Requests(2));

        updates.Where(u => u.Kind == ItemUpdateKind.Record).ShouldAllBe(u => u.Record!.Phase == ClonePhase.Succeeded && !u.Record.Bound);
        updates.ShouldContain(u => u.Kind == ItemUpdateKind.Warning && u.Message!.ToString().Contains("first start", StringComparison.Ordinal));
        (await lab.ListAsync()).ShouldAllBe(c => c.Phase == ClonePhase.Succeeded && !c.Bound);
        lab.List("VirtualMachineRestore").All(r => r.FlagAt("status", "complete") == true).ShouldBeTrue();
        lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Fact_03_a_complete_restore_is_a_record_that_may_go_and_stay()
    {
        await using var lab = new Lab();
        var clones = await lab.MakeAsync(3);
        var claims = lab.Claims();
        // It stays as the record of the clone, as a VirtualMachineClone would, and harms nothing: machines start, stop and go with it there.
        lab.List("VirtualMachineRestore").Count.ShouldBe(3);
        (await lab.RemoveAsync(clones[0])).ShouldBeNull();
        lab.Settle();
        lab.List("VirtualMachineRestore").Count.ShouldBe(2);
        lab.Claims().ShouldBe(claims);
        claims.Values.All(c => lab.Get("PersistentVolumeClaim", c).TextAt("status", "phase") == "Bound").ShouldBeTrue();
        await lab.RemoveBatchAsync();
        lab.List("VirtualMachine").Select(m => m.Name()).ShouldBe(["golden", clones[0].TargetName], ignoreOrder: true);
    }

    [Fact]
    public async Task Fact_04_an_unfinished_restore_goes_with_what_it_made_found_by_its_mark_alone()
    {
        await using var lab = new Lab("never");
        (await lab.CloneAsync(Lab.Requests(2), Lab.Options() with { Timeout = TimeSpan.FromSeconds(20) })).Count(u => u.Fault is not null).ShouldBe(2);
        var restores = lab.List("VirtualMachineRestore");
        restores.All(r => r.FlagAt("status", "complete") != true).ShouldBeTrue();
        lab.List("PersistentVolumeClaim").Count.ShouldBe(3);
        // A claim of an earlier restore of that name; the name alone would not tell them apart.
        var other = Sandbox.Seeding.DemoSeed.Claim("somebody-elses", "fast", "1Gi");
        other["metadata"]!["annotations"] = new JsonObject { ["restore.kubevirt.io/name"] = restores[0].Name(), ["restore.kubevirt.io/lastRestoreUID"] = restores[0].Name() + "-" + Guid.NewGuid() };
        lab.Post(other);

        foreach (var clone in await lab.ListAsync())
            (await lab.RemoveAsync(clone)).ShouldBeNull();
        lab.Settle();
        lab.List("PersistentVolumeClaim").Select(c => c.Name()).ShouldBe(["golden-data", "somebody-elses"], ignoreOrder: true);
        lab.List("VirtualMachineRestore").ShouldBeEmpty();
    }

    [Fact]
    public async Task Fact_05_the_machine_owns_its_restore_and_the_clones_own_their_snapshot()
    {
        await using var lab = new Lab("wffc");
        await lab.MakeAsync(2);
        lab.Settle();
        // None is posted with an owner: one that points to nothing would mean its end after a claim was made.
        lab.Changes.Where(c => c is { Type: StoreEventType.Added, Resource.Kind: "VirtualMachineRestore" }).All(c => c.Object.ArrayAt("metadata", "ownerReferences") == null).ShouldBeTrue();
        foreach (var restore in lab.List("VirtualMachineRestore"))
            restore.ArrayAt("metadata", "ownerReferences").Objects().ShouldHaveSingleItem().TextAt("name").ShouldBe(restore.TextAt("spec", "target", "name"));

        lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem().ArrayAt("metadata", "ownerReferences")!.Count.ShouldBe(2);
        lab.Delete("VirtualMachine", "vm-001");
        lab.List("VirtualMachineRestore").ShouldHaveSingleItem();
        lab.List("VirtualMachineSnapshot").Where(s => !s.IsDeleting()).ShouldHaveSingleItem();
        lab.Delete("VirtualMachine", "vm-002");
        lab.List("VirtualMachineRestore").ShouldBeEmpty();
        lab.List("VirtualMachineSnapshot").Where(s => !s.IsDeleting()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Fact_06_what_was_restored_for_a_machine_goes_with_it()
    {
        await using var lab = new Lab();
        var clones = await lab.MakeAsync(2);
        var claims = lab.Claims();
        (await lab.RemoveAsync(clones[0], includeTarget: true)).ShouldBeNull();
        lab.Settle();
        lab.List("PersistentVolumeClaim").Select(c => c.Name()).ShouldBe(["golden-data", claims[clones[1].TargetName]], ignoreOrder: true);

        // Deleted by other means, the machine leaves its claim and takes the record with it; the batch still finds it.
        lab.Delete("VirtualMachine", clones[1].TargetName);
        (await lab.ListAsync()).ShouldBeEmpty();
        lab.List("PersistentVolumeClaim").Count.ShouldBe(2);
        (await lab.DoAsync(() => lab.Leftovers.CollectBatchAsync(null, "b", includeTarget: false, default))).ShouldBeEmpty();
        lab.Settle();
        lab.List("PersistentVolumeClaim").Count.ShouldBe(2, "there is data in it");
        await lab.RemoveBatchAsync();
        lab.ShouldBeAsBefore();
    }

    [Fact]
    public async Task Fact_07_nothing_is_made_in_place_of_a_machine_that_is_deleted()
    {
        await using var lab = new Lab();
        await lab.MakeAsync(1);
        // A record that stands does not bring its machine back.
        lab.Delete("VirtualMachine", "vm-001");
        lab.Settle(1200);
        lab.Get("VirtualMachine", "vm-001").ShouldBeNull();
        await lab.RemoveBatchAsync();

        // One that hangs because somebody's machine is in the way would make another when that goes: removing the batch ends it first.
        lab.Post(Sandbox.Seeding.DemoSeed.Machine("vm-001", "other", [Sandbox.Seeding.DemoSeed.ContainerDisk()]));
        var hanging = await lab.CloneAsync(Lab.Requests(1), Lab.Options() with { Preflight = false });
        hanging.Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.VMCloneTargetExists);
        await lab.RemoveBatchAsync();
        lab.Get("VirtualMachine", "vm-001").ShouldNotBeNull();
        lab.Delete("VirtualMachine", "vm-001");
        lab.Settle(1200);
        lab.ShouldBeAsBefore();
    }

    [Fact]
    public async Task Fact_08_no_restore_is_posted_to_a_target_that_exists_or_has_another_coming()
    {
        await using var lab = new Lab("never");
        lab.Post(Sandbox.Seeding.DemoSeed.Machine("vm-001", "other", [Sandbox.Seeding.DemoSeed.ContainerDisk()]));
        (await lab.CloneAsync(Lab.Requests(1))).Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.VMCloneTargetExists);
        lab.List("VirtualMachineRestore").ShouldBeEmpty();

        var second = Lab.Requests(2)[1];
        await lab.CloneAsync([second], Lab.Options() with { Timeout = TimeSpan.FromSeconds(20) });
        var again = await lab.CloneAsync([second], Lab.Options() with { Batch = "other", Timeout = TimeSpan.FromSeconds(20) });
        again.Single(u => u.Fault is not null).Fault!.Message.ShouldContain(lab.List("VirtualMachineRestore").ShouldHaveSingleItem().Name());
    }
}
