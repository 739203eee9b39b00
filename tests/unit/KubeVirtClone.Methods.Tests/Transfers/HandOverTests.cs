using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Transfers;

/// <summary>Snapshots handed over into another namespace by their handles, for who administers the cluster.</summary>
public sealed class HandOverTests
{
    private static readonly GoldenImageCopyRequest Request = OtherNamespace.Request with { HandOver = true };

    [Fact]
    public async Task An_image_is_handed_over_without_cdi_and_stays_when_the_original_goes()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var contents = other.List("VolumeSnapshotContent", null!).Select(c => c.Name()).ToHashSet(StringComparer.Ordinal);
        var copy = (await other.CopyAsync(Request)).ShouldHaveSingleItem().Record.ShouldNotBeNull();
        copy.CopyOf.ShouldBe($"default/{other.Image.SnapshotName}");
        copy.SourceName.ShouldBe("golden");
        other.Lab.Settle();
        other.Lab.Virtual.Writes.ShouldNotContain(w => w.Contains("datavolumes", StringComparison.Ordinal));
        other.Lab.Virtual.Writes.ShouldContain(w => w.StartsWith("create volumesnapshotcontents", StringComparison.Ordinal));
        other.HandedOver().ShouldBeEmpty();
        other.List("VirtualMachine").ShouldBeEmpty();
        other.List("PersistentVolumeClaim").ShouldBeEmpty();
        // What the driver has of the source is as it was.
        contents.Except(other.List("VolumeSnapshotContent", null!).Where(c => c.FlagAt("status", "readyToUse") is true).Select(c => c.Name())).ShouldBeEmpty();
        other.Everything().Where(o => o.StartsWith("default ", StringComparison.Ordinal)).ShouldBe(other.Before.Where(o => o.StartsWith("default ", StringComparison.Ordinal)));

        (await other.Lab.DoAsync(() => new Engine.Objects.GoldenImageCatalog(other.Lab.Cluster).RemoveAsync(other.Image, force: false, default))).ShouldBeNull();
        other.Lab.Settle();
        var requests = Enumerable.Range(1, 3).Select(i => new CloneRequest { Namespace = OtherNamespace.Name, SourceName = "", GoldenImage = "img", TargetName = $"desk-{i}" }).ToList();
        (await other.Lab.CloneAsync(requests)).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        other.List("PersistentVolumeClaim").Count(c => c.TextAt("status", "phase") == "Bound").ShouldBe(3);
        // Their claims bear no mark of the way, and go with their machines.
        other.List("PersistentVolumeClaim").Select(c => c.Label("kubevirtclone.io/transfer")).ShouldAllBe(mark => mark == null);
        other.List("PersistentVolumeClaim").Select(c => c.ArrayAt("metadata", "ownerReferences").Objects().Single().TextAt("kind")).ShouldAllBe(kind => kind == "VirtualMachine");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Auto)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task A_machine_is_cloned_there_from_what_was_handed_over(CloneMethodChoice method)
    {
        await using var other = await OtherNamespace.CreateAsync();
        var requests = Lab.Requests(2).ConvertAll(r => r with { TargetNamespace = OtherNamespace.Name });
        var options = Lab.Options(method) with { HandOver = true };
        (await CheckAsync(other, requests)).ShouldBeEmpty();
        (await other.Lab.CloneAsync(requests, options)).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        other.Lab.Settle();
        other.List("VirtualMachine").Count.ShouldBe(2);
        other.List("PersistentVolumeClaim").Count(c => c.TextAt("status", "phase") == "Bound").ShouldBe(2);
        other.HandedOver().ShouldBeEmpty();
        other.Lab.Virtual.Writes.ShouldNotContain(w => w.Contains("datavolumes", StringComparison.Ordinal));
        var writes = other.Lab.Virtual.Writes.Count;
        (await other.Lab.CloneAsync(requests, options)).Count(u => u.Kind == ItemUpdateKind.Record).ShouldBe(2);
        other.Lab.Virtual.Writes.Skip(writes).Where(w => w.StartsWith("create", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Removing_the_batch_takes_what_a_killed_call_has_handed_over()
    {
        var handed = 0;
        for (var request = 1; handed < 4; request++)
        {
            await using var other = await OtherNamespace.CreateAsync();
            var requests = Lab.Requests(2).ConvertAll(r => r with { TargetNamespace = OtherNamespace.Name });
            (await other.Lab.Virtual.RunAndKillAsync(() => RunAsync(other, requests), new(request, true))).ShouldBeTrue();
            // Content, snapshot, machine, claim.
            if (other.HandedOver().Count == 0)
                continue;
            handed++;
            (await other.Lab.DoAsync(() => new BatchLeftovers(other.Lab.Cluster).CollectBatchAsync(OtherNamespace.Name, "b", includeTarget: true, default))).ShouldBeEmpty();
            other.ShouldBeAsBefore($"killed at {request}");
        }
    }

    [Fact]
    public async Task What_was_begun_in_the_other_way_makes_room()
    {
        foreach (var handOver in new[] { true, false })
        {
            await using var other = await OtherNamespace.CreateAsync();
            for (var request = 1; !(handOver ? other.HandedOver().Count > 0 && other.List("PersistentVolumeClaim").Count > 0 : other.List("DataVolume").Count > 0); request++)
                (await other.Lab.Virtual.RunAndKillAsync(() => other.RunAsync(Request with { HandOver = handOver }), new(request, true))).ShouldBeTrue();
            (await other.CopyAsync(Request with { HandOver = !handOver })).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
            other.Lab.Settle();
            other.Everything().Except(other.Before).Order(StringComparer.Ordinal).Select(o => o.Split(' ')[1]).ShouldBe(["VirtualMachineSnapshot", "VolumeSnapshot"]);
            other.HandedOver().ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Who_does_not_administer_the_cluster_is_told_which_rights_it_takes_before_anything_is_made()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Lab.Virtual.MayCreate("virtualmachines", "virtualmachinesnapshots", "persistentvolumeclaims", "datavolumes");
        foreach (var dryRun in new[] { true, false })
        {
            var fault = (await other.CopyAsync(Request with { DryRun = dryRun })).ShouldHaveSingleItem().Fault.ShouldNotBeNull();
            fault.Id.ShouldBe(FaultIds.TransferForbidden);
            fault.Message.ShouldBe(
                "Snapshots are handed over by who administers the cluster: you may not get or list or create or delete volumesnapshotcontents (which are of the whole cluster), "
                + "nor get volumesnapshots in namespace 'default', nor create or delete volumesnapshots in namespace 'team-b'.");
            fault.RecommendedAction.ToString().ShouldContain("leave -HandOver out");
        }

        var requests = Lab.Requests(1).ConvertAll(r => r with { TargetNamespace = OtherNamespace.Name });
        (await CheckAsync(other, requests)).ShouldHaveSingleItem().Code.ShouldBe(FaultIds.TransferForbidden);
        (await other.Lab.CloneAsync(requests, Lab.Options() with { HandOver = true })).Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.TransferForbidden);
        other.ShouldBeAsBefore();
        // Without it the same user may.
        (await other.CopyAsync()).ShouldHaveSingleItem().Fault.ShouldBeNull();
    }

    [Fact]
    public async Task Where_another_way_is_right_it_is_named_before_anything_is_made()
    {
        await using var late = await OtherNamespace.CreateAsync("wffc");
        (await late.CopyAsync(Request)).ShouldHaveSingleItem().Fault!.Message.ShouldContain("storage class 'wffc' binds a volume when a machine that uses it starts");
        var requests = Lab.Requests(1).ConvertAll(r => r with { TargetNamespace = OtherNamespace.Name });
        (await CheckAsync(late, requests)).ShouldHaveSingleItem().RecommendedAction.ToString().ShouldContain("Leave -HandOver out: CDI binds them.");
        (await late.CopyAsync(Request with { StorageClass = "fast" })).ShouldHaveSingleItem().Record.ShouldNotBeNull().CopyStorageClass.ShouldBe("fast");

        await using var other = await OtherNamespace.CreateAsync();
        var driver = (await other.CopyAsync(Request with { StorageClass = "nosnap" })).ShouldHaveSingleItem().Fault!;
        driver.Message.ShouldContain("is of driver csi.fake.example.com, and storage class 'nosnap' of nosnap.fake.example.com");
        driver.RecommendedAction.ToString().ShouldContain("CDI copies from one driver to another");
        var both = (await other.Lab.CloneAsync(requests, Lab.Options(CloneMethodChoice.DataVolume) with { HandOver = true })).Single(u => u.Fault is not null).Fault!;
        both.RecommendedAction.ToString().ShouldBe("Leave -Method out, or -HandOver: the one has CDI copy claims, the other hands snapshots over.");
        other.ShouldBeAsBefore();
    }

    [Fact]
    public async Task What_is_somebody_elses_is_left_alone()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var name = CloneNames.InTransfer($"img-{other.Image.Disks![0].Name}", CloneNames.ForTransfer(other.Image.Uid, OtherNamespace.Name, storageClass: null, handOver: true));
        other.Post(null, new JsonObject
        {
            ["apiVersion"] = "snapshot.storage.k8s.io/v1",
            ["kind"] = "VolumeSnapshotContent",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject
            {
                ["driver"] = "csi.fake.example.com",
                ["deletionPolicy"] = "Retain",
                ["source"] = new JsonObject { ["snapshotHandle"] = "theirs" },
                ["volumeSnapshotRef"] = new JsonObject { ["namespace"] = "elsewhere", ["name"] = "theirs" },
            },
        });
        foreach (var dryRun in new[] { true, false })
            (await other.CopyAsync(Request with { DryRun = dryRun })).ShouldHaveSingleItem().Fault!.Message.ShouldBe($"A VolumeSnapshotContent '{name}' exists, and is not of this transfer. It was left alone.");
        other.ShouldBeAsBefore();
        other.List("VolumeSnapshotContent", null!).Single(c => c.Name() == name).TextAt("spec", "source", "snapshotHandle").ShouldBe("theirs");
    }

    [Fact]
    public async Task What_can_never_come_ends_with_its_cause_and_without_a_time_limit_and_leaves_nothing()
    {
        // Between two calls the driver has lost the source's snapshot: its handle is known to nobody.
        await using var other = await OtherNamespace.CreateAsync();
        for (var request = 1; other.HandedOver().Count == 0; request++)
            (await other.Lab.Virtual.RunAndKillAsync(() => other.RunAsync(Request), new(request, true))).ShouldBeTrue();
        var source = other.List("VolumeSnapshotContent", null!).Single(c => c.Label("kubevirtclone.io/transfer") is null);
        var changed = source.Copy();
        changed["status"]!["snapshotHandle"] = "another";
        var type = other.Lab.Virtual.Sandbox.Find(changed);
        other.Lab.Virtual.Sandbox.Request(HttpMethod.Put, type, "v1", null, source.Name(), "status", changed, "application/json", "response", null, null)["httpStatus"]!.GetValue<int>().ShouldBe(200);
        var fault = (await other.CopyAsync(Request with { Timeout = null })).ShouldHaveSingleItem().Fault.ShouldNotBeNull();
        fault.Id.ShouldBe(FaultIds.TransferFailed, fault.Message);
        fault.Message.ShouldContain("its driver does not make it");
        other.ShouldBeAsBefore();

        // A namespace without room is told first.
        await using var full = await OtherNamespace.CreateAsync();
        full.Post(OtherNamespace.Name, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ResourceQuota",
            ["metadata"] = new JsonObject { ["name"] = "q", ["namespace"] = OtherNamespace.Name },
            ["spec"] = new JsonObject { ["hard"] = new JsonObject { ["persistentvolumeclaims"] = "0" } },
        });
        full.Lab.Settle();
        (await full.CopyAsync(Request with { DryRun = true })).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.QuotaExceeded);
        (await full.CopyAsync(Request)).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.QuotaExceeded);
        full.ShouldBeAsBefore();
    }

    private static async Task<List<Finding>> CheckAsync(OtherNamespace other, List<CloneRequest> requests)
    {
        var preflight = new BatchPreflight(other.Lab.Cluster, new PreflightOptions { HandOver = true });
        var report = await other.Lab.DoAsync(() => preflight.RunAsync([.. requests.Select(r => new PreflightItem(r))], default));
        return [.. report.Findings.Where(f => f.Severity is FindingSeverity.Error or FindingSeverity.Warning)];
    }

    private static async Task<int> RunAsync(OtherNamespace other, List<CloneRequest> requests)
    {
        var updates = 0;
        await foreach (var update in new CloneOperation(other.Lab.Cluster, Lab.Options() with { HandOver = true }).RunAsync(requests, default))
            updates++;
        return updates;
    }
}
