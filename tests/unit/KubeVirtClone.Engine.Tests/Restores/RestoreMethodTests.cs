using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Restores;

public sealed class RestoreMethodTests
{
    private static readonly CloneOptions Bound = new() { Wait = true, For = WaitState.Bound, Batch = "lab7" };

    private readonly SnapshotWorld _world = new();

    [Fact]
    public async Task Many_targets_are_made_by_restores_of_one_snapshot_that_is_gone_afterwards()
    {
        var updates = await _world.RunAsync(World.Requests(20), Bound);

        updates.Of(ItemUpdateKind.Record).Count(u => u.Record is { Method: CloneMethod.Restore, Bound: true, SourceName: "golden" }).ShouldBe(20);
        _world.Client.Count("CREATE virtualmachinesnapshots").ShouldBe(1);
        _world.Names(World.Snapshots).ShouldBeEmpty();
        _world.Machines.Count.ShouldBe(21);
        _world.World.Verbose.ShouldContain(v => v.Contains("20 clones by method Restore, because there are more than 8", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Few_targets_are_left_to_the_clone_controller_and_share_a_snapshot_all_the_same()
    {
        await _world.RunAsync(World.Requests(8), new CloneOptions());

        _world.Names(World.Restores).ShouldBeEmpty();
        var clones = _world.Client.All(World.Clones);
        clones.Count.ShouldBe(8);
        var snapshot = _world.Names(World.Snapshots).ShouldHaveSingleItem();
        clones.ShouldAllBe(c => c["spec"]!["source"]!["name"]!.GetValue<string>() == snapshot);
        CloneRecord.From(new KubernetesObject(System.Text.Json.JsonSerializer.SerializeToElement(clones[0]))).SourceName.ShouldBe("golden");
    }

    [Fact]
    public async Task A_snapshot_of_ones_own_on_request()
    {
        await _world.RunAsync(World.Requests(3), new CloneOptions { NoSharedSnapshot = true });
        _world.Client.Count("CREATE virtualmachinesnapshots").ShouldBe(0);

        await _world.RunAsync([World.Request("a"), World.Request("b")], new CloneOptions { NoSharedSnapshot = true, Method = CloneMethodChoice.Restore });
        _world.Client.Count("CREATE virtualmachinesnapshots").ShouldBe(2);
    }

    [Fact]
    public async Task The_snapshot_is_owned_by_nobody_until_all_its_clones_exist_and_then_by_all()
    {
        var early = new List<string>();
        _world.Client.Before = request =>
        {
            if (request.Verb == "CREATE" && request.Kind.Kind == "VirtualMachineRestore")
                early.AddRange(_world.Client.All(World.Snapshots).Where(s => s["metadata"]!["ownerReferences"] is not null).Select(s => request.Name!));
            return Task.CompletedTask;
        };
        await _world.RunAsync(World.Requests(12), new CloneOptions { ThrottleLimit = 3 });

        early.ShouldBeEmpty();
        var owners = _world.Client.All(World.Snapshots).ShouldHaveSingleItem()["metadata"]!["ownerReferences"]!.AsArray();
        owners.Select(o => o!["uid"]!.GetValue<string>()).Order().ShouldBe(_world.Client.All(World.Restores).Select(r => r["metadata"]!["uid"]!.GetValue<string>()).Order());
        owners.ShouldAllBe(o => o!["kind"]!.GetValue<string>() == "VirtualMachineRestore");
    }

    [Fact]
    public async Task A_restore_is_posted_only_when_the_snapshot_can_be_used_and_never_in_place()
    {
        _world.Client.Before = request =>
        {
            if (request.Verb == "CREATE" && request.Kind.Kind == "VirtualMachineRestore")
            {
                var snapshot = _world.Client.Find(World.Snapshots, "default", request.Body!["spec"]!["virtualMachineSnapshotName"]!.GetValue<string>());
                snapshot!["status"]!["readyToUse"]!.GetValue<bool>().ShouldBeTrue();
            }

            return Task.CompletedTask;
        };
        await _world.RunAsync(World.Requests(9), Bound);

        _world.Client.All(World.Restores).ShouldAllBe(r => r["spec"]!["volumeRestorePolicy"] == null);
        var inPlace = await _world.RunAsync([World.Request("x") with { VolumeNamePolicy = "InPlace" }], Bound with { Method = CloneMethodChoice.Restore });
        inPlace.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMCloneVolumeNamePolicyInvalid);
    }

    [Fact]
    public async Task A_failed_snapshot_ends_every_clone_of_it_at_once_and_leaves_nothing()
    {
        _world.SnapshotsFail = true;
        var started = _world.Clock.GetUtcNow();
        var updates = await _world.RunAsync(World.Requests(10), Bound);

        updates.Of(ItemUpdateKind.Fault).Count(u => u.Fault!.Id == FaultIds.VMCloneSnapshotFailed && u.Fault.Message.Contains("deadline exceeded", StringComparison.Ordinal)).ShouldBe(10);
        (_world.Clock.GetUtcNow() - started).ShouldBeLessThan(TimeSpan.FromMinutes(1));
        _world.Names(World.Restores).ShouldBeEmpty();
        _world.Names(World.Snapshots).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_partial_snapshot_is_refused()
    {
        _world.SnapshotsArePartial = true;
        var updates = await _world.RunAsync(World.Requests(10), Bound);

        updates.Of(ItemUpdateKind.Fault).Count(u => u.Fault!.Id == FaultIds.VMSnapshotPartial && u.Fault.Message.Contains("root", StringComparison.Ordinal)).ShouldBe(10);
        _world.Machines.ShouldBe(["golden"]);
        _world.Names(World.Snapshots).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_command_again_makes_nothing_twice_even_when_the_restores_are_gone()
    {
        await _world.RunAsync(World.Requests(10), Bound with { PurgeOnSuccess = true });
        _world.Names(World.Restores).ShouldBeEmpty();

        var again = await _world.RunAsync(World.Requests(10), Bound);
        again.Of(ItemUpdateKind.Record).Count(u => u.Record!.Phase == ClonePhase.Succeeded).ShouldBe(10);
        _world.Client.Count("CREATE virtualmachinerestores").ShouldBe(10);
        _world.Client.Count("CREATE virtualmachinesnapshots").ShouldBe(1);

        var other = await _world.RunAsync(World.Requests(10), Bound with { Batch = "another" });
        other.Of(ItemUpdateKind.Fault).Count(u => u.Fault!.Id == FaultIds.VMCloneTargetExists).ShouldBe(10);
    }

    [Fact]
    public async Task Another_request_of_the_same_batch_and_target_is_an_error()
    {
        await _world.RunAsync(World.Requests(10), Bound);
        var other = await _world.RunAsync([.. World.Requests(10).Select(r => r with { Hostname = "h" })], Bound);

        other.Of(ItemUpdateKind.Fault).Count(u => u.Fault!.Id == FaultIds.VMCloneExists).ShouldBe(10);
    }

    [Fact]
    public async Task Killed_at_any_request_a_second_run_completes_the_job()
    {
        for (var kill = 1; kill < 60; kill++)
        {
            var world = new SnapshotWorld();
            var sent = 0;
            world.Client.Before = r => r.Verb is "CREATE" or "PATCH" or "DELETE" && Interlocked.Increment(ref sent) == kill ? throw new KilledException() : Task.CompletedTask;
            var killed = false;
            try
            {
                await world.RunAsync(World.Requests(10), Bound with { ThrottleLimit = 3 });
            }
            catch (KilledException)
            {
                killed = true;
            }

            world.Client.Before = null;
            var updates = await world.RunAsync(World.Requests(10), Bound with { ThrottleLimit = 3 });
            updates.Of(ItemUpdateKind.Record).Count.ShouldBe(10, $"killed at write {kill}: {string.Join("; ", updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Message))}");
            world.Machines.Count.ShouldBe(11);
            world.Names(World.Restores).Count.ShouldBe(10);
            world.Names(World.Snapshots).ShouldBeEmpty($"killed at write {kill}");
            world.Client.All(KubeVirtKinds.PersistentVolumeClaim).Count.ShouldBe(10);
            if (!killed)
            {
                kill.ShouldBeGreaterThan(12);
                return;
            }
        }

        Assert.Fail("The run never ended by itself.");
    }

    [Fact]
    public async Task A_restore_in_back_off_is_woken()
    {
        _world.RestoresHang = "snapshot not ready";
        var touched = new TaskCompletionSource();
        _world.Client.After = (request, _) =>
        {
            // What is written down of its moments is a patch, too, and may come first.
            if (request.Verb == "PATCH" && request.Kind.Kind == "VirtualMachineRestore" && request.Body?["metadata"]?["annotations"]?[CloneLabels.Touched] is not null)
            {
                touched.TrySetResult();
            }
            else if (request.Verb == "CREATE" && request.Kind.Kind == "VirtualMachineRestore")
            {
                _world.RestoresHang = null;
            }
        };
        var updates = await _world.RunAsync([World.Request("a")], Bound with { Method = CloneMethodChoice.Restore, Timeout = TimeSpan.FromMinutes(2) });

        updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem();
        touched.Task.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_restore_that_lost_its_snapshot_is_cleared_with_its_claims_and_made_anew()
    {
        _world.RestoresHang = "exceeded quota";
        _world.ClaimPhase = "Pending";
        var first = await _world.RunAsync([World.Request("a")], Bound with { Method = CloneMethodChoice.Restore });
        first.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.QuotaExceeded);
        var stale = _world.Names(World.Restores).ShouldHaveSingleItem();
        var claim = _world.Names(KubeVirtKinds.PersistentVolumeClaim).ShouldHaveSingleItem();
        // It would go on as soon as there is room, had not somebody removed what it is made of.
        await _world.Client.DeleteAsync(World.Snapshots, "default", _world.Names(World.Snapshots).ShouldHaveSingleItem(), options: null, default);

        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        _world.RestoresHang = null;
        _world.ClaimPhase = "Bound";
        var second = await _world.RunAsync([World.Request("a")], Bound with { Method = CloneMethodChoice.Restore });
        second.Of(ItemUpdateKind.Record).ShouldHaveSingleItem();
        _world.Names(World.Restores).ShouldBe([stale]);
        _world.Names(KubeVirtKinds.PersistentVolumeClaim).ShouldHaveSingleItem().ShouldNotBe(claim);
    }

    [Fact]
    public async Task An_unfinished_restore_into_the_target_is_named()
    {
        _world.RestoresHang = "whatever";
        await _world.RunAsync([World.Request("a")], new CloneOptions { Method = CloneMethodChoice.Restore, Batch = "one" });
        var updates = await _world.RunAsync([World.Request("a")], new CloneOptions { Method = CloneMethodChoice.Restore, Batch = "two" });

        updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.RecommendedAction.ToString().ShouldContain("Remove-VMClone a-");
    }

    [Fact]
    public async Task Volumes_that_wait_for_their_consumer_keep_what_fills_them()
    {
        _world.ClaimPhase = "Pending";
        var updates = await _world.RunAsync(World.Requests(10), Bound);
        updates.Of(ItemUpdateKind.Warning).Count(u => u.Message!.ToString().Contains("WaitForFirstConsumer", StringComparison.Ordinal)).ShouldBe(10);
        _world.Names(World.Snapshots).ShouldHaveSingleItem();

        var catalog = new CloneCatalog(_world.World.Cluster);
        var clones = await _world.ReadAsync(catalog.ListAsync(new CloneQuery { Batch = "lab7" }, default));
        clones.ShouldAllBe(c => !c.Value!.Bound);
        (await _world.DoAsync(() => new CloneRemoval(_world.World.Cluster).RemoveAsync(clones[0].Value!, default)))!.Id.ShouldBe(FaultIds.VMCloneInUse);
        (await _world.DoAsync(() => new BatchLeftovers(_world.World.Cluster).CollectSnapshotsAsync("default", "lab7", default))).ShouldHaveSingleItem();
        _world.Names(World.Snapshots).ShouldHaveSingleItem();

        // The machines start.
        foreach (var claim in _world.Names(KubeVirtKinds.PersistentVolumeClaim))
            _world.Client.Update(KubeVirtKinds.PersistentVolumeClaim, "default", claim, c => c["status"]!["phase"] = "Bound");
        (await _world.DoAsync(() => new BatchLeftovers(_world.World.Cluster).CollectSnapshotsAsync("default", "lab7", default))).ShouldBeEmpty();
        _world.Names(World.Snapshots).ShouldBeEmpty();
        clones = await _world.ReadAsync(catalog.ListAsync(new CloneQuery { Batch = "lab7" }, default));
        (await _world.DoAsync(() => new CloneRemoval(_world.World.Cluster).RemoveAsync(clones[0].Value!, default))).ShouldBeNull();
        _world.Machines.Count.ShouldBe(11);
    }

    [Fact]
    public async Task Removing_with_targets_takes_what_was_made_for_them_and_nothing_another_machine_uses()
    {
        await _world.RunAsync(World.Requests(2), Bound with { Method = CloneMethodChoice.Restore });
        var shared = _world.Client.Find(KubeVirtKinds.VirtualMachine, "default", "web-001")!;
        var used = shared["spec"]!["template"]!["spec"]!["volumes"]![0]!["persistentVolumeClaim"]!["claimName"]!.GetValue<string>();
        var user = World.Machine("user");
        user["spec"]!["template"]!["spec"]!["volumes"]![0]!["persistentVolumeClaim"]!["claimName"] = used;
        _world.Client.Put(KubeVirtKinds.VirtualMachine, user);

        var catalog = new CloneCatalog(_world.World.Cluster);
        foreach (var clone in await _world.ReadAsync(catalog.ListAsync(new CloneQuery { Batch = "lab7" }, default)))
            (await _world.DoAsync(() => new CloneRemoval(_world.World.Cluster, includeTarget: true).RemoveAsync(clone.Value!, default))).ShouldBeNull();

        _world.Machines.ShouldBe(["golden", "user"]);
        _world.Names(World.Restores).ShouldBeEmpty();
        _world.Names(KubeVirtKinds.PersistentVolumeClaim).ShouldBe([used]);
    }

    [Theory]
    [InlineData("snapshot.kubevirt.io/v1beta1", "VirtualMachineRestore", "c1-u1")]
    [InlineData("clone.kubevirt.io/v1alpha1", "VirtualMachineClone", "tmp-restore-u1-5b69f7e1-6244-48ed-863e-9083c7d2c35b")]
    public async Task Removing_with_the_target_takes_its_claims_also_when_somebody_removed_the_machine(string apiVersion, string kind, string mark)
    {
        foreach (var (name, by) in new[] { ("left", mark), ("other", "tmp-restore-u2-" + mark), ("used", mark) })
            _world.Client.Put(KubeVirtKinds.PersistentVolumeClaim, (JsonObject)JsonNode.Parse($$$"""{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"{{{name}}}","annotations":{"restore.kubevirt.io/lastRestoreUID":"{{{by}}}"}},"status":{"phase":"Pending"}}""")!);
        var user = World.Machine("user");
        user["spec"]!["template"]!["spec"]!["volumes"]![0]!["persistentVolumeClaim"]!["claimName"] = "used";
        _world.Client.Put(KubeVirtKinds.VirtualMachine, user);
        var clone = CloneRecord.From(new KubernetesObject(System.Text.Json.JsonDocument.Parse($$$"""
            {"apiVersion":"{{{apiVersion}}}","kind":"{{{kind}}}","metadata":{"name":"c1","namespace":"default","uid":"u1","labels":{"kubevirtclone.io/method":"Restore"}},
             "spec":{"target":{"name":"gone"}},"status":{"phase":"Succeeded","complete":true} }
            """).RootElement));
        clone.Phase.ShouldBe(ClonePhase.Succeeded);

        (await _world.DoAsync(() => new CloneRemoval(_world.World.Cluster, includeTarget: true).RemoveAsync(clone, default))).ShouldBeNull();
        _world.Names(KubeVirtKinds.PersistentVolumeClaim).Order(StringComparer.Ordinal).ShouldBe(["other", "used"]);
    }

    [Fact]
    public async Task Everything_goes_when_the_machines_go()
    {
        await _world.RunAsync(World.Requests(10), new CloneOptions { Batch = "lab7" });
        _world.Names(World.Snapshots).ShouldHaveSingleItem();
        foreach (var name in _world.Machines.Where(m => m != "golden"))
            await _world.DoAsync(() => _world.Client.DeleteAsync(KubeVirtKinds.VirtualMachine, "default", name, null, default));

        _world.Names(World.Restores).ShouldBeEmpty();
        _world.Names(World.Snapshots).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wait_for_bound_of_the_whole_batch_collects_its_snapshot()
    {
        await _world.RunAsync(World.Requests(10), new CloneOptions { Batch = "lab7" });
        _world.Names(World.Snapshots).ShouldHaveSingleItem();
        var clones = await _world.ReadAsync(new CloneCatalog(_world.World.Cluster).ListAsync(new CloneQuery { Batch = "lab7" }, default));
        var waited = await _world.ReadAsync(new CloneWaiter(_world.World.Cluster).WaitAsync([.. clones.Select(c => c.Value!.Reference with { Method = null })], new WaitOptions { For = WaitState.Bound }, default));

        waited.Of(ItemUpdateKind.Record).Count(u => u.Record!.Bound).ShouldBe(10);
        _world.Names(World.Snapshots).ShouldBeEmpty();
    }

    private sealed class KilledException : Exception;
}
