using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Transfers;

/// <summary>A few clones of a stopped machine in another namespace, whose disks CDI copies straight from its claims.</summary>
public sealed class ClaimCopyTests
{
    private static readonly CloneOptions Auto = Lab.Options(CloneMethodChoice.Auto);

    [Fact]
    public async Task A_few_are_copied_straight_and_every_command_knows_them()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var records = Records(await other.Lab.CloneAsync(Requests(2), Auto));

        records.Select(r => (r.Method, r.Phase, r.Bound, r.Source, r.Batch, r.Namespace)).Distinct().ShouldHaveSingleItem()
            .ShouldBe((CloneMethod.DataVolume, ClonePhase.Succeeded, true, "vm/default/golden", "b", OtherNamespace.Name));
        other.Lab.Virtual.Writes.Count(w => w.StartsWith("create virtualmachinesnapshots", StringComparison.Ordinal)).ShouldBe(1, "the image's own");
        other.Lab.Virtual.Said.ToString().ShouldContain("golden: 2 clones in namespace team-b by method DataVolume, because there are no more than 3");
        foreach (var record in records)
        {
            var dataVolume = other.List("DataVolume").Single(d => d.Name() == record.ClaimNames.ShouldHaveSingleItem());
            dataVolume.Name().ShouldBe(record.TargetName + "-data");
            dataVolume.ArrayAt("metadata", "ownerReferences").Objects().ShouldHaveSingleItem().TextAt("uid").ShouldBe(record.Uid);
            dataVolume.TextAt("spec", "source", "pvc", "namespace").ShouldBe("default");
            other.List("VirtualMachine").Single(m => m.Name() == record.TargetName).ArrayAt("spec", "dataVolumeTemplates").ShouldBeNull();
        }

        var compared = (await other.Lab.DoAsync(() => new CloneComparer(other.Lab.Cluster).CompareAsync(new CompareRequest(OtherNamespace.Name, "desk-1"), default))).Comparison.ShouldNotBeNull();
        compared.Differences.Where(d => !d.Expected).Select(d => d.Path).ShouldBeEmpty();
        (await other.Lab.DoAsync(() => new CloneDoctor(other.Lab.Cluster).DiagnoseBatchAsync(OtherNamespace.Name, "b", default))).ShouldAllBe(d => d.Code == CauseCodes.Completed);
        var writes = other.Lab.Virtual.Writes.Count;
        Records(await other.Lab.CloneAsync(Requests(2), Auto)).Select(r => r.Uid).ShouldBe(records.Select(r => r.Uid), ignoreOrder: true);
        other.Lab.Virtual.Writes.Skip(writes).Where(w => !w.StartsWith("create selfsubject", StringComparison.Ordinal)).ShouldBeEmpty();
        foreach (var record in records)
            (await other.Lab.RemoveAsync(record, includeTarget: true)).ShouldBeNull();
        other.ShouldBeAsBefore();
    }

    [Fact]
    public async Task More_or_of_a_source_that_runs_are_made_of_what_is_brought_there()
    {
        await using var other = await OtherNamespace.CreateAsync();
        Records(await other.Lab.CloneAsync(Requests(4), Auto)).ShouldAllBe(r => r.Method != CloneMethod.DataVolume);
        await other.Lab.StartAsync("golden");
        Records(await other.Lab.CloneAsync([Requests(1)[0] with { TargetName = "of-running" }], Auto with { Batch = "c" })).ShouldHaveSingleItem().Method.ShouldNotBe(CloneMethod.DataVolume);

        // Asked for, it is refused: CDI would wait until the source is off.
        var asked = new[] { Requests(1)[0] with { TargetName = "copied" } };
        var fault = (await other.Lab.CloneAsync(asked, Lab.Options(CloneMethodChoice.DataVolume) with { Batch = "d" })).Single(u => u.Fault is not null).Fault!;
        (fault.Id, fault.TargetName).ShouldBe((FaultIds.VMCloneSourceRunning, "team-b/copied"));
        var check = new BatchPreflight(other.Lab.Cluster, new PreflightOptions { Method = CloneMethodChoice.DataVolume });
        (await other.Lab.DoAsync(() => check.RunAsync([.. asked.Select(r => new PreflightItem(r))], default))).Findings.ShouldContain(f => f.Code == FaultIds.VMCloneSourceRunning);
    }

    [Fact]
    public async Task Asked_for_any_number_is_copied_so_and_what_has_no_claims_is_refused()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var options = Lab.Options(CloneMethodChoice.DataVolume);
        (await other.Lab.CloneAsync(Requests(5), options with { DryRun = true, Wait = false })).Count(u => u.Kind == ItemUpdateKind.Planned).ShouldBe(5);
        other.ShouldBeAsBefore();
        Records(await other.Lab.CloneAsync(Requests(5), options)).Count(r => r is { Method: CloneMethod.DataVolume, Bound: true }).ShouldBe(5);
        var image = new CloneRequest { Namespace = "default", SourceName = "", GoldenImage = "img", TargetNamespace = OtherNamespace.Name, TargetName = "of-image" };
        (await other.Lab.CloneAsync([image], options with { Batch = "c" })).Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.VMCloneSourceUnsupported);
    }

    [Fact]
    public async Task Who_may_not_is_told_before_anything_is_made()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Lab.Virtual.MayCreate("virtualmachines", "virtualmachinesnapshots");
        foreach (var method in new[] { CloneMethodChoice.Auto, CloneMethodChoice.DataVolume })
            (await other.Lab.CloneAsync(Requests(1), Lab.Options(method))).Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.TransferForbidden);
        other.ShouldBeAsBefore();
    }

    [Fact]
    public async Task What_somebody_else_has_made_is_never_taken_and_the_machine_is_not_kept()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var claim = new JsonObject { ["accessModes"] = new JsonArray("ReadWriteOnce"), ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "1Gi" } }, ["storageClassName"] = "fast" };
        other.Post(OtherNamespace.Name, new() { ["apiVersion"] = "v1", ["kind"] = "PersistentVolumeClaim", ["metadata"] = new JsonObject { ["name"] = "desk-1-data" }, ["spec"] = claim.DeepClone() });
        other.Post(OtherNamespace.Name, new()
        {
            ["apiVersion"] = "cdi.kubevirt.io/v1beta1",
            ["kind"] = "DataVolume",
            ["metadata"] = new JsonObject { ["name"] = "desk-2-data" },
            ["spec"] = new JsonObject { ["source"] = new JsonObject { ["blank"] = new JsonObject() }, ["pvc"] = claim },
        });
        other.Lab.Settle();
        var before = other.Everything();

        var updates = await other.Lab.CloneAsync(Requests(3), Auto);
        updates.Select(u => u.Fault).OfType<Fault>().Select(f => (f.Id, f.TargetName)).ShouldBe(
            [(FaultIds.VMCloneVolumeExists, "team-b/desk-1"), (FaultIds.VMCloneVolumeExists, "team-b/desk-2")], ignoreOrder: true);
        Records(updates, faults: 2).ShouldHaveSingleItem().TargetName.ShouldBe("desk-3");
        other.Lab.Settle();
        // A machine of the name of one is passed over where that is wanted, and else told.
        var again = new[] { Requests(3)[2] with { Hostname = "another" } };
        var options = Lab.Options(CloneMethodChoice.DataVolume) with { Batch = "c" };
        (await other.Lab.CloneAsync(again, options)).Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.VMCloneTargetExists);
        (await other.Lab.CloneAsync(again, options with { SkipExisting = true })).ShouldHaveSingleItem().Kind.ShouldBe(ItemUpdateKind.Skipped);
        (await other.Lab.CloneAsync(again, options with { Batch = "b" })).Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.VMCloneExists);
        other.Everything().Except(before).Select(o => o.Split(' ', 2)[1]).Order(StringComparer.Ordinal).ShouldBe(["DataVolume desk-3-data", "PersistentVolumeClaim desk-3-data", "VirtualMachine desk-3"]);
        before.Except(other.Everything()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Killed_at_any_request_the_same_batch_completes_it_and_what_lacks_disks_is_seen_until_then()
    {
        var unfinished = 0;
        for (var request = 1; ; request++)
        {
            await using var other = await OtherNamespace.CreateAsync();
            var killed = await other.Lab.Virtual.RunAndKillAsync(() => RunAsync(other), new(request, Done: true));
            if (!killed)
            {
                request.ShouldBeGreaterThan(4);
                unfinished.ShouldBeGreaterThan(0);
                return;
            }

            var when = $"killed at {request}";
            var seen = await other.Lab.DoAsync(() => new CloneDoctor(other.Lab.Cluster).DiagnoseBatchAsync(OtherNamespace.Name, "b", default));
            unfinished += seen.Count(d => d.Record is { Phase: ClonePhase.RestoreInProgress } r && r.Message.Contains("data volume", StringComparison.Ordinal));
            Records(await other.Lab.DoAsync(() => RunAsync(other))).Count.ShouldBe(2, when);
            other.Lab.Settle();
            string.Join(' ', other.List("VirtualMachine").Select(m => m.Name()).Order(StringComparer.Ordinal)).ShouldBe("desk-1 desk-2", when);
            other.List("DataVolume").Select(d => d.TextAt("status", "phase")).ShouldBe(["Succeeded", "Succeeded"], when);
            other.List("VirtualMachineSnapshot").ShouldBeEmpty(when);
        }
    }

    [Fact]
    public async Task Written_down_the_data_volumes_come_first_and_their_machine_adopts_them()
    {
        await using var other = await OtherNamespace.CreateAsync();
        Task<IReadOnlyList<ManifestItem>> PlanAsync(CloneMethodChoice method, params CloneRequest[] requests) =>
            other.Lab.DoAsync(() => new ManifestPlanner(other.Lab.Cluster, method, "b").PlanAsync(requests, default));
        var items = await PlanAsync(CloneMethodChoice.DataVolume, [.. Requests(2)]);
        items.Select(i => i.Fault?.Message).OfType<string>().ShouldBeEmpty();
        items.Select(i => i.Warning?.ToString()).OfType<string>().ShouldHaveSingleItem().ShouldContain("Create the data volumes before their machines");
        var manifests = items.Select(i => i.Manifest).OfType<JsonObject>().ToList();
        manifests.Select(m => m.Kind()).ShouldBe(["DataVolume", "VirtualMachine", "DataVolume", "VirtualMachine"]);
        other.ShouldBeAsBefore();
        foreach (var manifest in manifests)
            other.Post(OtherNamespace.Name, manifest);
        other.Lab.Settle();
        foreach (var machine in other.List("VirtualMachine"))
        {
            var disk = other.List("DataVolume").Single(d => d.Name() == machine.Name() + "-data");
            disk.ArrayAt("metadata", "ownerReferences").Objects().ShouldHaveSingleItem().TextAt("uid").ShouldBe(machine.Uid());
            (disk.TextAt("status", "phase"), disk.TextAt("spec", "source", "pvc", "name")).ShouldBe(("Succeeded", "golden-data"));
        }

        // Nothing of them is made again, and they are the batch's.
        Records(await other.Lab.CloneAsync(Requests(2), Auto)).Select(r => (r.Method, r.Bound, r.Batch)).Distinct().ShouldHaveSingleItem().ShouldBe((CloneMethod.DataVolume, true, "b"));
        var image = new CloneRequest { Namespace = "default", SourceName = "", GoldenImage = "img", TargetNamespace = OtherNamespace.Name, TargetName = "of-image" };
        (await PlanAsync(CloneMethodChoice.DataVolume, image)).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.TransferInvalid);
        (await PlanAsync(CloneMethodChoice.Auto, Requests(1)[0])).ShouldHaveSingleItem().Fault!.RecommendedAction.ToString().ShouldEndWith("have CDI copy its claims: -Method DataVolume");
    }

    private static async Task<List<ItemUpdate<CloneRecord>>> RunAsync(OtherNamespace other)
    {
        var all = new List<ItemUpdate<CloneRecord>>();
        await foreach (var update in new CloneOperation(other.Lab.Cluster, Auto).RunAsync(Requests(2), default))
            all.Add(update);
        return all;
    }

    private static List<CloneRecord> Records(IEnumerable<ItemUpdate<CloneRecord>> updates, int faults = 0)
    {
        var all = updates.ToList();
        all.Where(u => u.Fault is not null).Skip(faults).Select(u => u.Fault!.Message).ShouldBeEmpty();
        return [.. all.Where(u => u.Kind == ItemUpdateKind.Record).Select(u => u.Record!)];
    }

    private static List<CloneRequest> Requests(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new CloneRequest { Namespace = "default", SourceName = "golden", TargetNamespace = OtherNamespace.Name, TargetName = $"desk-{i}" })];
}
