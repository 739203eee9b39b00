using KubeVirtClone.Engine.Images;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Facts;

/// <summary>Volumes that are filled only when their machine first starts (WaitForFirstConsumer): what they are filled from stays until then, whatever is run, and no longer.</summary>
public sealed class LateBindingTests
{
    [Theory]
    [InlineData(CloneMethodChoice.Restore, null)]
    [InlineData(CloneMethodChoice.Restore, "2Gi")]
    [InlineData(CloneMethodChoice.Clone, "2Gi")]
    public async Task Claims_of_which_news_comes_late_are_not_taken_for_ones_that_wait_for_the_first_start(CloneMethodChoice method, string? size)
    {
        await using var lab = new Lab();
        // They are bound long before they are seen to be.
        lab.Virtual.Lag("persistentvolumeclaims", TimeSpan.FromSeconds(15));
        var sizes = size is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { [RequestFields.EveryDisk] = size };
        var updates = await lab.CloneAsync(Lab.Requests(2).ConvertAll(r => r with { DiskSizes = sizes }), Lab.Options(method));
        updates.Where(u => u.Kind is ItemUpdateKind.Fault or ItemUpdateKind.Warning).Select(u => u.Message?.ToString() ?? u.Fault!.Message).ShouldBeEmpty();
        updates.Where(u => u.Kind == ItemUpdateKind.Record).Select(u => u.Record!.State).ShouldBe(["Bound", "Bound"]);
        lab.List("PersistentVolumeClaim").Where(c => c.Name() != "golden-data").Select(c => c.TextAt("status", "capacity", "storage")).ShouldBe([size ?? "1Gi", size ?? "1Gi"]);
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task Nothing_that_is_still_needed_is_deleted_by_any_command_and_all_of_it_after_the_first_start(CloneMethodChoice method)
    {
        await using var lab = new Lab("wffc", nodes: true);
        // Making them, with and without clearing away, and the same again.
        await lab.MakeAsync(2, Lab.Options(method));
        var needed = Needed(lab);
        needed.ShouldContain(n => n.StartsWith("VolumeSnapshot ", StringComparison.Ordinal));
        await lab.MakeAsync(2, Lab.Options(method) with { PurgeOnSuccess = true });
        Needed(lab).ShouldBe(needed);

        // Waiting, removing without the machines, collecting.
        var clones = await lab.ListAsync();
        clones.ShouldAllBe(c => !c.Bound);
        await lab.WaitForBoundAsync(clones);
        foreach (var clone in clones)
            (await lab.RemoveAsync(clone)).ShouldNotBeNull().Id.ShouldBe(FaultIds.VMCloneInUse);
        (await lab.DoAsync(() => lab.Leftovers.CollectSnapshotsAsync(null, "b", default))).ShouldNotBeEmpty();
        (await lab.DoAsync(() => lab.Leftovers.CollectSnapshotsAsync(null, null, default))).ShouldNotBeEmpty();
        (await lab.DoAsync(() => lab.Leftovers.CollectBatchAsync(null, "b", includeTarget: false, default))).ShouldNotBeEmpty();
        foreach (var snapshot in lab.List("VirtualMachineSnapshot").Select(s => s.Name()).ToList())
            (await RemoveSnapshotAsync(lab, snapshot)).ShouldNotBeNull().Id.ShouldBe(FaultIds.VMSnapshotInUse);
        lab.Settle(600);
        Needed(lab).ShouldBe(needed);

        // Once they have started, the clones are done like any other, and what they were made of goes.
        await lab.StartAsync("vm-001", "vm-002");
        lab.Settle();
        lab.Claims().Values.All(c => lab.Get("PersistentVolumeClaim", c).TextAt("status", "phase") == "Bound").ShouldBeTrue();
        clones = await lab.ListAsync();
        clones.ShouldAllBe(c => c.Bound);
        foreach (var clone in clones)
            (await lab.RemoveAsync(clone)).ShouldBeNull();
        (await lab.DoAsync(() => lab.Leftovers.CollectSnapshotsAsync(null, "b", default))).ShouldBeEmpty();
        lab.Settle();
        lab.List("VirtualMachineSnapshot").ShouldBeEmpty();
        lab.List("VolumeSnapshot").ShouldBeEmpty();
        lab.List("VirtualMachine").Count.ShouldBe(3);
    }

    [Fact]
    public async Task What_machines_that_were_made_but_not_started_are_filled_from_stays_and_the_same_command_starts_them()
    {
        await using var lab = new Lab("wffc", nodes: true);
        lab.Virtual.Fail((verb, plural) => (verb, plural) == ("patch", "virtualmachines"));
        var requests = Lab.Requests(2).ConvertAll(r => r with { RunStrategy = "Always", Start = true });
        var options = Lab.Options() with { For = WaitState.Running };
        (await lab.CloneAsync(requests, options)).Count(u => u.Fault is not null).ShouldBe(2);
        lab.Settle();
        lab.List("VirtualMachine").Count.ShouldBe(3);
        lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem();

        lab.Virtual.Fail(null);
        (await lab.CloneAsync(requests, options)).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        lab.Claims().Values.All(c => lab.Get("PersistentVolumeClaim", c).TextAt("status", "phase") == "Bound").ShouldBeTrue();
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task The_next_wait_for_the_batch_collects_once_the_machines_have_started(CloneMethodChoice method)
    {
        await using var lab = new Lab("wffc", nodes: true);
        await lab.MakeAsync(2, Lab.Options(method));
        lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem();
        await lab.StartAsync("vm-001", "vm-002");
        await lab.WaitForBoundAsync(await lab.ListAsync());
        lab.Settle();
        lab.List("VirtualMachineSnapshot").ShouldBeEmpty();
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task Kubernetes_collects_when_the_machines_go_and_the_batch_still_finds_their_empty_claims(CloneMethodChoice method)
    {
        await using var lab = new Lab("wffc");
        await lab.MakeAsync(2, Lab.Options(method));
        lab.Delete("VirtualMachine", "vm-001");
        lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem();
        lab.Delete("VirtualMachine", "vm-002");
        lab.List("VirtualMachineSnapshot").Where(s => !s.IsDeleting()).ShouldBeEmpty();
        lab.List("VirtualMachineRestore").ShouldBeEmpty();
        lab.List("VirtualMachineClone").ShouldBeEmpty();

        // KubeVirt leaves their claims, which nobody owns and which can never be filled.
        (await lab.ListAsync()).ShouldBeEmpty();
        await lab.RemoveBatchAsync();
        if (method == CloneMethodChoice.Restore)
        {
            lab.ShouldBeAsBefore();
        }
        else
        {
            // What the clone controller's own restores made is known by their names only, which say nothing of the batch.
            lab.List("PersistentVolumeClaim").Count.ShouldBe(3);
        }
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task Machines_of_a_later_run_of_the_batch_do_not_take_what_earlier_ones_need_with_them(CloneMethodChoice method)
    {
        await using var lab = new Lab("wffc", nodes: true);
        await lab.MakeAsync(2, Lab.Options(method));
        var later = Lab.Requests(4).Skip(2).ToList();
        var snapshot = lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem().Name();
        var began = lab.Changes.Count;
        (await lab.CloneAsync(later, Lab.Options(method))).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();

        // The same snapshot, owned by the clones of both runs; by nobody while those of the second were still to come.
        lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem().Name().ShouldBe(snapshot);
        Owners(lab.Get("VirtualMachineSnapshot", snapshot)!).ShouldBe((await lab.ListAsync()).Select(c => c.Name).Order(StringComparer.Ordinal).ToList());
        var kind = method == CloneMethodChoice.Restore ? "VirtualMachineRestore" : "VirtualMachineClone";
        var changes = lab.Changes.Skip(began).ToList();
        var firstOfSecond = changes.FindIndex(c => c.Resource.Kind == kind && c.Type == KubeVirtClone.Sandbox.Machinery.StoreEventType.Added);
        Owners(changes.Take(firstOfSecond).Last(c => c.Resource.Kind == "VirtualMachineSnapshot").Object).ShouldBeEmpty();

        lab.Delete("VirtualMachine", "vm-003");
        lab.Delete("VirtualMachine", "vm-004");
        lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem().IsDeleting().ShouldBeFalse();
        await lab.StartAsync("vm-001", "vm-002");
        lab.Claims().Values.All(c => lab.Get("PersistentVolumeClaim", c).TextAt("status", "phase") == "Bound").ShouldBeTrue();
    }

    [Fact]
    public async Task A_later_run_that_makes_nothing_leaves_the_snapshot_with_its_clones()
    {
        await using var lab = new Lab("wffc", nodes: true);
        await lab.MakeAsync(2, Lab.Options());
        var owners = Owners(lab.List("VirtualMachineSnapshot").Single());
        var wrong = Lab.Requests(3).TakeLast(1).Select(r => r with { Patches = ["""{"op":"remove","path":"/spec/template/spec/nothing"}"""] }).ToList();
        (await lab.CloneAsync(wrong, Lab.Options())).Where(u => u.Fault is not null).ShouldHaveSingleItem();
        Owners(lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem()).ShouldBe(owners);
    }

    [Fact]
    public async Task An_image_stays_while_a_machine_of_it_waits_for_its_first_start()
    {
        await using var lab = new Lab("wffc", nodes: true);
        var images = new GoldenImageCatalog(lab.Cluster);
        var made = await lab.DoAsync(async () =>
        {
            var all = new List<ItemUpdate<GoldenImageRecord>>();
            await foreach (var update in new GoldenImageMaker(lab.Cluster).CreateAsync(new GoldenImageRequest { Namespace = "default", SourceName = "golden", Name = "img" }, default))
                all.Add(update);
            return all;
        });
        var image = made.Single(u => u.Kind == ItemUpdateKind.Record).Record!;
        var request = new CloneRequest { Namespace = "default", SourceName = "", GoldenImage = "img", TargetName = "vm-001" };
        (await lab.CloneAsync([request])).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();

        (await lab.DoAsync(() => images.RemoveAsync(image, force: false, default))).ShouldNotBeNull().Id.ShouldBe(FaultIds.GoldenImageInUse);
        lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem();
        await lab.StartAsync("vm-001");
        (await lab.DoAsync(() => images.RemoveAsync(image, force: false, default))).ShouldBeNull();
        lab.Settle();
        lab.List("VolumeSnapshot").ShouldBeEmpty();
        lab.Claims().Values.All(c => lab.Get("PersistentVolumeClaim", c).TextAt("status", "phase") == "Bound").ShouldBeTrue();
    }

    private static List<string> Owners(System.Text.Json.Nodes.JsonObject snapshot) =>
        [.. snapshot.ArrayAt("metadata", "ownerReferences").Objects().Select(o => o.TextAt("name")!).Order(StringComparer.Ordinal)];

    private static SortedSet<string> Needed(Lab lab) => new(
        new[] { "VirtualMachineSnapshot", "VirtualMachineSnapshotContent", "VolumeSnapshot", "VirtualMachineRestore", "VirtualMachineClone", "PersistentVolumeClaim", "VirtualMachine" }
            .SelectMany(kind => lab.List(kind).Where(o => !o.IsDeleting()).Select(o => $"{kind} {o.Name()}")),
        StringComparer.Ordinal);

    private static Task<Fault?> RemoveSnapshotAsync(Lab lab, string name) => lab.DoAsync(async () =>
    {
        var catalog = new SnapshotCatalog(lab.Cluster);
        var snapshot = (await catalog.FindAsync("default", name, default)).ShouldNotBeNull();
        return await catalog.RemoveAsync(snapshot, force: false, default);
    });
}
