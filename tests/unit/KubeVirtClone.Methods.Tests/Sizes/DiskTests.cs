using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
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
        { """{"DiskSize":{"*":"2Gi"}}""", CloneMethodChoice.Restore, FaultIds.VMCloneDiskUnsupported, "in the size it had" },
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
