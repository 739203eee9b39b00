using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Tracking;

/// <summary>How waits for the disks of clones end that stand as their machine: those with claims of their own, and those that CDI fills.</summary>
public sealed class MachineWaitTests
{
    private const string Root = "web-1-root";
    private const string Data = "web-1-data";

    private readonly World _world = new();
    private CloneMethod _method;

    [Fact]
    public async Task Disks_that_are_all_bound_end_the_wait_without_a_word()
    {
        PutMachine(CloneMethod.Direct);
        PutClaim(Root, "Bound");
        PutClaim(Data, "Pending");
        Later(20, () => PutClaim(Data, "Bound"));
        var updates = await WaitAsync();

        var record = updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!;
        record.Bound.ShouldBeTrue();
        record.Duration!.Value.TotalSeconds.ShouldBeGreaterThan(10);
        updates.Of(ItemUpdateKind.Warning).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(CloneMethod.Direct, "Halted", "Do not delete the snapshot snap before web-1 has been started once")]
    [InlineData(CloneMethod.DataVolume, "Halted", "Do not delete the machine golden before web-1 has been started once")]
    [InlineData(CloneMethod.DataVolume, "Manual", "Do not delete the machine golden before web-1 has been started once")]
    public async Task Disks_that_wait_for_the_first_start_end_the_wait_with_what_has_to_be_kept_until_then(CloneMethod method, string strategy, string kept)
    {
        PutMachine(method, strategy);
        PutWaiting(method, Root);
        PutWaiting(method, Data);
        var updates = await WaitAsync();

        var record = updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!;
        record.Bound.ShouldBeFalse();
        record.Message.ShouldBe("waits for first start");
        record.Duration!.Value.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        var told = updates.Of(ItemUpdateKind.Warning).ShouldHaveSingleItem().Message!.ToString();
        told.ShouldContain($"its volumes {Data}, {Root} wait for the machine's first start");
        told.ShouldContain(kept);
    }

    [Theory]
    [InlineData(CloneMethod.Direct)]
    [InlineData(CloneMethod.DataVolume)]
    public async Task Only_the_disks_that_wait_are_named_and_none_while_another_is_on_its_way(CloneMethod method)
    {
        PutMachine(method);
        PutWaiting(method, Root);
        PutUnfinished(method, Data);
        Later(20, () => PutFinished(method, Data));
        var updates = await WaitAsync();

        updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Duration!.Value.TotalSeconds.ShouldBeGreaterThan(10);
        updates.Of(ItemUpdateKind.Warning).ShouldHaveSingleItem().Message!.ToString().ShouldContain($"its volume {Root} waits for the machine's first start");
    }

    [Theory]
    [InlineData(CloneMethod.Direct, "Always")]
    [InlineData(CloneMethod.Direct, "running")]
    [InlineData(CloneMethod.DataVolume, "RerunOnFailure")]
    public async Task A_machine_that_starts_binds_its_disks_itself_and_is_waited_for(CloneMethod method, string strategy)
    {
        PutMachine(method, strategy);
        PutWaiting(method, Root);
        PutWaiting(method, Data);
        Later(20, () => PutFinished(method, Root));
        Later(21, () => PutFinished(method, Data));
        var updates = await WaitAsync();

        updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Bound.ShouldBeTrue();
        updates.Of(ItemUpdateKind.Warning).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(CloneMethod.Direct, true)]
    [InlineData(CloneMethod.DataVolume, true)]
    [InlineData(CloneMethod.DataVolume, false)]
    public async Task Who_may_not_see_the_disks_is_told_so_unless_something_else_shows_them(CloneMethod method, bool dataVolumesToo)
    {
        _world.Client.Before = r => r.Kind.Plural == "persistentvolumeclaims" || (dataVolumesToo && r.Kind.Plural == "datavolumes")
            ? throw new ApiStatusException(403, "Forbidden", "may not read") : Task.CompletedTask;
        PutMachine(method);
        PutFinished(method, Root);
        PutFinished(method, Data);
        var updates = await WaitAsync();

        var record = updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!;
        record.Bound.ShouldBe(!dataVolumesToo);
        if (dataVolumesToo)
            updates.Of(ItemUpdateKind.Warning).ShouldHaveSingleItem().Message!.ToString().ShouldContain("whether its volumes are bound cannot be seen");
        else
            updates.Of(ItemUpdateKind.Warning).ShouldBeEmpty();
    }

    private void PutMachine(CloneMethod method, string strategy = "Halted")
    {
        _method = method;
        var machine = World.Machine("web-1");
        var metadata = machine["metadata"]!;
        metadata["uid"] = "uid-1";
        metadata["labels"]![CloneLabels.Method] = method.ToString();
        metadata["annotations"] = new JsonObject
        {
            [CloneLabels.Target] = "default/web-1",
            [CloneLabels.Source] = "VirtualMachine/golden",
            [CloneLabels.Claims] = $"{Root},{Data}",
        };
        if (method == CloneMethod.Direct)
            metadata["annotations"]![CloneLabels.Snapshot] = "snap/uid-2";
        var spec = machine["spec"]!.AsObject();
        spec.Remove("runStrategy");
        if (strategy == "running")
            spec["running"] = true;
        else
            spec["runStrategy"] = strategy;
        _world.Client.Put(KubeVirtKinds.VirtualMachine, machine);
    }

    private void PutWaiting(CloneMethod method, string name)
    {
        if (method == CloneMethod.DataVolume)
        {
            Put(RelatedKinds.DataVolume, name, name == Root ? "WaitForFirstConsumer" : "PendingPopulation");
            return;
        }

        PutClaim(name, "Pending");
        _world.Client.Put(KubeVirtKinds.Event, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = $"{name}.1" },
            ["involvedObject"] = new JsonObject { ["kind"] = "PersistentVolumeClaim", ["name"] = name },
            ["reason"] = "WaitForFirstConsumer",
            ["message"] = "waiting for first consumer to be created before binding",
        });
    }

    private void PutUnfinished(CloneMethod method, string name) => Put(Kind(method), name, method == CloneMethod.DataVolume ? "CloneInProgress" : "Pending");

    private void PutFinished(CloneMethod method, string name) => Put(Kind(method), name, method == CloneMethod.DataVolume ? "Succeeded" : "Bound");

    private void PutClaim(string name, string phase) => Put(KubeVirtKinds.PersistentVolumeClaim, name, phase);

    private static ResourceKind Kind(CloneMethod method) => method == CloneMethod.DataVolume ? RelatedKinds.DataVolume : KubeVirtKinds.PersistentVolumeClaim;

    private void Put(ResourceKind kind, string name, string phase) => _world.PutRelated(kind, $$"""
        { "kind": "{{kind.Kind}}", "metadata": { "name": "{{name}}", "ownerReferences": [ { "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": "web-1", "uid": "uid-1", "controller": true } ] },
          "status": { "phase": "{{phase}}" } }
        """);

    private void Later(double seconds, Action action) =>
        _ = Task.Delay(TimeSpan.FromSeconds(seconds), _world.Clock).ContinueWith(_ => action(), TaskScheduler.Default);

    private async Task<List<ItemUpdate<CloneRecord>>> WaitAsync()
    {
        var updates = new List<ItemUpdate<CloneRecord>>();
        var run = Task.Run(async () =>
        {
            await foreach (var update in new CloneWaiter(_world.Cluster).WaitAsync([new CloneReference("default", "web-1") { Method = _method }], new WaitOptions { For = WaitState.Bound, Timeout = TimeSpan.FromMinutes(2) }, default))
                updates.Add(update);
        });
        await _world.Clock.RunUntilDoneAsync(run);
        updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
        return updates;
    }
}
