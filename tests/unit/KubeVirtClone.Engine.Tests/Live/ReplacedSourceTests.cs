using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Engine.Waiting;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>A source that is meant by its uid is cloned by no method when another machine has its name, and nothing is made on the way.</summary>
public sealed class ReplacedSourceTests
{
    private const string Gone = "00000000-0000-0000-0000-000000000001";

    [Theory]
    [InlineData(CloneMethodChoice.Clone, true, null)]
    [InlineData(CloneMethodChoice.Restore, true, null)]
    [InlineData(CloneMethodChoice.Direct, true, null)]
    [InlineData(CloneMethodChoice.Direct, false, null)]
    [InlineData(CloneMethodChoice.Auto, false, null)]
    [InlineData(CloneMethodChoice.Direct, true, "demo")]
    [InlineData(CloneMethodChoice.Direct, false, "demo")]
    public async Task Another_machine_of_the_name_is_left_alone_by_every_method(CloneMethodChoice method, bool preflight, string? elsewhere)
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        if (elsewhere is not null)
            await sandbox.Cluster.Client.CreateAsync(RelatedKinds.Namespace, ns: null, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = elsewhere } }, new WriteOptions(), default);
        var machines = await sandbox.MachineNamesAsync();
        var posted = new List<string>();
        using var observer = sandbox.Cluster.ObserveTraces(trace =>
        {
            if (trace.Method == "POST" && !trace.PathAndQuery.Contains("authorization.k8s.io", StringComparison.Ordinal) && !trace.PathAndQuery.Contains("dryRun", StringComparison.Ordinal))
                posted.Add(trace.PathAndQuery);
        });

        var updates = await sandbox.CloneAsync([Meant("one"), Meant("two")], new CloneOptions { Method = method, Preflight = preflight, Batch = "b" });

        updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Id).ShouldBe([FaultIds.VMReplaced, FaultIds.VMReplaced]);
        updates.Of(ItemUpdateKind.Record).ShouldBeEmpty();
        posted.ShouldBeEmpty();
        (await sandbox.MachineNamesAsync()).ShouldBe(machines, ignoreOrder: true);

        CloneRequest Meant(string target) => SandboxedCluster.Request(target, "golden-dv") with { SourceUid = Gone, TargetNamespace = elsewhere };
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task A_snapshot_that_an_earlier_run_took_of_the_machine_before_is_not_used(CloneMethodChoice method)
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var options = new CloneOptions { Method = method, Batch = "b", Wait = true, Timeout = TimeSpan.FromMinutes(2) };
        // What such a run leaves behind when it is killed: its snapshot, and no clone.
        var earlier = new SnapshotRequest { Namespace = "default", SourceName = "golden", Name = CloneNames.ForSharedSnapshot("b", "default", "golden") };
        (await new SnapshotCatalog(sandbox.Cluster).CreateAsync(earlier, dryRun: false, default)).Fault.ShouldBeNull();
        (await new SnapshotWaiter(sandbox.Cluster).WaitOneAsync(new("default", earlier.Name!), TimeSpan.FromMinutes(1), null, default)).Fault.ShouldBeNull();
        var machine = (await sandbox.MachineAsync("golden")).Raw.ToJsonObject();
        await sandbox.Cluster.Client.DeleteAsync(KubeVirtKinds.VirtualMachine, "default", "golden", options: null, default);
        machine["metadata"] = new JsonObject { ["name"] = "golden", ["namespace"] = "default" };
        machine.Remove("status");
        await sandbox.UntilGoneAsync(KubeVirtKinds.VirtualMachine, "golden");
        await sandbox.Cluster.Client.CreateAsync(KubeVirtKinds.VirtualMachine, "default", machine, new WriteOptions(), default);
        var uid = (await sandbox.MachineAsync("golden")).Uid;

        var updates = await sandbox.CloneAsync([Meant("one"), Meant("two")], options);

        updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Id).ShouldBe([FaultIds.VMReplaced, FaultIds.VMReplaced]);
        updates.Of(ItemUpdateKind.Fault)[0].Fault!.Message.ShouldContain(earlier.Name!);
        (await sandbox.MachineNamesAsync()).ShouldNotContain("one");

        CloneRequest Meant(string target) => SandboxedCluster.Request(target, "golden") with { SourceUid = uid };
    }
}
