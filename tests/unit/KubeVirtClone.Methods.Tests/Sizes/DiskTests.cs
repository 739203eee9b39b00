using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Sizes;

/// <summary>Clones whose disks are larger, of another class or mode than their source's: made so, or refused before anything is made.</summary>
public sealed class DiskTests
{
    [Fact]
    public async Task Made_directly_claims_are_what_was_asked_from_the_start()
    {
        await using var lab = new Lab();
        var updates = await lab.CloneAsync(
            [
                Request("all") with { DiskSizes = Every("4096Mi") },
                Request("one") with { DiskSizes = Of("data", "40Gi"), StorageClasses = Every("slow"), AccessModes = Of("data", "rwx"), VolumeModes = Every("filesystem") },
                Request("same"),
            ],
            Lab.Options(CloneMethodChoice.Direct));
        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        Claim(lab, "all").ShouldBe("4Gi of 4Gi, fast, ReadWriteOnce");
        Claim(lab, "one").ShouldBe("40Gi of 40Gi, slow, ReadWriteMany");
        Claim(lab, "same").ShouldBe("1Gi of 1Gi, fast, ReadWriteOnce");
    }

    [Fact]
    public async Task Auto_makes_them_directly_and_says_why()
    {
        await using var lab = new Lab();
        lab.Virtual.MayCreate("virtualmachines", "persistentvolumeclaims");
        var updates = await lab.CloneAsync([Request("a") with { DiskSizes = Every("2Gi"), StorageClasses = Every("slow") }], Lab.Options(CloneMethodChoice.Auto));
        updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!.Method.ShouldBe(CloneMethod.Direct);
        lab.Virtual.Said.ToString().Split('\n').Where(l => l.Contains("by method Direct, because", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("of another size or place");
        Claim(lab, "a").ShouldBe("2Gi of 2Gi, slow, ReadWriteOnce");
    }

    public static TheoryData<string, CloneMethodChoice, string, string> Refusals() => new()
    {
        { """{"DiskSize":{"*":"512Mi"}}""", CloneMethodChoice.Direct, FaultIds.VMCloneDiskUnsupported, "at least 1Gi" },
        { """{"DiskSize":{"data":"512Mi"}}""", CloneMethodChoice.Restore, FaultIds.VMCloneDiskUnsupported, "at least 1Gi" },
        { """{"DiskSize":{"*":"512Mi"}}""", CloneMethodChoice.Clone, FaultIds.VMCloneDiskUnsupported, "at least 1Gi" },
        { """{"DiskSize":{"*":"2Gi"},"StorageClass":{"*":"slow"}}""", CloneMethodChoice.Restore, FaultIds.VMCloneDiskUnsupported, "-Method Direct" },
        { """{"DiskSize":{"root":"40Gi"}}""", CloneMethodChoice.Direct, FaultIds.VMCloneDiskUnsupported, "it has data" },
        { """{"DiskSize":{"*":"40"}}""", CloneMethodChoice.Direct, FaultIds.VMCloneSizeInvalid, "40Gi is meant" },
        { """{"DiskSize":{"*":"big"}}""", CloneMethodChoice.Direct, FaultIds.VMCloneSizeInvalid, "40Gi" },
        { """{"StorageClass":{"*":"nosnap"}}""", CloneMethodChoice.Direct, FaultIds.VMCloneDiskUnsupported, "Copy-VMGoldenImage IMAGE -Destination NAMESPACE -StorageClass nosnap" },
        { """{"StorageClass":{"*":"gone"}}""", CloneMethodChoice.Direct, FindingCodes.StorageClassMissing, "fast, fixed" },
        { """{"StorageClass":{"*":"Not A Name"}}""", CloneMethodChoice.Direct, FaultIds.VMCloneSizeInvalid, "kubectl get storageclasses" },
        { """{"StorageClass":{"*":"slow"}}""", CloneMethodChoice.Restore, FaultIds.VMCloneDiskUnsupported, "-Method Direct" },
        { """{"StorageClass":{"*":"slow"}}""", CloneMethodChoice.Clone, FaultIds.VMCloneDiskUnsupported, "-Method Direct" },
        { """{"AccessMode":{"*":"ReadWriteMany"}}""", CloneMethodChoice.Restore, FaultIds.VMCloneDiskUnsupported, "-Method Direct" },
        { """{"AccessMode":{"*":"ReadSometimes"}}""", CloneMethodChoice.Direct, FaultIds.VMCloneSizeInvalid, "ReadWriteOncePod" },
        { """{"VolumeMode":{"*":"Block"}}""", CloneMethodChoice.Direct, FaultIds.VMCloneDiskUnsupported, "allow-volume-mode-change" },
        { """{"VolumeMode":{"*":"Raw"}}""", CloneMethodChoice.Direct, FaultIds.VMCloneSizeInvalid, "Block or Filesystem" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task What_cannot_be_had_is_refused_before_anything_is_made(string asked, CloneMethodChoice method, string id, string part)
    {
        await using var lab = new Lab();
        var fault = (await lab.CloneAsync([Request("a", asked)], Lab.Options(method))).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        fault.Id.ShouldBe(id, fault.Message);
        (fault.Message + " " + fault.RecommendedAction).ShouldContain(part);
        lab.Virtual.Writes.ShouldBeEmpty();
        lab.ShouldBeAsBefore();
    }

    [Theory]
    [InlineData("fixed", CloneMethodChoice.Restore, "does not allow expansion")]
    [InlineData("fixed", CloneMethodChoice.Clone, "does not allow expansion")]
    [InlineData("wffc", CloneMethodChoice.Restore, "bound only when its machine starts")]
    [InlineData("wffc", CloneMethodChoice.Clone, "bound only when its machine starts")]
    public async Task A_class_whose_claims_cannot_grow_takes_another_way_which_is_named(string storage, CloneMethodChoice method, string part)
    {
        await using var lab = new Lab(storage);
        var requests = new[] { Request("a") with { DiskSizes = Every("2Gi") } };
        var fault = (await lab.CloneAsync(requests, Lab.Options(method))).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        fault.Message.ShouldContain(part);
        fault.RecommendedAction.ToString().ShouldContain("-Method Direct");
        lab.Virtual.Writes.ShouldBeEmpty();

        var made = await lab.CloneAsync(requests, Lab.Options(CloneMethodChoice.Direct) with { For = WaitState.Succeeded });
        made.ShouldContain(u => u.Kind == ItemUpdateKind.Record);
        lab.Get("PersistentVolumeClaim", lab.Claims()["a"])!.TextAt("spec", "resources", "requests", "storage").ShouldBe("2Gi");
    }

    [Fact]
    public async Task A_class_that_may_not_be_read_is_found_out_when_its_disks_are_to_grow()
    {
        await using var lab = new Lab("fixed");
        lab.Virtual.MayNotRead("storageclasses");
        var updates = await lab.CloneAsync([Request("a") with { DiskSizes = Every("2Gi") }], Lab.Options(CloneMethodChoice.Restore));
        var fault = updates.Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        fault.Id.ShouldBe(FaultIds.VMCloneDiskUnsupported);
        fault.Message.ShouldContain("storage class 'fixed' does not allow expansion");
        fault.RecommendedAction.ToString().ShouldContain("-Method Direct");
        Claim(lab, "a").ShouldBe("1Gi of 1Gi, fixed, ReadWriteOnce");
        // It goes on saying that it is not what was asked for, and the same call completes it when the class is another.
        var clone = (await lab.ListAsync()).ShouldHaveSingleItem();
        clone.State.ShouldBe("Growing");
        clone.Message.ShouldContain("disks to 2Gi");
        var diagnosis = (await lab.DoAsync(() => new CloneDoctor(lab.Cluster).DiagnoseAsync([clone.Reference], default))).Single();
        diagnosis.Code.ShouldBe(CauseCodes.DisksNotGrown);
        diagnosis.NextStep.ToString().ShouldContain("Wait-VMClone");
        (await lab.RemoveAsync(clone))!.Id.ShouldBe(FaultIds.VMCloneInUse);
        lab.Patch("StorageClass", "fixed", new JsonObject { ["allowVolumeExpansion"] = true });
        (await lab.CloneAsync([Request("a") with { DiskSizes = Every("2Gi") }], Lab.Options(CloneMethodChoice.Restore))).ShouldContain(u => u.Kind == ItemUpdateKind.Record);
        Claim(lab, "a").ShouldBe("2Gi of 2Gi, fixed, ReadWriteOnce");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore, WaitState.Bound, 1)]
    [InlineData(CloneMethodChoice.Restore, WaitState.Succeeded, 2)]
    [InlineData(CloneMethodChoice.Restore, null, 2)]
    [InlineData(CloneMethodChoice.Clone, WaitState.Bound, 2)]
    [InlineData(CloneMethodChoice.Clone, WaitState.Succeeded, 1)]
    [InlineData(CloneMethodChoice.Clone, null, 1)]
    public async Task What_KubeVirt_makes_like_the_source_grows_once_it_is_bound(CloneMethodChoice method, WaitState? @for, int count)
    {
        await using var lab = new Lab();
        var requests = Enumerable.Range(1, count).Select(i => Request($"vm-{i}") with { DiskSizes = Of("data", "2Gi") }).ToList();
        var updates = await lab.CloneAsync(requests, Lab.Options(method) with { Wait = @for is not null, For = @for ?? WaitState.Succeeded });
        updates.Where(u => u.Fault is not null || u.Kind == ItemUpdateKind.Warning).Select(u => u.Fault?.Message ?? u.Message!.ToString()).ShouldBeEmpty();
        foreach (var record in updates.Where(u => u.Kind == ItemUpdateKind.Record).Select(u => u.Record!))
        {
            record.Method.ToString().ShouldBe(method.ToString());
            record.IsGrowing.ShouldBeFalse();
            AskedSizes.Describe(record).ShouldBe("data 2Gi");
        }

        updates.Count(u => u.Kind == ItemUpdateKind.Record).ShouldBe(count);
        // Whoever does not wait for the storage has had it asked for all the same.
        if (@for != WaitState.Bound)
            lab.Settle();
        foreach (var request in requests)
            Claim(lab, request.TargetName!).ShouldBe("2Gi of 2Gi, fast, ReadWriteOnce");
        lab.Get("PersistentVolumeClaim", "golden-data").TextAt("spec", "resources", "requests", "storage").ShouldBe("1Gi");
        (await lab.ListAsync()).ShouldAllBe(c => c.State == "Bound");
    }

    [Fact]
    public async Task Auto_takes_that_way_where_nothing_may_be_posted()
    {
        await using var lab = new Lab();
        lab.Virtual.MayCreate("virtualmachineclones", "virtualmachinesnapshots", "virtualmachinerestores");
        var updates = await lab.CloneAsync([Request("a") with { DiskSizes = Every("2Gi"), Memory = "256Mi" }], Lab.Options(CloneMethodChoice.Auto));
        updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!.Method.ShouldBe(CloneMethod.Clone);
        Claim(lab, "a").ShouldBe("2Gi of 2Gi, fast, ReadWriteOnce");
        var refused = (await lab.CloneAsync([Request("b") with { StorageClasses = Every("slow") }], Lab.Options(CloneMethodChoice.Auto) with { Batch = "other" })).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        refused.RecommendedAction.ToString().ShouldContain("right to create virtualmachines");
    }

    [Fact]
    public async Task Volumes_that_are_bound_at_the_first_start_grow_after_it_by_a_wait()
    {
        await using var lab = new Lab("wffc", nodes: true);
        lab.Virtual.MayNotRead("storageclasses");
        foreach (var @for in new[] { WaitState.Succeeded, WaitState.Bound })
        {
            var updates = await lab.CloneAsync([Request("a") with { DiskSizes = Every("2Gi") }], Lab.Options(CloneMethodChoice.Restore) with { For = @for });
            updates.ShouldContain(u => u.Kind == ItemUpdateKind.Record);
            var said = updates.Single(u => u.Kind == ItemUpdateKind.Warning && u.Message!.ToString().Contains("WaitForFirstConsumer", StringComparison.Ordinal)).Message!.ToString();
            said.ShouldContain("the source's size until then");
            said.ShouldContain("Wait-VMClone");
        }

        var clones = await lab.ListAsync();
        (await lab.RemoveAsync(clones.Single()))!.Id.ShouldBe(FaultIds.VMCloneInUse);
        await lab.StartAsync("a");
        await lab.WaitForBoundAsync(clones);
        Claim(lab, "a").ShouldBe("2Gi of 2Gi, wffc, ReadWriteOnce");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task A_file_system_that_grows_with_the_first_start_is_not_waited_for(CloneMethodChoice method)
    {
        await using var lab = new Lab(nodes: true);
        var request = OfClass(lab, "offline", new JsonObject { ["grow"] = "node" });
        (await lab.CloneAsync([request], Lab.Options(method))).ShouldContain(u => u.Kind == ItemUpdateKind.Record);
        Claim(lab, "a").ShouldBe("1Gi of 2Gi, offline, ReadWriteOnce");
        var clone = (await lab.ListAsync()).Single();
        clone.State.ShouldBe("Bound");
        var compared = (await lab.DoAsync(() => new CloneComparer(lab.Cluster).CompareAsync(CompareRequest.Of(clone), default))).Comparison.ShouldNotBeNull();
        compared.Differences.Single(d => d.Area == "Disks").ShouldSatisfyAllConditions(
            d => d.Expected.ShouldBeTrue(),
            d => d.Target.ShouldBe("2Gi"),
            d => d.Reason.ShouldContain("when the machine starts"));
        await lab.StartAsync("a");
        Claim(lab, "a").ShouldBe("2Gi of 2Gi, offline, ReadWriteOnce");
    }

    [Fact]
    public async Task Storage_that_cannot_make_the_volume_larger_ends_the_wait_and_is_diagnosed()
    {
        await using var lab = new Lab();
        var request = OfClass(lab, "rigid", new JsonObject { ["grow"] = "never" });
        // The same again is no better.
        foreach (var _ in new[] { 1, 2 })
        {
            var fault = (await lab.CloneAsync([request], Lab.Options())).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
            fault.Id.ShouldBe(FaultIds.VMCloneDiskUnsupported);
            fault.Message.ShouldContain("the array makes no volume larger");
        }

        var clone = (await lab.ListAsync()).Single();
        clone.State.ShouldBe("Growing");
        var diagnosis = (await lab.DoAsync(() => new CloneDoctor(lab.Cluster).DiagnoseAsync([clone.Reference], default))).Single();
        diagnosis.Code.ShouldBe(CauseCodes.DisksNotGrown);
        diagnosis.Cause.ShouldContain("the array makes no volume larger");
    }

    private static CloneRequest OfClass(Lab lab, string name, JsonObject parameters)
    {
        var storage = (JsonObject)lab.Get("StorageClass", "fast")!.DeepClone();
        storage["metadata"] = new JsonObject { ["name"] = name };
        storage["parameters"] = parameters;
        lab.Post(storage, DemoSeed.Claim(name + "-data", name, "1Gi"), DemoSeed.Machine(name, "x", [DemoSeed.ContainerDisk(), DemoSeed.ClaimDisk("data", name + "-data")]));
        lab.Settle();
        return Request("a") with { SourceName = name, DiskSizes = Every("2Gi") };
    }

    [Fact]
    public async Task A_claim_that_is_not_the_clones_own_is_left_alone()
    {
        await using var lab = new Lab();
        var clone = (await lab.MakeAsync(1)).Single();
        lab.Post(DemoSeed.Claim("theirs", "fast", "1Gi"));
        lab.Settle();
        // Somebody has given the machine another disk before it was completed.
        var volumes = new JsonArray([.. lab.Get("VirtualMachine", "vm-001").ArrayAt("spec", "template", "spec", "volumes").Objects().Select(v => v.DeepClone())]);
        volumes.Single(v => v!["name"]!.GetValue<string>() == "data")!["persistentVolumeClaim"]!["claimName"] = "theirs";
        lab.Patch("VirtualMachine", "vm-001", new JsonObject { ["spec"] = new JsonObject { ["template"] = new JsonObject { ["spec"] = new JsonObject { ["volumes"] = volumes } } } });
        lab.Patch("VirtualMachineRestore", clone.Name, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [CloneLabels.Grow] = """{"data":"2Gi"}""" } } });
        var fault = (await lab.DoAsync(async () =>
        {
            var all = new List<ItemUpdate<CloneRecord>>();
            await foreach (var update in new CloneWaiter(lab.Cluster).WaitAsync([clone.Reference], new WaitOptions { For = WaitState.Bound }, default))
                all.Add(update);
            return all;
        })).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        fault.Message.ShouldContain("its claim 'theirs' was not made for it");
        lab.Get("PersistentVolumeClaim", "theirs").TextAt("spec", "resources", "requests", "storage").ShouldBe("1Gi");
    }

    [Fact]
    public async Task A_quota_without_room_for_the_size_is_told_and_the_same_call_completes_the_clone_later()
    {
        await using var lab = new Lab();
        var quota = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ResourceQuota",
            ["metadata"] = new JsonObject { ["name"] = "small" },
            ["spec"] = new JsonObject { ["hard"] = new JsonObject { ["fast.storageclass.storage.k8s.io/requests.storage"] = "3Gi" } },
        };
        lab.Post((JsonObject)quota.DeepClone());
        lab.Settle();
        var requests = new[] { Request("a") with { DiskSizes = Every("5Gi") } };
        var refusal = (await lab.CloneAsync(requests, Lab.Options(CloneMethodChoice.Clone))).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        refusal.Id.ShouldBe(FaultIds.QuotaExceeded);
        refusal.Message.ShouldContain("leaves 2Gi of fast.storageclass.storage.k8s.io/requests.storage");
        refusal.Message.ShouldContain("needs 5Gi");
        lab.List("VirtualMachineClone").ShouldBeEmpty();

        // One that comes only when the clone is on its way stops its disk from growing.
        lab.Delete("ResourceQuota", "small");
        await lab.CloneAsync(requests, Lab.Options(CloneMethodChoice.Clone) with { Timeout = TimeSpan.FromMilliseconds(1) });
        lab.Post(quota);
        lab.Settle();
        var stopped = await lab.CloneAsync(requests, Lab.Options(CloneMethodChoice.Clone));
        stopped.Single(u => u.Kind == ItemUpdateKind.Fault).Fault!.Id.ShouldBe(FaultIds.QuotaExceeded);
        Claim(lab, "a").ShouldBe("1Gi of 1Gi, fast, ReadWriteOnce");

        lab.Patch("ResourceQuota", "small", new JsonObject { ["spec"] = new JsonObject { ["hard"] = new JsonObject { ["fast.storageclass.storage.k8s.io/requests.storage"] = "9Gi" } } });
        (await lab.CloneAsync(requests, Lab.Options(CloneMethodChoice.Clone))).ShouldContain(u => u.Kind == ItemUpdateKind.Record);
        Claim(lab, "a").ShouldBe("5Gi of 5Gi, fast, ReadWriteOnce");
    }

    [Fact]
    public async Task A_restore_is_purged_when_its_disks_have_grown_and_one_that_is_gone_before_is_made_up_for_by_the_same_call()
    {
        await using var lab = new Lab();
        var requests = new[] { Request("a") with { DiskSizes = Every("2Gi") } };
        (await lab.CloneAsync(requests, Lab.Options(CloneMethodChoice.Restore) with { PurgeOnSuccess = true })).Where(u => u.Kind != ItemUpdateKind.Record && u.Kind != ItemUpdateKind.Progress).ShouldBeEmpty();
        Claim(lab, "a").ShouldBe("2Gi of 2Gi, fast, ReadWriteOnce");
        lab.List("VirtualMachineRestore").ShouldBeEmpty();

        var plain = Lab.Options(CloneMethodChoice.Restore) with { Batch = "other" };
        await lab.CloneAsync([Request("b") with { DiskSizes = Every("1Gi") }], plain);
        lab.Delete("VirtualMachineRestore", lab.List("VirtualMachineRestore").Single().Name());
        (await lab.CloneAsync([Request("b") with { DiskSizes = Every("3Gi") }], plain)).ShouldContain(u => u.Kind == ItemUpdateKind.Record);
        lab.Settle();
        Claim(lab, "b").ShouldBe("3Gi of 3Gi, fast, ReadWriteOnce");
    }

    [Theory]
    [InlineData("rwop,rwx", "data", "may not use ReadWriteOncePod with other access modes")]
    [InlineData("rwx", null, null)]
    public async Task A_check_tries_the_claims_as_they_are_to_be(string modes, string? disk, string? part)
    {
        await using var lab = new Lab();
        var requests = new[] { Request("a") with { DiskSizes = Every("2Gi") }, Request("b") with { AccessModes = Of("data", modes) } };
        var report = await lab.DoAsync(() => new BatchPreflight(lab.Cluster, new PreflightOptions { Method = CloneMethodChoice.Direct }).RunAsync([.. requests.Select(r => new PreflightItem(r))], default));
        var errors = report.Findings.Where(f => f.IsError).ToList();
        if (disk is null)
        {
            errors.ShouldBeEmpty();
            return;
        }

        errors.ShouldHaveSingleItem().Code.ShouldBe(FindingCodes.TargetRefused);
        errors[0].Message.ShouldContain($"the disk '{disk}'");
        errors[0].Message.ShouldContain(part!);
        errors[0].Requests.Select(r => r.TargetName).ShouldBe(["b"]);
        lab.ShouldBeAsBefore();
    }

    [Fact]
    public async Task A_disk_that_storage_made_larger_than_asked_is_as_large_as_it_came_out()
    {
        await using var lab = new Lab();
        lab.Post(DemoSeed.Claim("rounded-data", "rounds", "1Gi"), DemoSeed.Machine("rounded", "x", [DemoSeed.ContainerDisk(), DemoSeed.ClaimDisk("data", "rounded-data")]));
        lab.Settle();
        var before = lab.Virtual.Writes.Count;
        var request = Request("a") with { SourceName = "rounded", DiskSizes = Every("2Gi") };
        var fault = (await lab.CloneAsync([request], Lab.Options(CloneMethodChoice.Direct))).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        fault.RecommendedAction.ToString().ShouldContain("at least 4Gi");
        lab.Virtual.Writes.Count.ShouldBe(before);
        (await lab.CloneAsync([request with { DiskSizes = Every("5Gi") }], Lab.Options(CloneMethodChoice.Direct))).ShouldContain(u => u.Kind == ItemUpdateKind.Record);
    }

    [Fact]
    public async Task The_least_size_that_is_named_is_one_that_is_taken()
    {
        await using var lab = new Lab();
        lab.Post(DemoSeed.Claim("odd-data", "fast", "10G"), DemoSeed.Machine("odd", "x", [DemoSeed.ContainerDisk(), DemoSeed.ClaimDisk("data", "odd-data")]));
        lab.Settle();
        var request = Request("a") with { SourceName = "odd", DiskSizes = Every("9Gi") };
        var fault = (await lab.CloneAsync([request], Lab.Options(CloneMethodChoice.Direct))).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        var least = fault.RecommendedAction.ToString().Split("at least ")[1].Split(',')[0].TrimEnd('.');
        least.ShouldBe("9765625Ki");
        (await lab.CloneAsync([request with { DiskSizes = Every(least) }], Lab.Options(CloneMethodChoice.Direct))).ShouldContain(u => u.Kind == ItemUpdateKind.Record);
    }

    [Fact]
    public async Task Of_a_snapshot_its_own_sizes_and_permissions_count()
    {
        await using var lab = new Lab();
        lab.Post(new JsonObject
        {
            ["apiVersion"] = "snapshot.kubevirt.io/v1beta1",
            ["kind"] = "VirtualMachineSnapshot",
            ["metadata"] = new JsonObject { ["name"] = "snap" },
            ["spec"] = new JsonObject { ["source"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = "golden" } },
        });
        lab.Settle();
        CloneRequest Of(string target) => Request(target) with { SourceKind = SourceKinds.VirtualMachineSnapshot, SourceName = "snap" };
        var options = Lab.Options(CloneMethodChoice.Direct);
        (await lab.CloneAsync([Of("small") with { DiskSizes = Every("1023Mi") }], options)).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!.Id.ShouldBe(FaultIds.VMCloneDiskUnsupported);
        (await lab.CloneAsync([Of("block") with { VolumeModes = Every("Block") }], options)).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!.Id.ShouldBe(FaultIds.VMCloneDiskUnsupported);

        foreach (var content in lab.Virtual.Sandbox.Api.List(lab.Virtual.Sandbox.Find("VolumeSnapshotContent"), null))
            lab.Patch("VolumeSnapshotContent", content.Name(), new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["snapshot.storage.kubernetes.io/allow-volume-mode-change"] = "true" } } });
        var made = await lab.CloneAsync([Of("block") with { VolumeModes = Every("Block"), DiskSizes = Every("3Gi") }], options);
        made.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        lab.Get("PersistentVolumeClaim", lab.Claims()["block"])!.TextAt("spec", "volumeMode").ShouldBe("Block");
        Claim(lab, "block").ShouldBe("3Gi of 3Gi, fast, ReadWriteOnce");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Auto)]
    [InlineData(CloneMethodChoice.Restore)]
    public async Task No_manifest_is_written_that_leaves_them_out(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        var items = await lab.DoAsync(() => new ManifestPlanner(lab.Cluster, method, "b").PlanAsync([Request("a") with { DiskSizes = Every("2Gi") }, Request("b")], default));
        items.Single(i => i.Fault is not null).Fault!.Id.ShouldBe(FaultIds.VMCloneDiskUnsupported);
        items.Where(i => i.Manifest is not null && i.Request?.TargetName == "a").ShouldBeEmpty();
        items.ShouldContain(i => i.Manifest != null && i.Request != null && i.Request.TargetName == "b");
    }

    [Fact]
    public async Task The_same_batch_again_takes_them_over_and_another_size_is_another_request()
    {
        await using var lab = new Lab();
        var options = Lab.Options(CloneMethodChoice.Direct);
        await lab.CloneAsync([Request("a") with { DiskSizes = Every("2Gi") }], options);
        var writes = lab.Virtual.Writes.Count;
        (await lab.CloneAsync([Request("a") with { DiskSizes = Every("2048Mi") }], options)).ShouldContain(u => u.Kind == ItemUpdateKind.Record);
        lab.Virtual.Writes.Skip(writes).Where(w => w.StartsWith("create", StringComparison.Ordinal)).ShouldBeEmpty();
        (await lab.CloneAsync([Request("a") with { DiskSizes = Every("3Gi") }], options)).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!.Id.ShouldBe(FaultIds.VMCloneExists);
    }

    private static string Claim(Lab lab, string machine)
    {
        var claim = lab.Get("PersistentVolumeClaim", lab.Claims()[machine])!;
        return $"{claim.TextAt("status", "capacity", "storage")} of {claim.TextAt("spec", "resources", "requests", "storage")}, {claim.TextAt("spec", "storageClassName")}, {string.Join("+", claim.ArrayAt("spec", "accessModes").Texts())}";
    }

    private static Dictionary<string, string> Every(string value) => Of(RequestFields.EveryDisk, value);

    private static Dictionary<string, string> Of(string disk, string value) => new(StringComparer.Ordinal) { [disk] = value };

    private static CloneRequest Request(string target, string? asked = null)
    {
        var request = new CloneRequest { Namespace = "default", SourceName = "golden", TargetName = target };
        foreach (var (field, table) in asked is null ? [] : (JsonObject)JsonNode.Parse(asked)!)
            request = request with { Wishes = request.Wishes.With(RequestFields.Find(field)!, ((JsonObject)table!).ToDictionary(e => e.Key, e => e.Value!.GetValue<string>(), StringComparer.Ordinal)) };
        return request;
    }
}
