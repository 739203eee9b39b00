using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Facts;

/// <summary>What was restored for a machine goes with it, or is named; whoever may not read all of a namespace still removes what can be told.</summary>
public sealed class LeftoverTests
{
    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task Removing_the_machines_of_purged_clones_names_the_claims_that_stay(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        await lab.MakeAsync(3, Lab.Options(method) with { PurgeOnSuccess = true });
        var claims = lab.Claims().Values.Order(StringComparer.Ordinal).ToList();
        var warning = (await RemoveAsync(lab, new PowerOptions { Wait = true })).Where(u => u.Kind == ItemUpdateKind.Warning).ShouldHaveSingleItem().Message!.ToString();

        claims.ShouldAllBe(c => warning.Contains(c, StringComparison.Ordinal));
        warning.ShouldContain("-IncludeVolumes");
        lab.Settle();
        // Nothing else is left of the batch, and it still finds them: by their restores' names, or by its label on them.
        (await lab.DoAsync(() => lab.Leftovers.DescribeVolumesAsync(null, "another", default))).ShouldBeNull();
        var told = (await lab.DoAsync(() => lab.Leftovers.DescribeVolumesAsync(null, "b", default))).ShouldNotBeNull().ToString();
        claims.ShouldAllBe(c => told.Contains(c, StringComparison.Ordinal));
        (await lab.RemoveBatchAsync()).ShouldBe(0);
        lab.ShouldBeAsBefore();
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task Machines_are_removed_with_the_claims_that_were_restored_for_them(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        await lab.MakeAsync(3, Lab.Options(method) with { PurgeOnSuccess = true });
        // One of them is in use elsewhere, too.
        var shared = lab.Claims()["vm-002"];
        lab.Post(DemoSeed.Machine("other", "fedora", [DemoSeed.ClaimDisk("data", shared)], twoNetworks: false));
        (await RemoveAsync(lab, new PowerOptions { Wait = true, IncludeVolumes = true, DryRun = true })).ShouldAllBe(u => u.Kind == ItemUpdateKind.Record);
        lab.Settle();
        lab.List("VirtualMachine").Count.ShouldBe(5);

        (await RemoveAsync(lab, new PowerOptions { Wait = true, IncludeVolumes = true })).ShouldAllBe(u => u.Kind == ItemUpdateKind.Record);
        lab.Settle();
        lab.List("PersistentVolumeClaim").Select(c => c.Name()).ShouldBe(["golden-data", shared], ignoreOrder: true);
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task A_batch_is_removed_whole_by_who_may_not_read_DataVolumes(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        await lab.MakeAsync(2, Lab.Options(method));
        lab.Virtual.MayNotList("datavolumes");
        (await lab.RemoveBatchAsync()).ShouldBe(2);
        lab.ShouldBeAsBefore();
    }

    [Theory]
    [InlineData("persistentvolumeclaims")]
    [InlineData("virtualmachines")]
    public async Task What_cannot_be_seen_to_be_unused_stays_and_is_told(string unread)
    {
        await using var lab = new Lab();
        await lab.MakeAsync(2);
        var claims = lab.Claims().Values.ToList();
        lab.Virtual.MayNotList(unread);
        foreach (var clone in await lab.ListAsync())
            (await lab.RemoveAsync(clone, includeTarget: true)).ShouldBeNull();
        (await lab.DoAsync(() => lab.Leftovers.CollectBatchAsync(null, "b", includeTarget: true, default))).ShouldContain(t => t.Contains(unread, StringComparison.Ordinal));
        lab.Settle();

        lab.List("VirtualMachine").Select(m => m.Name()).ShouldBe(["golden"]);
        lab.List("PersistentVolumeClaim").Select(c => c.Name()).ShouldBe(["golden-data", .. claims], ignoreOrder: true);
        lab.Virtual.Said.ToString().ShouldContain("may be left, because you may not list");
    }

    [Fact]
    public async Task What_was_restored_of_a_batchs_volume_is_not_of_the_batch()
    {
        await using var lab = new Lab();
        await lab.MakeAsync(1, Lab.Options(CloneMethodChoice.Clone) with { PurgeOnSuccess = true });
        var mine = lab.Get("PersistentVolumeClaim", lab.Claims()["vm-001"])!;
        mine.Label(CloneLabels.Batch).ShouldBe("b");
        // Restored again it has the same labels and annotations, but for the mark of its own restore.
        var other = DemoSeed.Claim("again", "fast", "1Gi");
        other["metadata"]!["labels"] = mine["metadata"]!["labels"]!.DeepClone();
        other["metadata"]!["annotations"] = mine["metadata"]!["annotations"]!.DeepClone();
        other["metadata"]!["annotations"]!["restore.kubevirt.io/lastRestoreUID"] = "r-" + Guid.NewGuid();
        lab.Post(other);

        await RemoveAsync(lab, new PowerOptions { Wait = true });
        await lab.RemoveBatchAsync();
        lab.List("PersistentVolumeClaim").Select(c => c.Name()).ShouldBe(["golden-data", "again"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore, "VirtualMachineRestore")]
    [InlineData(CloneMethodChoice.Clone, "VirtualMachineClone")]
    public async Task What_stands_for_a_clone_is_left_out_of_backups_unless_its_user_says_otherwise(CloneMethodChoice method, string kind)
    {
        await using var lab = new Lab();
        var requests = Lab.Requests(2);
        requests[1] = requests[1] with { Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [CloneLabels.ExcludedFromBackup] = "false" } };
        await lab.CloneAsync(requests, Lab.Options(method));
        lab.List(kind).Select(o => o.Label(CloneLabels.ExcludedFromBackup)).ShouldBe(["true", "false"], ignoreOrder: true);
        lab.List("VirtualMachine").ShouldAllBe(m => m.Label(CloneLabels.ExcludedFromBackup) == null);
    }

    private static Task<List<ItemUpdate<VirtualMachineRecord>>> RemoveAsync(Lab lab, PowerOptions options) => lab.DoAsync(async () =>
    {
        var updates = new List<ItemUpdate<VirtualMachineRecord>>();
        var machines = lab.List("VirtualMachine").Select(m => m.Name()).Where(n => n.StartsWith("vm-", StringComparison.Ordinal)).Select(n => new MachineReference("default", n));
        await foreach (var update in new MachinePower(lab.Cluster).RemoveAsync([.. machines], options, default))
            updates.Add(update);
        return updates;
    });
}
