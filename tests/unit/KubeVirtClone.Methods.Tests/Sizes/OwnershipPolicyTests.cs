using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Sizes;

/// <summary>Clones whose disks go with them, or stay when they are removed, whichever way they are made and removed.</summary>
public sealed class OwnershipPolicyTests
{
    private const string Mark = "kubevirtclone.io/outlives";

    [Theory]
    [InlineData(CloneMethodChoice.Direct, "Vm", true)]
    [InlineData(CloneMethodChoice.Direct, "None", false)]
    [InlineData(CloneMethodChoice.Direct, null, true)]
    [InlineData(CloneMethodChoice.Restore, "Vm", true)]
    [InlineData(CloneMethodChoice.Restore, "None", false)]
    [InlineData(CloneMethodChoice.Restore, null, false)]
    public async Task Disks_go_with_their_machine_or_stay_whoever_removes_it(CloneMethodChoice method, string? policy, bool goes)
    {
        await using var lab = new Lab();
        var clone = await MakeAsync(lab, method, policy);
        var claim = ClaimOf(lab, clone);
        claim.ArrayAt("metadata", "ownerReferences").Objects().Any(o => o.Kind() == "VirtualMachine").ShouldBe(goes);
        claim.TextAt("metadata", "annotations", "restore.kubevirt.io/owned-by-vm").ShouldBeNull();
        lab.Virtual.Sandbox.Delete("VirtualMachine", "a");
        lab.Settle();
        (lab.Get("PersistentVolumeClaim", claim.Name()) is null).ShouldBe(goes);
    }

    [Theory]
    [InlineData(CloneMethodChoice.Direct)]
    [InlineData(CloneMethodChoice.Restore)]
    public async Task What_is_to_stay_is_left_by_every_removal_and_named(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        var clone = await MakeAsync(lab, method, "None");
        var claim = ClaimOf(lab, clone).Name();
        var removal = new CloneRemoval(lab.Cluster, includeTarget: true);
        (await lab.DoAsync(() => removal.RemoveAsync(clone, default))).ShouldBeNull();
        removal.DescribeStaying().ShouldHaveSingleItem().ToString().ShouldContain(claim);
        removal.Removed.ShouldNotContain(r => r.Name == claim);
        await LeftoversAsync(lab);
        lab.Get("VirtualMachine", "a").ShouldBeNull();
        lab.Get("PersistentVolumeClaim", claim)!.TextAt("status", "phase").ShouldBe("Bound");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Direct)]
    [InlineData(CloneMethodChoice.Restore)]
    public async Task Removing_a_machine_leaves_them_and_says_so_unless_its_volumes_are_meant(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        var claim = ClaimOf(lab, await MakeAsync(lab, method, "None")).Name();
        (await RemoveMachineAsync(lab, new PowerOptions())).ShouldHaveSingleItem().ShouldContain(claim);
        lab.Get("PersistentVolumeClaim", claim).ShouldNotBeNull();
        await LeftoversAsync(lab);
        lab.Get("PersistentVolumeClaim", claim).ShouldNotBeNull();

        await using var other = new Lab();
        claim = ClaimOf(other, await MakeAsync(other, method, "None")).Name();
        (await RemoveMachineAsync(other, new PowerOptions { IncludeVolumes = true })).ShouldBeEmpty();
        other.Get("PersistentVolumeClaim", claim).ShouldBeNull();
    }

    [Theory]
    [InlineData("None")]
    [InlineData("Vm")]
    public async Task Restored_disks_grow_whether_they_are_to_stay_or_to_go(string policy)
    {
        await using var lab = new Lab();
        var request = Request(policy) with { DiskSizes = new Dictionary<string, string>(StringComparer.Ordinal) { [RequestFields.EveryDisk] = "2Gi" } };
        // Of the first only what is on its way is there when its restore is deleted.
        foreach (var (name, killed) in new[] { ("a", false), ("b", true) })
        {
            var options = Lab.Options(CloneMethodChoice.Restore) with { Batch = name };
            if (killed)
            {
                await lab.CloneAsync([request with { TargetName = name, DiskSizes = new Dictionary<string, string>(StringComparer.Ordinal) { [RequestFields.EveryDisk] = "1Gi" } }], options);
                lab.Delete("VirtualMachineRestore", lab.List("VirtualMachineRestore").Single(r => r.TextAt("spec", "target", "name") == name).Name());
            }

            var updates = await lab.CloneAsync([request with { TargetName = name }], options);
            updates.Where(u => u.Fault is not null || u.Kind == ItemUpdateKind.Warning).Select(u => u.Fault?.Message ?? u.Message!.ToString()).ShouldBeEmpty(name);
            lab.Settle();
            var claim = lab.Get("PersistentVolumeClaim", lab.Claims()[name])!;
            (claim.TextAt("status", "capacity", "storage"), claim.ArrayAt("metadata", "ownerReferences").Objects().Any(o => o.Kind() == "VirtualMachine")).ShouldBe(("2Gi", policy == "Vm"), name);
            var record = updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!;
            var removal = new CloneRemoval(lab.Cluster, includeTarget: true);
            (await lab.DoAsync(() => removal.RemoveAsync(record, default))).ShouldBeNull();
            lab.Settle();
            (lab.Get("PersistentVolumeClaim", claim.Name()) is null).ShouldBe(policy == "Vm", name);
        }
    }

    [Fact]
    public async Task The_disks_of_a_clone_of_such_a_clone_are_not_taken_for_the_first_ones()
    {
        await using var lab = new Lab();
        var first = await MakeAsync(lab, CloneMethodChoice.Direct, "None");
        foreach (var method in new[] { CloneMethodChoice.Direct, CloneMethodChoice.Restore })
        {
            var options = Lab.Options(method) with { Batch = $"of-{method}" };
            var request = new CloneRequest { Namespace = "default", SourceName = "a", TargetName = $"of-{method}".ToLowerInvariant() };
            var second = (await lab.CloneAsync([request], options)).Single(u => u.Kind == ItemUpdateKind.Record).Record!;
            var claim = ClaimOf(lab, second).Name();
            (await lab.RemoveAsync(second, includeTarget: true)).ShouldBeNull();
            lab.Settle();
            lab.Get("PersistentVolumeClaim", claim).ShouldBeNull();
        }

        ClaimOf(lab, first).TextAt("status", "phase").ShouldBe("Bound");
    }

    [Fact]
    public async Task A_claim_that_outlived_its_machine_is_not_adopted_by_the_next_of_that_name()
    {
        await using var lab = new Lab();
        var clone = await MakeAsync(lab, CloneMethodChoice.Direct, "None");
        var claim = ClaimOf(lab, clone);
        lab.Virtual.Sandbox.Delete("VirtualMachine", "a");
        lab.Settle();
        var fault = (await lab.CloneAsync([Request("None")], Lab.Options(CloneMethodChoice.Direct))).Single(u => u.Fault is not null).Fault!;
        fault.Id.ShouldBe(FaultIds.VMCloneVolumeExists);
        fault.Message.ShouldContain("made to outlive");
        lab.Settle();
        lab.Get("VirtualMachine", "a").ShouldBeNull();
        lab.Get("PersistentVolumeClaim", claim.Name())!.Uid().ShouldBe(claim.Uid());
    }

    [Fact]
    public async Task A_second_run_takes_over_what_is_there()
    {
        await using var lab = new Lab();
        var clone = await MakeAsync(lab, CloneMethodChoice.Direct, "None");
        var claim = ClaimOf(lab, clone);
        claim.TextAt("metadata", "annotations", Mark).ShouldBe(clone.Uid);
        var before = lab.Virtual.Writes.Count;
        (await lab.CloneAsync([Request("None")], Lab.Options(CloneMethodChoice.Direct))).ShouldContain(u => u.Kind == ItemUpdateKind.Record);
        lab.Virtual.Writes.Skip(before).ShouldNotContain(w => w.Contains("persistentvolumeclaims", StringComparison.Ordinal));
        // Another policy is another request.
        (await lab.CloneAsync([Request("Vm")], Lab.Options(CloneMethodChoice.Direct))).ShouldContain(u => u.Fault != null && u.Fault.Id == FaultIds.VMCloneExists);
    }

    [Fact]
    public async Task What_cannot_all_be_made_is_taken_back_with_the_claims_made_so_far()
    {
        await using var lab = new Lab();
        lab.Post(
            DemoSeed.Claim("two-b", "fast", "1Gi"),
            DemoSeed.Machine("two", "x", [DemoSeed.ContainerDisk(), DemoSeed.ClaimDisk("data", "golden-data"), DemoSeed.ClaimDisk("more", "two-b")]));
        lab.Settle();
        lab.Post(DemoSeed.Claim("a-more", "fast", "1Gi"));
        lab.Settle();
        var fault = (await lab.CloneAsync([Request("None") with { SourceName = "two" }], Lab.Options(CloneMethodChoice.Direct))).Single(u => u.Fault is not null).Fault!;
        fault.Id.ShouldBe(FaultIds.VMCloneVolumeExists);
        lab.Settle();
        lab.Get("VirtualMachine", "a").ShouldBeNull();
        lab.Get("PersistentVolumeClaim", "a-data").ShouldBeNull();
        lab.Get("PersistentVolumeClaim", "a-more").ShouldNotBeNull();
    }

    public static TheoryData<CloneMethodChoice, string, bool, string, string> Refusals() => new()
    {
        { CloneMethodChoice.Clone, "None", false, "has no field for it", "-Method Direct" },
        { CloneMethodChoice.Clone, "Vm", false, "has no field for it", "-Method Direct" },
        { CloneMethodChoice.Restore, "None", true, "data volumes of templates for 'root'", "-Method Direct" },
        { CloneMethodChoice.DataVolume, "None", false, "the machine's own templates", "-KeepVolumes" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_method_that_cannot_is_refused_before_anything_is_made(CloneMethodChoice method, string policy, bool templated, string why, string way)
    {
        await using var lab = new Lab();
        var request = Request(policy) with { SourceName = templated ? Templated(lab) : "golden" };
        var before = lab.Virtual.Writes.Count;
        var fault = (await lab.CloneAsync([request], Lab.Options(method))).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        fault.Id.ShouldBe(FaultIds.VMCloneFieldUnsupported, fault.Message);
        fault.Message.ShouldContain(why);
        fault.RecommendedAction.ToString().ShouldContain(way);
        lab.Virtual.Writes.Count.ShouldBe(before);
    }

    [Fact]
    public async Task Directly_the_disks_of_templates_stay_too()
    {
        await using var lab = new Lab();
        var request = Request("None") with { SourceName = Templated(lab) };
        var clone = (await lab.CloneAsync([request], Lab.Options(CloneMethodChoice.Direct))).Single(u => u.Kind == ItemUpdateKind.Record).Record!;
        var claim = ClaimOf(lab, clone).Name();
        lab.Virtual.Sandbox.Delete("VirtualMachine", "a");
        lab.Settle();
        lab.Get("PersistentVolumeClaim", claim).ShouldNotBeNull();
    }

    [Theory]
    [InlineData(true, CloneMethod.Direct, "by method Direct, because whether disks go with a machine")]
    [InlineData(false, CloneMethod.Restore, "by method Restore, because whether disks go with a machine")]
    public async Task Auto_takes_a_way_that_can_and_says_why(bool mayCreate, CloneMethod expected, string why)
    {
        await using var lab = new Lab();
        if (mayCreate)
            lab.Virtual.MayCreate("virtualmachines", "persistentvolumeclaims");
        else
            lab.Virtual.MayCreate("configmaps");
        var updates = await lab.CloneAsync([Request("None")], Lab.Options(CloneMethodChoice.Auto));
        var clone = updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!;
        clone.Method.ShouldBe(expected);
        lab.Virtual.Said.ToString().ShouldContain(why);
        AskedSizes.Describe(clone).ShouldBe("disks stay");
        CloneRequest.FromClone(clone).VolumeOwnershipPolicy.ShouldBe("None");
    }

    private static CloneRequest Request(string? policy) => new() { Namespace = "default", SourceName = "golden", TargetName = "a", VolumeOwnershipPolicy = policy };

    private static async Task<CloneRecord> MakeAsync(Lab lab, CloneMethodChoice method, string? policy)
    {
        var updates = await lab.CloneAsync([Request(policy)], Lab.Options(method));
        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        return updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!;
    }

    private static JsonObject ClaimOf(Lab lab, CloneRecord clone) => lab.Get("PersistentVolumeClaim", lab.Claims()[clone.TargetName])!;

    private static string Templated(Lab lab)
    {
        lab.Post(DemoSeed.WithTemplate(DemoSeed.Machine("templated", "x", [DemoSeed.TemplateDisk("root", "templated-root")]), "templated-root"));
        lab.Settle();
        return "templated";
    }

    private static Task<bool> LeftoversAsync(Lab lab) => lab.DoAsync(async () =>
    {
        (await lab.Leftovers.CollectBatchAsync(null, "b", includeTarget: true, default)).ShouldBeEmpty();
        return true;
    });

    private static async Task<List<string>> RemoveMachineAsync(Lab lab, PowerOptions options)
    {
        var warnings = await lab.DoAsync(async () =>
        {
            var all = new List<string>();
            await foreach (var update in new MachinePower(lab.Cluster).RemoveAsync([new MachineReference("default", "a")], options, default))
            {
                update.Fault.ShouldBeNull();
                if (update.Kind == ItemUpdateKind.Warning)
                    all.Add(update.Message!.ToString());
            }

            return all;
        });
        lab.Settle();
        return warnings;
    }
}
