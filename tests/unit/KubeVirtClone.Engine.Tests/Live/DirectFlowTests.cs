using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Insight.Measurement;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>Clones made directly, on a sandbox: what they are, what of them is found again, and what becomes of what is in their way.</summary>
public sealed class DirectFlowTests
{
    private static readonly CloneOptions Direct = new() { Method = CloneMethodChoice.Direct, Wait = true, For = WaitState.Bound, Timeout = TimeSpan.FromMinutes(2), Batch = "b" };

    [Fact]
    public async Task Claims_are_filled_from_the_snapshot_owned_by_the_machine_and_the_snapshot_is_gone_afterwards()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var updates = await sandbox.CloneAsync([Request("one"), Request("two")], Direct);

        updates.Of(ItemUpdateKind.Fault).Select(f => f.Fault!.Message).ShouldBeEmpty();
        var records = updates.Of(ItemUpdateKind.Record).Select(u => u.Record!).ToList();
        records.Select(r => (r.Method, r.Phase, r.Bound, r.SourceName, r.Batch)).Distinct().ShouldHaveSingleItem()
            .ShouldBe((CloneMethod.Direct, ClonePhase.Succeeded, true, "golden-dv", "b"));
        foreach (var record in records)
        {
            record.ClaimNames.ShouldNotBeEmpty();
            foreach (var name in record.ClaimNames)
            {
                var claim = await ClaimAsync(sandbox, name);
                (ClaimState.Of(claim) is { IsBound: true, Machine: { } owner } && owner == record.Uid).ShouldBeTrue();
                claim.At("spec", "dataSourceRef", "namespace").ShouldBeNull();
                claim.StringAt("spec", "dataSourceRef", "kind").ShouldBe("VolumeSnapshot");
            }
        }

        (await SnapshotsAsync(sandbox)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_machine_is_the_record_for_every_command()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await sandbox.CloneAsync([Request("one") with { Hostname = "h" }, Request("two")], Direct);

        var listed = await sandbox.ClonesAsync();
        listed.Select(c => (c.Name, c.TargetName, c.Bound)).ShouldBe([("one", "one", true), ("two", "two", true)], ignoreOrder: true);
        var one = listed.Single(c => c.Name == "one");
        CloneRequest.FromClone(one).SourceName.ShouldBe("golden-dv");
        (await new CloneCatalog(sandbox.Cluster).FindAsync("default", "one", default)).ShouldNotBeNull().Uid.ShouldBe(one.Uid);
        (await new CloneDoctor(sandbox.Cluster).DiagnoseAsync([one.Reference], default)).ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.Completed);
        var comparison = (await new CloneComparer(sandbox.Cluster).CompareAsync(new CompareRequest("default", "one"), default)).Comparison.ShouldNotBeNull();
        comparison.Differences.Where(d => !d.Expected).Select(d => d.Path).ShouldBeEmpty();
        var measured = (await new CloneMeasurer(sandbox.Cluster).MeasureBatchAsync("default", "b", default)).Clones;
        measured.Select(m => (m.Method, m.Name)).ShouldBe([(CloneMethod.Direct, "one"), (CloneMethod.Direct, "two")]);
        var waited = new List<ItemUpdate<CloneRecord>>();
        // By name alone, as somebody who does not know how it was made.
        await foreach (var update in new CloneWaiter(sandbox.Cluster).WaitAsync([new CloneReference("default", "one")], new WaitOptions { For = WaitState.Bound, Timeout = TimeSpan.FromSeconds(30) }, default))
            waited.Add(update);
        waited.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Bound.ShouldBeTrue();
    }

    [Fact]
    public async Task The_same_call_again_makes_nothing_another_request_is_an_error_and_another_batch_finds_the_target_taken()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await sandbox.CloneAsync([Request("one")], Direct);
        var uid = (await sandbox.MachineAsync("one")).Uid;

        var again = await sandbox.CloneAsync([Request("one")], Direct);
        again.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Uid.ShouldBe(uid);
        var other = await sandbox.CloneAsync([Request("one") with { Hostname = "else" }], Direct);
        other.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMCloneExists);
        var elsewhere = await sandbox.CloneAsync([Request("one")], Direct with { Batch = "c" });
        elsewhere.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMCloneTargetExists);
        var passed = await sandbox.CloneAsync([Request("one")], Direct with { Batch = "c", SkipExisting = true });
        passed.Of(ItemUpdateKind.Skipped).ShouldHaveSingleItem();
        (await sandbox.MachineAsync("one")).Uid.ShouldBe(uid);
    }

    [Fact]
    public async Task A_claim_of_somebody_else_is_not_adopted_and_the_machine_is_taken_back()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await sandbox.CloneAsync([Request("probe")], Direct with { Batch = "probe" });
        var suffix = (await sandbox.ClonesAsync()).Single().ClaimNames[0]["probe".Length..];
        var theirs = await sandbox.Cluster.Client.CreateAsync(KubeVirtKinds.PersistentVolumeClaim, "default", Claim("one" + suffix), options: null, default);

        var updates = await sandbox.CloneAsync([Request("one")], Direct);
        updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMCloneVolumeExists);
        (await sandbox.MachineNamesAsync()).ShouldNotContain("one");
        var left = await ClaimAsync(sandbox, "one" + suffix);
        left.Uid.ShouldBe(theirs.Uid);
        left.ItemsAt("metadata", "ownerReferences").ShouldBeEmpty();
        (await SnapshotsAsync(sandbox)).ShouldBeEmpty();

        var random = await sandbox.CloneAsync([Request("one") with { VolumeNamePolicy = "RandomizeNames" }], Direct);
        random.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Bound.ShouldBeTrue();
    }

    [Fact]
    public async Task A_full_quota_is_told_before_anything_is_made()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var quota = new ResourceKind("", "v1", "resourcequotas", "ResourceQuota");
        var body = (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"q","namespace":"default"},"spec":{"hard":{"persistentvolumeclaims":"0"}}}""")!;
        await sandbox.Cluster.Client.CreateAsync(quota, "default", body, options: null, default);
        await SandboxedCluster.UntilAsync(async () => (await sandbox.Cluster.Client.GetAsync(quota, "default", "q", default)).At("status", "hard") is not null);
        var before = await sandbox.MachineNamesAsync();

        var updates = await sandbox.CloneAsync([Request("one"), Request("two")], Direct);
        updates.Of(ItemUpdateKind.Fault).Select(f => f.Fault!.Id).ShouldBe([FaultIds.QuotaExceeded, FaultIds.QuotaExceeded]);
        (await sandbox.MachineNamesAsync()).ShouldBe(before, ignoreOrder: true);
    }

    [Fact]
    public async Task A_copy_of_a_machine_made_directly_is_not_taken_for_the_clone()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await sandbox.CloneAsync([Request("one")], Direct);
        await sandbox.CloneAsync([Request("copy", "one")], Direct with { Method = CloneMethodChoice.Clone, Batch = "c" });
        await sandbox.CloneAsync([Request("second", "one")], Direct with { Batch = "d" });

        (await sandbox.MachineAsync("copy")).Labels[CloneLabels.Batch].ShouldBe("b");
        var clones = await sandbox.ClonesAsync();
        clones.Where(c => c.Method == CloneMethod.Direct).Select(c => (c.Name, c.Batch, c.SourceName)).ShouldBe([("one", "b", "golden-dv"), ("second", "d", "one")], ignoreOrder: true);
        foreach (var clone in clones.Where(c => c.Batch == "b"))
            (await new CloneRemoval(sandbox.Cluster, includeTarget: true).RemoveAsync(clone, default)).ShouldBeNull();
        await sandbox.UntilGoneAsync(KubeVirtKinds.VirtualMachine, "one");
        (await sandbox.MachineNamesAsync()).ShouldContain("copy");
    }

    [Fact]
    public async Task Removed_with_its_machine_its_claims_go_too_and_without_it_is_forgotten()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await sandbox.CloneAsync([Request("one"), Request("two")], Direct);
        var clones = await sandbox.ClonesAsync();
        var one = clones.Single(c => c.Name == "one");
        (await new CloneRemoval(sandbox.Cluster, includeTarget: true).RemoveAsync(one, default)).ShouldBeNull();
        (await new CloneRemoval(sandbox.Cluster).RemoveAsync(clones.Single(c => c.Name == "two"), default)).ShouldBeNull();

        await sandbox.UntilGoneAsync(KubeVirtKinds.PersistentVolumeClaim, one.ClaimNames[0]);
        (await sandbox.ClonesAsync()).ShouldBeEmpty();
        var names = await sandbox.MachineNamesAsync();
        names.ShouldContain("two");
        names.ShouldNotContain("one");
        (await sandbox.MachineAsync("two")).Annotations.Keys.Where(k => k.StartsWith("kubevirtclone.io/", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unfinished_machine_is_seen_as_such_and_completed_by_the_same_call()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await MakeUnfinishedAsync(sandbox);
        var unfinished = (await sandbox.ClonesAsync()).ShouldHaveSingleItem();
        unfinished.Phase.ShouldBe(ClonePhase.RestoreInProgress);
        unfinished.Message.ShouldContain(unfinished.ClaimNames[0]);

        var again = await sandbox.CloneAsync([Request("one")], Direct);
        again.Of(ItemUpdateKind.Fault).Select(f => f.Fault!.Message).ShouldBeEmpty();
        again.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Bound.ShouldBeTrue();
        (await sandbox.ClonesAsync()).ShouldHaveSingleItem().Bound.ShouldBeTrue();
    }

    [Fact]
    public async Task A_dry_run_tries_the_machines_and_makes_nothing()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var before = await sandbox.MachineNamesAsync();
        var bad = Request("two") with { Patches = ["""{"op":"replace","path":"/spec/template/spec/networks","value":[]}"""] };
        var updates = await sandbox.CloneAsync([Request("one"), bad], Direct with { DryRun = true, Wait = false });
        updates.Of(ItemUpdateKind.Planned).ShouldHaveSingleItem().Record!.TargetName.ShouldBe("one");
        updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.TargetName.ShouldBe("default/two");
        (await sandbox.MachineNamesAsync()).ShouldBe(before, ignoreOrder: true);
    }

    [Fact]
    public async Task Started_at_once_it_runs()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var updates = await sandbox.CloneAsync([Request("one") with { Start = true }], Direct with { For = WaitState.Running });
        updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem();
        (await sandbox.MachineAsync("one")).Status.ShouldBe("Running");
    }

    [Theory]
    [InlineData(9, false, CloneMethod.Direct)]
    [InlineData(8, false, CloneMethod.Clone)]
    [InlineData(1, true, CloneMethod.Direct)]
    public async Task Auto_makes_many_and_what_starts_at_once_directly(int count, bool start, CloneMethod method)
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var requests = Enumerable.Range(1, count).Select(i => Request($"vm-{i}", "golden") with { Start = start }).ToList();
        var updates = await sandbox.CloneAsync(requests, Direct with { Method = CloneMethodChoice.Auto });
        updates.Of(ItemUpdateKind.Fault).Select(f => f.Fault!.Message).ShouldBeEmpty();
        updates.Of(ItemUpdateKind.Record).Select(u => u.Record!.Method).ShouldBe(Enumerable.Repeat(method, count));
    }

    [Fact]
    public async Task Of_more_claims_than_are_waited_for_at_once_all_are_bound()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var requests = Enumerable.Range(1, 120).Select(i => Request($"vm-{i:d3}")).ToList();
        var updates = await sandbox.CloneAsync(requests, Direct with { ThrottleLimit = 200 });
        updates.Of(ItemUpdateKind.Fault).Select(f => f.Fault!.Message).ShouldBeEmpty();
        updates.Of(ItemUpdateKind.Record).Count(u => u.Record!.Bound).ShouldBe(120);
        (await SnapshotsAsync(sandbox)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Vm", false)]
    [InlineData("None", true)]
    public async Task Until_bound_machines_are_watched_only_where_their_claims_would_not_tell_that_they_are_gone(string ownership, bool watched)
    {
        var traces = new ConcurrentQueue<RequestTrace>();
        await using var sandbox = await SandboxedCluster.StartAsync();
        await using var cluster = await KubeVirtCluster.ConnectAsync(new KubeConfigOptions { Path = sandbox.KubeConfigPath }, new EngineCallbacks { Trace = traces.Enqueue }, default);
        await DrainAsync(cluster, Request("one") with { VolumeOwnershipPolicy = ownership });
        traces.Any(IsWatchOfMachines).ShouldBe(watched);

        var claim = "two" + (await sandbox.ClonesAsync()).Single().ClaimNames[0]["one".Length..];
        var unbound = Task.Run(() => DrainAsync(cluster, Request("two") with { VolumeOwnershipPolicy = ownership, StorageClasses = new Dictionary<string, string>(StringComparer.Ordinal) { [RequestFields.EveryDisk] = "never" } }));
        await SandboxedCluster.UntilAsync(async () => await cluster.Client.FindAsync(KubeVirtKinds.PersistentVolumeClaim, "default", claim, default) is not null);
        await cluster.Client.DeleteAsync(KubeVirtKinds.VirtualMachine, "default", "two", options: null, default);
        (await unbound).Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMCloneDeleted);

        static bool IsWatchOfMachines(RequestTrace trace) =>
            trace.PathAndQuery.Contains("/virtualmachines?", StringComparison.Ordinal) && trace.PathAndQuery.Contains("watch=true", StringComparison.Ordinal);
        static async Task<List<ItemUpdate<CloneRecord>>> DrainAsync(KubeVirtCluster cluster, CloneRequest request)
        {
            var updates = new List<ItemUpdate<CloneRecord>>();
            await foreach (var update in new CloneOperation(cluster, Direct).RunAsync([request], default))
                updates.Add(update);
            return updates;
        }
    }

    // As a process leaves it that is killed between the machine and its claims.
    private static async Task MakeUnfinishedAsync(SandboxedCluster sandbox)
    {
        await sandbox.CloneAsync([Request("one")], Direct);
        var record = (await sandbox.ClonesAsync()).Single();
        foreach (var claim in record.ClaimNames)
            await sandbox.Cluster.Client.DeleteAsync(KubeVirtKinds.PersistentVolumeClaim, "default", claim, options: null, default);
        await sandbox.UntilGoneAsync(KubeVirtKinds.PersistentVolumeClaim, record.ClaimNames[0]);
    }

    private static CloneRequest Request(string target, string source = "golden-dv") => SandboxedCluster.Request(target, source);

    private static JsonObject Claim(string name) => (JsonObject)JsonNode.Parse(
        $$$"""{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"{{{name}}}","namespace":"default"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"} } } }""")!;

    private static Task<KubernetesObject> ClaimAsync(SandboxedCluster sandbox, string name) => sandbox.Cluster.Client.GetAsync(KubeVirtKinds.PersistentVolumeClaim, "default", name, default);

    private static async Task<List<string>> SnapshotsAsync(SandboxedCluster sandbox)
    {
        var names = new List<string>();
        await foreach (var found in new SnapshotCatalog(sandbox.Cluster).ListAsync(new ListQuery(), default))
            names.Add(found.Value!.Name);
        return names;
    }
}
