using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Images;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Images;

public sealed class GoldenImageTests
{
    private static readonly GoldenImageRequest Ubuntu = new() { Namespace = "default", SourceName = "golden", Name = "ubuntu-24.04", StopSource = true };

    private static readonly ResourceKind Instances = new("kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance");

    private readonly SnapshotWorld _world = new();

    private GoldenImageCatalog Images => new(_world.World.Cluster);

    [Fact]
    public async Task A_stopped_machine_becomes_an_image_and_is_then_removed()
    {
        Start("Always");
        var updates = await MakeAsync(Ubuntu with { RemoveSource = true, Description = "base: 24.04, clean" });

        var image = updates.Where(u => u.Kind == ItemUpdateKind.Record).ShouldHaveSingleItem().Record!;
        image.ShouldSatisfyAllConditions(
            i => i.ToString().ShouldBe("ubuntu-24.04:1"),
            i => i.Ready.ShouldBeTrue(),
            i => i.Size.ShouldBe(2L << 30),
            i => i.Description.ShouldBe("base: 24.04, clean"));
        _world.Machines.ShouldBeEmpty();
        var writes = _world.Client.Requests.Where(r => r.StartsWith("CREATE", StringComparison.Ordinal) || r.StartsWith("DELETE", StringComparison.Ordinal) || r.Contains("/stop", StringComparison.Ordinal)).ToList();
        writes.FindIndex(w => w.Contains("/stop", StringComparison.Ordinal)).ShouldBe(0);
        writes[^1].ShouldBe("DELETE virtualmachines default/golden");
        updates.ShouldContain(u => u.Kind == ItemUpdateKind.Warning && u.Message!.ToString().Contains("machine-id", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Always")]
    [InlineData("Once")]
    [InlineData("RerunOnFailure")]
    [InlineData("Manual")]
    [InlineData(null)]
    public async Task Whatever_step_fails_the_source_is_as_it_was(string? strategy)
    {
        for (var step = 1; step < 40; step++)
        {
            var world = new SnapshotWorld();
            Start(world, strategy);
            var before = Spec(world);
            var sent = 0;
            var failed = false;
            world.Client.Before = r =>
            {
                var writes = r.Verb is "CREATE" or "PATCH" or "DELETE" || r.Kind.Plural.EndsWith("/stop", StringComparison.Ordinal) || (r.Verb == "GET" && r.Kind.Kind == "VirtualMachineSnapshotContent");
                if (!writes || failed || ++sent != step)
                    return Task.CompletedTask;
                failed = true;
                throw new ApiStatusException(500, "InternalError", "injected");
            };
            var updates = await world.ReadAsync(new GoldenImageMaker(world.World.Cluster).CreateAsync(Ubuntu with { RemoveSource = true }, default));
            if (!failed)
            {
                step.ShouldBeGreaterThan(4);
                world.Machines.ShouldBeEmpty();
                return;
            }

            updates.Where(u => u.Kind == ItemUpdateKind.Fault).ShouldHaveSingleItem();
            Spec(world).ShouldBe(before, $"failed at step {step}");
            world.Names(Instances).ShouldBe(["golden"], $"failed at step {step}");
            var left = world.Client.All(World.Snapshots);
            left.ShouldAllBe(s => s["metadata"]!["labels"]![ImageLabels.Image] != null);
        }

        Assert.Fail("The call never came through.");
    }

    [Fact]
    public async Task A_partial_or_failed_snapshot_is_no_image()
    {
        _world.SnapshotsArePartial = true;
        (await MakeAsync(Ubuntu)).Where(u => u.Kind == ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMSnapshotPartial);
        _world.SnapshotsArePartial = false;
        _world.SnapshotsFail = true;
        (await MakeAsync(Ubuntu)).Where(u => u.Kind == ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMSnapshotFailed);
        _world.Names(World.Snapshots).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"devices":{"tpm":{"persistent":true}}}""", "TPM")]
    [InlineData("""{"firmware":{"bootloader":{"efi":{"persistent":true}}}}""", "EFI")]
    public async Task What_can_never_be_cloned_is_refused_before_anything_is_touched(string domain, string what)
    {
        Start("Always");
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["template"]!["spec"]!["domain"] = JsonNode.Parse(domain));
        var fault = (await MakeAsync(Ubuntu)).Where(u => u.Kind == ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;

        fault.Id.ShouldBe(FaultIds.VMCloneSourceUnsupported);
        fault.Message.ShouldContain(what);
        _world.Client.Requests.ShouldNotContain(r => r.Contains("/stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_machines_will_share_is_said()
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().Add(
            JsonNode.Parse("""{"name":"ci","cloudInitNoCloud":{"secretRef":{"name":"userdata"}}}""")));
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().Add(
            JsonNode.Parse("""{"name":"host","hostDisk":{"path":"/data/x.img"}}""")));
        _world.SetOn("golden", on: true);
        var warnings = (await MakeAsync(Ubuntu with { StopSource = false })).Where(u => u.Kind == ItemUpdateKind.Warning).Select(u => u.Message!.ToString()).ToList();

        warnings.ShouldContain(w => w.Contains("Secret userdata", StringComparison.Ordinal) && w.Contains("/data/x.img", StringComparison.Ordinal));
        warnings.ShouldContain(w => w.Contains("after a power cut", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_machine_that_KubeVirt_has_yet_to_start_is_stopped_too()
    {
        Start("Always");
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m.Remove("status"));
        await MakeAsync(Ubuntu with { KeepStopped = true });

        _world.Client.Find(KubeVirtKinds.VirtualMachine, "default", "golden")!["spec"]!["runStrategy"]!.GetValue<string>().ShouldBe("Halted");
    }

    [Fact]
    public async Task A_machine_that_is_still_shutting_down_is_waited_for()
    {
        // Stopped by somebody else: the run strategy says so already, the instance is still there, and asking again is refused.
        Start("Halted");
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m =>
        {
            m["spec"]!["runStrategy"] = "Halted";
            m["status"] = JsonNode.Parse("""{"created":true,"printableStatus":"Stopping"}""");
        });
        var refused = 0;
        _world.Client.Before = r =>
        {
            if (r.Kind.Plural.EndsWith("/stop", StringComparison.Ordinal))
            {
                refused++;
                throw new ApiStatusException(409, "Conflict", "Operation cannot be fulfilled on virtualmachine.kubevirt.io \"golden\": VM is not running");
            }

            if (r.Verb == "CREATE")
                _world.Names(Instances).ShouldBeEmpty("the snapshot is taken of a machine that is off");
            return Task.CompletedTask;
        };
        using var off = _world.Clock.CreateTimer(_ => _world.SetOn("golden", on: false), null, TimeSpan.FromSeconds(20), Timeout.InfiniteTimeSpan);
        var updates = await MakeAsync(Ubuntu);

        refused.ShouldBe(1);
        updates.Where(u => u.Kind == ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
        updates.Where(u => u.Kind == ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Ready.ShouldBeTrue();
    }

    [Fact]
    public async Task A_snapshot_whose_answer_was_lost_does_not_stay_behind()
    {
        Start("Always");
        var reads = 0;
        _world.Client.After = (r, _) =>
        {
            if (r is not { Verb: "CREATE", Kind.Kind: "VirtualMachineSnapshot" })
                return;
            reads = 1;
            throw new AnswerLostException("POST", "virtualmachinesnapshots");
        };
        _world.Client.Before = r => r is { Verb: "GET", Kind.Kind: "VirtualMachineSnapshot" } && reads-- == 1
            ? throw new ApiStatusException(500, "InternalError", "injected")
            : Task.CompletedTask;
        (await MakeAsync(Ubuntu)).Where(u => u.Kind == ItemUpdateKind.Fault).ShouldHaveSingleItem();

        _world.Names(World.Snapshots).ShouldBeEmpty();
        _world.Client.Find(KubeVirtKinds.VirtualMachine, "default", "golden")!["spec"]!["runStrategy"]!.GetValue<string>().ShouldBe("Always");
    }

    [Fact]
    public async Task A_call_that_only_removes_the_source_gives_the_image_whole()
    {
        await MakeAsync(Ubuntu with { RemoveSource = true });
        var again = (await MakeAsync(Ubuntu with { RemoveSource = true })).Where(u => u.Kind == ItemUpdateKind.Record).ShouldHaveSingleItem().Record!;

        again.ToString().ShouldBe("ubuntu-24.04:1");
        again.IsDefault.ShouldBeTrue();
        again.Size.ShouldBe(2L << 30);
    }

    [Fact]
    public async Task Versions_coexist_and_the_name_means_the_newest_ready_one()
    {
        foreach (var _ in new[] { 1, 2, 3 })
        {
            await MakeAsync(Ubuntu);
            _world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        (await _world.DoAsync(() => Images.ResolveAsync("default", "ubuntu-24.04", null, default))).Value!.Version.ShouldBe("3");
        (await _world.DoAsync(() => Images.ResolveAsync("default", "ubuntu-24.04", "1", default))).Value!.Version.ShouldBe("1");
        (await _world.DoAsync(() => Images.ResolveAsync("default", "ubuntu-24.04", "9", default))).Fault!.Id.ShouldBe(FaultIds.GoldenImageNotFound);
        (await MakeAsync(Ubuntu with { Version = "2" })).Where(u => u.Kind == ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.GoldenImageExists);
        (await _world.DoAsync(() => Images.ListSurplusAsync("default", "ubuntu-24.04", 2, default))).Select(i => i.Version).ShouldBe(["1"]);

        var newest = (await _world.DoAsync(() => Images.ResolveAsync("default", "ubuntu-24.04", "3", default))).Value!;
        _world.Client.Update(World.Snapshots, "default", newest.SnapshotName, s => s["status"]!["readyToUse"] = false);
        (await _world.DoAsync(() => Images.ResolveAsync("default", "ubuntu-24.04", null, default))).Value!.Version.ShouldBe("2");
    }

    [Fact]
    public async Task Clones_of_an_image_keep_it_until_their_volumes_are_filled()
    {
        await MakeAsync(Ubuntu);
        _world.ClaimPhase = "Pending";
        var requests = World.Requests(2).Select(r => r with { SourceName = "", GoldenImage = "ubuntu-24.04" }).ToList();
        (await _world.RunAsync(requests, new CloneOptions { Method = CloneMethodChoice.Restore, Wait = true })).Of(ItemUpdateKind.Record).Count.ShouldBe(2);

        var image = (await _world.ReadAsync(Images.ListAsync(new ListQuery { Names = ["ubuntu*"] }, null, withUses: true, default))).ShouldHaveSingleItem().Value!;
        image.Machines.ShouldBe(["web-001", "web-002"]);
        image.Dependents.ShouldBe(["web-001", "web-002"]);
        var fault = await _world.DoAsync(() => Images.RemoveAsync(image, force: false, default));
        fault!.Id.ShouldBe(FaultIds.GoldenImageInUse);
        fault.Message.ShouldContain("web-001");
        _world.Names(World.Snapshots).ShouldHaveSingleItem();

        foreach (var claim in _world.Names(KubeVirtKinds.PersistentVolumeClaim))
            _world.Client.Update(KubeVirtKinds.PersistentVolumeClaim, "default", claim, c => c["status"]!["phase"] = "Bound");
        (await _world.DoAsync(() => Images.RemoveAsync(image, force: false, default))).ShouldBeNull();
        _world.Names(World.Snapshots).ShouldBeEmpty();
    }

    private void Start(string? strategy) => Start(_world, strategy);

    private static void Start(SnapshotWorld world, string? strategy)
    {
        world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m =>
        {
            if (strategy is null)
            {
                m["spec"]!.AsObject().Remove("runStrategy");
                m["spec"]!["running"] = true;
            }
            else
            {
                m["spec"]!["runStrategy"] = strategy;
            }
        });
        world.SetOn("golden", on: true);
    }

    private static string Spec(SnapshotWorld world)
    {
        var machine = world.Client.Find(KubeVirtKinds.VirtualMachine, "default", "golden")!;
        return machine["spec"]!.ToJsonString() + machine["metadata"]!["annotations"]!.ToJsonString();
    }

    private Task<List<ItemUpdate<GoldenImageRecord>>> MakeAsync(GoldenImageRequest request) => _world.ReadAsync(new GoldenImageMaker(_world.World.Cluster).CreateAsync(request, default));
}
