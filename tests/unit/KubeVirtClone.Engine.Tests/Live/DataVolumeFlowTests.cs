using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Insight.Measurement;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>Clones whose disks CDI copies, on a sandbox: what they are, how they are found again, and what is refused before anything is made.</summary>
public sealed class DataVolumeFlowTests
{
    private static readonly CloneOptions Copied = new() { Method = CloneMethodChoice.DataVolume, Wait = true, For = WaitState.Bound, Timeout = TimeSpan.FromMinutes(2), Batch = "b" };

    [Theory]
    [InlineData("golden-dv")]
    [InlineData("golden-pvc")]
    [InlineData("golden-late")]
    [InlineData("legacy-01")]
    public async Task The_disks_are_data_volumes_of_the_machines_own_copied_from_the_sources_claims(string source)
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var updates = await sandbox.CloneAsync([Request("one", source), Request("two", source)], Copied);

        updates.Of(ItemUpdateKind.Fault).Select(f => f.Fault!.Message).ShouldBeEmpty();
        var records = updates.Of(ItemUpdateKind.Record).Select(u => u.Record!).ToList();
        records.Select(r => (r.Method, r.Phase, r.Bound, r.SourceName, r.Batch)).Distinct().ShouldHaveSingleItem()
            .ShouldBe((CloneMethod.DataVolume, ClonePhase.Succeeded, true, source, "b"));
        var original = (await sandbox.MachineAsync(source)).Volumes.Single(v => v.IsCopied).Reference!;
        foreach (var record in records)
        {
            var name = record.ClaimNames.ShouldHaveSingleItem();
            var dataVolume = await FindAsync(sandbox, RelatedKinds.DataVolume, name);
            ClaimState.OfDataVolume(dataVolume).ShouldBe(new ClaimState(true, record.Uid));
            dataVolume.StringAt("spec", "source", "pvc", "name").ShouldBe(original);
            var (claim, copied) = (await FindAsync(sandbox, KubeVirtKinds.PersistentVolumeClaim, name), await FindAsync(sandbox, KubeVirtKinds.PersistentVolumeClaim, original));
            claim.IsBound().ShouldBeTrue();
            claim.StringAt("spec", "storageClassName").ShouldBe(copied.StringAt("spec", "storageClassName"));
            claim.StringAt("spec", "resources", "requests", "storage").ShouldBe(copied.StringAt("status", "capacity", "storage"));
            (await sandbox.MachineAsync(record.TargetName)).Volumes.Single(v => v.IsCopied).Reference.ShouldBe(name);
        }

        (await CountAsync(sandbox, await sandbox.Cluster.GetSnapshotKindAsync(default))).ShouldBe(0);
    }

    [Fact]
    public async Task The_machine_is_what_it_would_be_made_directly_but_for_its_disks()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var request = new CloneRequest
        {
            Namespace = "default",
            SourceName = "golden-dv",
            Hostname = "h",
            SmbiosSerial = "S-1",
            MacAddresses = new Dictionary<string, string>(StringComparer.Ordinal) { ["default"] = "02:aa:00:00:00:01" },
        };
        await sandbox.CloneAsync([request with { TargetName = "one" }], Copied);
        await sandbox.CloneAsync([request with { TargetName = "two" }], Copied with { Method = CloneMethodChoice.Direct, Batch = "c" });
        var (one, two) = (await SpecAsync(sandbox, "one"), await SpecAsync(sandbox, "two"));

        one["dataVolumeTemplates"].ShouldNotBeNull();
        one.Remove("dataVolumeTemplates");
        foreach (var spec in new[] { one, two })
        {
            var domain = (JsonObject)spec["template"]!["spec"]!["domain"]!;
            domain["firmware"]!["uuid"] = "";
            foreach (var volume in ((JsonArray)spec["template"]!["spec"]!["volumes"]!).OfType<JsonObject>().Where(v => v["dataVolume"] is not null || v["persistentVolumeClaim"] is not null))
            {
                volume.Remove("dataVolume");
                volume.Remove("persistentVolumeClaim");
            }
        }

        one.ToJsonString().ShouldBe(two.ToJsonString());
    }

    [Fact]
    public async Task The_machine_is_the_record_for_every_command()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await sandbox.CloneAsync([Request("one", "legacy-01") with { Hostname = "h" }, Request("two", "legacy-01")], Copied);

        var listed = await sandbox.ClonesAsync();
        listed.Select(c => (c.Name, c.TargetName, c.Method, c.Bound)).ShouldBe([("one", "one", CloneMethod.DataVolume, true), ("two", "two", CloneMethod.DataVolume, true)], ignoreOrder: true);
        var one = listed.Single(c => c.Name == "one");
        (await new CloneCatalog(sandbox.Cluster).FindAsync("default", "one", default)).ShouldNotBeNull().Uid.ShouldBe(one.Uid);
        (await new CloneDoctor(sandbox.Cluster).DiagnoseAsync([one.Reference], default)).ShouldHaveSingleItem().Code.ShouldBe(CauseCodes.Completed);
        var comparison = (await new CloneComparer(sandbox.Cluster).CompareAsync(new CompareRequest("default", "one"), default)).Comparison.ShouldNotBeNull();
        comparison.Differences.Where(d => !d.Expected).Select(d => d.Path).ShouldBeEmpty();
        var measured = (await new CloneMeasurer(sandbox.Cluster).MeasureBatchAsync("default", "b", default)).Clones;
        measured.Select(m => (m.Method, m.Name)).ShouldBe([(CloneMethod.DataVolume, "one"), (CloneMethod.DataVolume, "two")]);
        measured.ShouldAllBe(m => m.Spans.Any(s => s.Part == ClonePart.Bind && s.End != null));
        var waited = new List<ItemUpdate<CloneRecord>>();
        await foreach (var update in new CloneWaiter(sandbox.Cluster).WaitAsync([new CloneReference("default", "one")], new WaitOptions { For = WaitState.Bound, Timeout = TimeSpan.FromSeconds(30) }, default))
            waited.Add(update);
        waited.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Bound.ShouldBeTrue();

        // The same call makes nothing; a removal takes machine, data volume and claim.
        (await sandbox.CloneAsync([Request("one", "legacy-01") with { Hostname = "h" }], Copied)).Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Uid.ShouldBe(one.Uid);
        (await new CloneRemoval(sandbox.Cluster, includeTarget: true).RemoveAsync(one, default)).ShouldBeNull();
        await sandbox.UntilGoneAsync(KubeVirtKinds.VirtualMachine, "one");
        await sandbox.UntilGoneAsync(KubeVirtKinds.PersistentVolumeClaim, one.ClaimNames[0]);
        (await sandbox.Cluster.Client.FindAsync(RelatedKinds.DataVolume, "default", one.ClaimNames[0], default)).ShouldBeNull();
    }

    [Fact]
    public async Task Auto_turns_to_it_with_one_warning_where_a_disk_takes_no_snapshots()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var updates = await sandbox.CloneAsync([Request("one", "legacy-01"), Request("two", "legacy-01")], Copied with { Method = CloneMethodChoice.Auto });

        updates.Of(ItemUpdateKind.Fault).Select(f => f.Fault!.Message).ShouldBeEmpty();
        updates.Of(ItemUpdateKind.Record).Select(u => u.Record!.Method).ShouldBe([CloneMethod.DataVolume, CloneMethod.DataVolume]);
        updates.Of(ItemUpdateKind.Warning).ShouldHaveSingleItem().Message.ShouldNotBeNull().ToString().ShouldContain("The volume 'data' of 'legacy-01' takes no snapshots (No VolumeSnapshotClass");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Auto, "legacy-01", "its volume 'data' takes no snapshots")]
    [InlineData(CloneMethodChoice.DataVolume, "golden-pvc", "stopped machine only")]
    public async Task A_source_that_runs_is_refused_before_anything_is_made(CloneMethodChoice method, string source, string words)
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await foreach (var started in new MachinePower(sandbox.Cluster).StartAsync([new MachineReference("default", source)], new PowerOptions { Wait = true, Timeout = TimeSpan.FromMinutes(1) }, default))
            started.Fault.ShouldBeNull();
        var before = await sandbox.MachineNamesAsync();

        var faults = (await sandbox.CloneAsync([Request("one", source), Request("two", source)], Copied with { Method = method })).Of(ItemUpdateKind.Fault).Select(f => f.Fault!).ToList();
        faults.Select(f => (f.Id, f.TargetName)).ShouldBe([(FaultIds.VMCloneSourceRunning, "default/one"), (FaultIds.VMCloneSourceRunning, "default/two")]);
        faults.ShouldAllBe(f => f.Message.Contains(words, StringComparison.Ordinal) && f.RecommendedAction.ToString().Contains($"Stop-VM {source}", StringComparison.Ordinal));
        (await sandbox.MachineNamesAsync()).ShouldBe(before, ignoreOrder: true);
        (await new ClonePreflight(sandbox.Cluster, new PreflightOptions { Method = method }).RunAsync([new PreflightItem(Request("one", source))], default))
            .Findings.Where(f => f.IsError).Select(f => f.Code).ShouldContain(FaultIds.VMCloneSourceRunning);
    }

    [Fact]
    public async Task A_snapshot_is_no_source()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        (await new SnapshotCatalog(sandbox.Cluster).CreateAsync(new SnapshotRequest { Namespace = "default", SourceName = "golden-pvc", Name = "s" }, dryRun: false, default)).Fault.ShouldBeNull();
        await new KubeVirtClone.Engine.Waiting.SnapshotWaiter(sandbox.Cluster).WaitOneAsync(new SnapshotReference("default", "s"), TimeSpan.FromMinutes(1), _ => { }, default);

        var fault = (await sandbox.CloneAsync([Request("one", "s") with { SourceKind = SourceKinds.VirtualMachineSnapshot }], Copied)).Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;
        fault.Id.ShouldBe(FaultIds.VMCloneSourceUnsupported);
        fault.Message.ShouldContain("is a snapshot");
    }

    [Fact]
    public async Task A_disk_that_CDI_can_never_fill_ends_the_wait_with_its_cause()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        // Room for one copy, and not for the other.
        await sandbox.Cluster.Client.CreateAsync(
            RelatedKinds.ResourceQuota,
            "default",
            new JsonObject { ["metadata"] = new JsonObject { ["name"] = "q" }, ["spec"] = new JsonObject { ["hard"] = new JsonObject { ["count/datavolumes.cdi.kubevirt.io"] = "2" } } },
            new WriteOptions(),
            default);
        await sandbox.CloneAsync([Request("one", "legacy-01"), Request("two", "legacy-01")], Copied with { Wait = false, Preflight = false });

        IReadOnlyList<CloneDiagnosis> causes = [];
        await SandboxedCluster.UntilAsync(async () =>
            (causes = await new CloneDoctor(sandbox.Cluster).DiagnoseBatchAsync("default", "b", default)).All(c => c.Code != CauseCodes.InProgress));
        var stuck = causes.Where(c => c.Health == CloneHealth.Stuck).ShouldHaveSingleItem();
        stuck.Code.ShouldBe(CauseCodes.QuotaExceeded);
        stuck.Cause.ShouldContain("exceeded quota: q");
        causes.Count(c => c.Code == CauseCodes.Completed).ShouldBe(1);
    }

    [Fact]
    public async Task A_source_that_is_started_too_early_is_named_and_the_clone_goes_on_when_it_is_stopped()
    {
        // Copies by pods take their time.
        await using var sandbox = await SandboxedCluster.StartAsync();
        var power = new MachinePower(sandbox.Cluster);
        var source = new MachineReference("default", "golden-pvc");
        await foreach (var started in power.StartAsync([source], new PowerOptions { Wait = true, Timeout = TimeSpan.FromMinutes(1) }, default))
            started.Fault.ShouldBeNull();
        // As if it had been started in the moment after the machine was looked at.
        var manifest = (await new ManifestPlanner(sandbox.Cluster, CloneMethodChoice.DataVolume, "b").PlanAsync([Request("one", "golden-dv")], default)).ShouldHaveSingleItem().Manifest!;
        manifest["spec"]!["dataVolumeTemplates"]![0]!["spec"]!["source"]!["pvc"]!["name"] = "golden-pvc-data";
        manifest["metadata"]!["annotations"]![CloneLabels.Source] = "VirtualMachine/golden-pvc";
        await sandbox.Cluster.Client.CreateAsync(KubeVirtKinds.VirtualMachine, "default", manifest, new WriteOptions(), default);

        var clone = new CloneReference("default", "one");
        CloneDiagnosis? cause = null;
        await SandboxedCluster.UntilAsync(async () => (cause = (await new CloneDoctor(sandbox.Cluster).DiagnoseAsync([clone], default))[0]).Code != CauseCodes.InProgress);
        cause!.Code.ShouldBe(CauseCodes.SourceInUse);
        cause.NextStep.ToString().ShouldContain("Stop-VM golden-pvc");

        await foreach (var stopped in power.StopAsync([source], new PowerOptions { Wait = true, Force = true, Timeout = TimeSpan.FromMinutes(1) }, default))
            stopped.Fault.ShouldBeNull();
        var waited = new List<ItemUpdate<CloneRecord>>();
        await foreach (var update in new CloneWaiter(sandbox.Cluster).WaitAsync([clone], new WaitOptions { For = WaitState.Bound, Timeout = TimeSpan.FromMinutes(1) }, default))
            waited.Add(update);
        waited.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
        waited.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Bound.ShouldBeTrue();
    }

    [Fact]
    public async Task A_disk_is_made_as_large_as_was_asked_for()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var larger = Request("one", "golden-pvc") with { DiskSizes = new Dictionary<string, string>(StringComparer.Ordinal) { ["data"] = "12Gi" } };
        var updates = await sandbox.CloneAsync([larger], Copied);

        updates.Of(ItemUpdateKind.Fault).Select(f => f.Fault!.Message).ShouldBeEmpty();
        var name = updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.ClaimNames.ShouldHaveSingleItem();
        (await FindAsync(sandbox, KubeVirtKinds.PersistentVolumeClaim, name)).StringAt("status", "capacity", "storage").ShouldBe("12Gi");
    }

    [Fact]
    public async Task On_paper_each_clone_is_one_machine_with_its_templates()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var items = await new ManifestPlanner(sandbox.Cluster, CloneMethodChoice.DataVolume, "b").PlanAsync([Request("one", "legacy-01"), Request("two", "legacy-01")], default);

        items.Select(i => i.Fault?.Message).OfType<string>().ShouldBeEmpty();
        var manifests = items.Select(i => i.Manifest).OfType<JsonObject>().ToList();
        manifests.Select(m => (m["kind"]!.GetValue<string>(), m["metadata"]!["name"]!.GetValue<string>())).ShouldBe([("VirtualMachine", "one"), ("VirtualMachine", "two")]);
        manifests.ShouldAllBe(m => m["spec"]!["dataVolumeTemplates"]![0]!["spec"]!["source"]!["pvc"]!["name"]!.GetValue<string>() == "legacy-01-data");
        (await sandbox.MachineNamesAsync()).ShouldNotContain("one");
        var tried = await sandbox.CloneAsync([Request("one", "legacy-01")], Copied with { DryRun = true });
        tried.Of(ItemUpdateKind.Planned).ShouldHaveSingleItem();
        (await sandbox.MachineNamesAsync()).ShouldNotContain("one");
    }

    private static CloneRequest Request(string target, string source) => SandboxedCluster.Request(target, source);

    private static async Task<KubernetesObject> FindAsync(SandboxedCluster sandbox, ResourceKind kind, string name) =>
        (await sandbox.Cluster.Client.FindAsync(kind, "default", name, default)).ShouldNotBeNull();

    private static async Task<JsonObject> SpecAsync(SandboxedCluster sandbox, string name) =>
        (JsonObject)(await FindAsync(sandbox, KubeVirtKinds.VirtualMachine, name)).ToJsonObject()["spec"]!;

    private static async Task<int> CountAsync(SandboxedCluster sandbox, ResourceKind kind)
    {
        var count = 0;
        await foreach (var item in sandbox.Cluster.Client.ListAsync(kind, "default", options: null, default))
            count += item.Name.Length > 0 ? 1 : 0;
        return count;
    }
}
