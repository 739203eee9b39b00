using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Insight.Measurement;
using KubeVirtClone.Engine.Insight.Reporting;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Facts;

/// <summary>Whoever has no role of CDI's clones, looks at clones and removes them all the same, also where disks come of data volumes.</summary>
public sealed class WithoutCdiRolesTests
{
    [Theory]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task A_batch_is_made_judged_measured_and_removed(CloneMethodChoice method)
    {
        await using var lab = Start();
        var before = lab.State();
        lab.Virtual.MayNotRead("datavolumes");
        await lab.MakeAsync(1, Lab.Options(method));
        (await lab.CloneAsync([new CloneRequest { Namespace = "default", SourceName = "templated", TargetName = "vm-t" }], Lab.Options(method))).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();

        var clones = await lab.ListAsync();
        clones.Count.ShouldBe(2);
        (await lab.DoAsync(() => new CloneDoctor(lab.Cluster).DiagnoseBatchAsync("default", "b", default))).ShouldAllBe(d => d.Health != CloneHealth.Failed);
        (await lab.DoAsync(() => new CloneMeasurer(lab.Cluster).MeasureBatchAsync("default", "b", default))).Clones.Count.ShouldBe(2);
        (await lab.DoAsync(() => new ReportBuilder(lab.Cluster).BuildAsync("default", "b", default))).ToHtml().ShouldContain("vm-t");
        foreach (var clone in clones)
        {
            var (comparison, fault) = await lab.DoAsync(() => new CloneComparer(lab.Cluster).CompareAsync(CompareRequest.Of(clone), default));
            fault.ShouldBeNull();
            comparison.ShouldNotBeNull();
        }

        (await lab.WaitForBoundAsync(clones)).ShouldBeTrue();
        foreach (var clone in clones)
            (await lab.RemoveAsync(clone, includeTarget: true)).ShouldBeNull();
        // What cannot be looked for is said, and nothing is left of it here.
        (await lab.DoAsync(() => lab.Leftovers.CollectBatchAsync(null, "b", includeTarget: true, default))).ShouldAllBe(t => t.Contains("you may not list datavolumes", StringComparison.Ordinal));
        lab.Settle();
        lab.State().ShouldBe(before);
    }

    [Theory]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task Machines_of_purged_clones_go_with_their_volumes(CloneMethodChoice method)
    {
        await using var lab = Start();
        var before = lab.State();
        lab.Virtual.MayNotRead("datavolumes");
        await lab.MakeAsync(1, Lab.Options(method) with { PurgeOnSuccess = true });
        (await lab.CloneAsync([new CloneRequest { Namespace = "default", SourceName = "templated", TargetName = "vm-t" }], Lab.Options(method) with { PurgeOnSuccess = true })).ShouldAllBe(u => u.Fault == null);
        await lab.DoAsync(async () =>
        {
            await foreach (var update in new MachinePower(lab.Cluster).RemoveAsync([new("default", "vm-001"), new("default", "vm-t")], new PowerOptions { Wait = true, IncludeVolumes = true }, default))
                update.Fault.ShouldBeNull();
            return true;
        });
        lab.Settle();
        lab.State().ShouldBe(before);
    }

    [Fact]
    public async Task A_claim_nobody_uses_is_removed_by_repair()
    {
        await using var lab = Start();
        lab.Virtual.MayNotRead("datavolumes");
        await lab.MakeAsync(1, Lab.Options() with { PurgeOnSuccess = true });
        var claim = lab.Claims()["vm-001"];
        var repair = new RepairAction(RepairKind.DeleteClaim, "default", claim, "unused") { Uid = lab.Get("PersistentVolumeClaim", claim)!.TextAt("metadata", "uid") };
        (await lab.DoAsync(() => new CloneRepair(lab.Cluster).ExecuteAsync(repair, default))).ShouldNotBeNull().Message.ShouldContain("vm-001");
        lab.Delete("VirtualMachine", "vm-001");
        (await lab.DoAsync(() => new CloneRepair(lab.Cluster).ExecuteAsync(repair, default))).ShouldBeNull();
        lab.Get("PersistentVolumeClaim", claim).ShouldBeNull();
    }

    private static Lab Start()
    {
        var lab = new Lab();
        lab.Post(DemoSeed.WithTemplate(DemoSeed.Machine("templated", "fedora", [DemoSeed.TemplateDisk("data", "templated-data")]), "templated-data"));
        lab.Settle();
        return lab;
    }
}
