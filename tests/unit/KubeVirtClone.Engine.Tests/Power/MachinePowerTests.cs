using System.Collections.Concurrent;
using System.Text.Json;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Power;

public sealed class MachinePowerTests
{
    private static readonly MachineReference[] Golden = [new("default", "golden")];

    private readonly SnapshotWorld _world = new();

    private MachinePower Power => new(_world.World.Cluster);

    [Theory]
    [InlineData("Always", "Halted")]
    [InlineData("Once", "Halted")]
    [InlineData("Manual", "Manual")]
    [InlineData("RerunOnFailure", "RerunOnFailure")]
    public async Task Stopping_and_starting_again_keeps_the_run_strategy(string strategy, string whileStopped)
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["runStrategy"] = strategy);
        _world.SetOn("golden", on: true);

        (await DoAsync(Power.StopAsync(Golden, new PowerOptions { Wait = true }, default))).Record!.RunStrategy.ShouldBe(whileStopped);
        (await DoAsync(Power.StartAsync(Golden, new PowerOptions { Wait = true }, default))).Record!.ShouldSatisfyAllConditions(
            m => m.RunStrategy.ShouldBe(strategy),
            m => m.Status.ShouldBe("Running"),
            m => m.Annotations.ContainsKey(CloneLabels.RunStrategy).ShouldBeFalse());
    }

    [Theory]
    [InlineData("Always")]
    [InlineData(null)]
    public async Task A_strategy_given_since_is_not_replaced_by_the_one_that_was_kept(string? strategy)
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["runStrategy"] = "Once");
        _world.SetOn("golden", on: true);
        await DoAsync(Power.StopAsync(Golden, new PowerOptions { Wait = true }, default));
        // Somebody gives it another strategy, and so starts it.
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m =>
        {
            m["spec"]!.AsObject().Remove("runStrategy");
            m["spec"]![strategy is null ? "running" : "runStrategy"] = strategy is null ? true : strategy;
        });
        _world.SetOn("golden", on: true);

        await DoAsync(Power.StopAsync(Golden, new PowerOptions { Wait = true }, default));
        var started = (await DoAsync(Power.StartAsync(Golden, new PowerOptions { Wait = true }, default))).Record!;
        started.Annotations.ContainsKey(CloneLabels.RunStrategy).ShouldBeFalse();
        var spec = _world.Client.Find(KubeVirtKinds.VirtualMachine, "default", "golden")!["spec"]!;
        if (strategy is null)
            spec["running"]!.GetValue<bool>().ShouldBeTrue();
        else
            spec["runStrategy"]!.GetValue<string>().ShouldBe(strategy);
    }

    [Fact]
    public async Task A_machine_that_is_off_is_returned_as_one_that_is()
    {
        _world.SetOn("golden", on: true);
        _world.Client.Subresources = (path, _) =>
        {
            if (!path.EndsWith("/stop", StringComparison.Ordinal))
                return null;
            // The instance goes first, the word in the machine's status follows.
            _world.Client.Remove(new ResourceKind("kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance"), "default", "golden");
            Word("Stopping");
            return new HttpAnswer(202, null, "", null);
        };
        using var later = _world.Clock.CreateTimer(_ => Word("Stopped"), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        (await DoAsync(Power.StopAsync(Golden, new PowerOptions { Wait = true }, default))).Record!.Status.ShouldBe("Stopped");

        void Word(string word) => _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["status"]!["printableStatus"] = word);
    }

    [Fact]
    public async Task What_is_so_already_is_given_as_it_is()
    {
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("other"));
        _world.SetOn("other", on: true);
        var updates = await _world.ReadAsync(Power.StartAsync([new("default", "golden") { Input = "row 1" }, new("default", "other"), new("default", "none")], new PowerOptions(), default));

        updates.Where(u => u.Kind == ItemUpdateKind.Record).Select(u => u.Record!.Name).Order().ShouldBe(["golden", "other"]);
        updates.Single(u => u.Record?.Name == "golden").Input.ShouldBe("row 1");
        updates.Where(u => u.Kind == ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMNotFound);
        // It does not stand still, as was asked for.
        (await DoAsync(Power.StartAsync([new("default", "other")], new PowerOptions { Paused = true }, default))).Fault!.Id.ShouldBe(FaultIds.VMAlreadyRunning);

        _world.SetOn("other", on: false);
        (await DoAsync(Power.StopAsync([new("default", "other")], new PowerOptions { Wait = true }, default))).Record!.Name.ShouldBe("other");
        (await DoAsync(Power.StopAsync([new("default", "none")], new PowerOptions(), default))).Fault!.Id.ShouldBe(FaultIds.VMNotFound);
    }

    [Fact]
    public async Task Of_machines_nobody_waits_for_nothing_whole_is_kept()
    {
        const int others = 200;
        for (var number = 0; number < others; number++)
            _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine($"other-{number}"));
        var shown = new ConcurrentBag<WeakReference>();
        _world.Client.Shown = machine => shown.Add(new WeakReference(machine));
        var waits = new TaskCompletionSource();
        _world.Client.Subresources = (_, _) => new HttpAnswer(202, null, "", null);
        var start = Task.Run(async () => await Power.StartAsync(Golden, new PowerOptions { Wait = true }, default).SingleAsync());
        await UntilAsync(() => shown.Count > others);

        await UntilAsync(() =>
        {
            GC.Collect();
            return shown.Count(s => s.IsAlive) <= 2;
        });
        _world.SetOn("golden", on: true);
        (await start).Record!.Status.ShouldBe("Running");

        static async Task UntilAsync(Func<bool> reached)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!reached())
                await Task.Delay(10, patience.Token);
        }
    }

    [Fact]
    public async Task One_that_was_there_before_it_was_waited_for_is_given_as_it_is_now()
    {
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("first"));
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("second"));
        await using var waiter = new MachineWaiter(_world.World.Cluster, TimeSpan.FromMinutes(5), default);
        var (first, second) = (Known("first"), Known("second"));
        var waits = waiter.WaitAsync(new("default", "first"), PowerAction.Start, paused: false, first, default);
        _world.SetOn("first", on: true);
        (await waits).Value!.Status.ShouldBe("Running");
        _world.SetOn("second", on: true);

        (await waiter.WaitAsync(new("default", "second"), PowerAction.Start, paused: false, second, default)).Value!.Status.ShouldBe("Running");

    }

    [Fact]
    public async Task One_that_is_gone_when_it_is_read_is_read_once()
    {
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("first"));
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("second"));
        await using var waiter = new MachineWaiter(_world.World.Cluster, TimeSpan.FromMinutes(5), default);
        var (first, second) = (Known("first"), Known("second"));
        _world.SetOn("second", on: true);
        // The watch has not told of it yet.
        _world.Client.Before = request => request is { Verb: "GET", Name: "second" } ? throw FakeClient.NotFound(request.Kind, request.Name) : Task.CompletedTask;
        var waits = waiter.WaitAsync(new("default", "first"), PowerAction.Start, paused: false, first, default);
        _world.SetOn("first", on: true);
        await waits;

        (await waiter.WaitAsync(new("default", "second"), PowerAction.Start, paused: false, second, default)).Fault!.Id.ShouldBe(FaultIds.VMDeleted);
        _world.Client.Count("GET virtualmachines default/second").ShouldBe(1);
    }

    private VirtualMachineRecord Known(string name) =>
        VirtualMachineRecord.From(new KubernetesObject(JsonSerializer.SerializeToElement(_world.Client.Find(KubeVirtKinds.VirtualMachine, "default", name)!)));

    [Fact]
    public async Task A_machine_that_runs_is_removed_only_by_force()
    {
        _world.SetOn("golden", on: true);
        var refused = await DoAsync(Power.RemoveAsync(Golden, new PowerOptions(), default));
        refused.Fault!.Id.ShouldBe(FaultIds.VMRunning);
        refused.Fault.RecommendedAction.ToString().ShouldContain("-Force");
        _world.Machines.ShouldContain("golden");

        (await DoAsync(Power.RemoveAsync(Golden, new PowerOptions { Force = true }, default))).Fault.ShouldBeNull();
        _world.Machines.ShouldNotContain("golden");
    }

    [Fact]
    public async Task A_machine_that_is_being_snapshotted_is_left_alone_and_the_snapshot_named()
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["status"]!["snapshotInProgress"] = "nightly");
        foreach (var run in new[] { Power.StartAsync(Golden, new(), default), Power.RemoveAsync(Golden, new(), default) })
        {
            var fault = (await DoAsync(run)).Fault!;
            fault.Id.ShouldBe(FaultIds.VMBusy);
            fault.Message.ShouldContain("nightly");
        }

        _world.Machines.ShouldBe(["golden"]);
    }

    [Fact]
    public async Task A_lock_of_a_snapshot_that_is_ready_goes_by_itself_and_is_waited_for()
    {
        _world.Client.Put(World.Snapshots, new System.Text.Json.Nodes.JsonObject
        {
            ["apiVersion"] = World.Snapshots.ApiVersion,
            ["kind"] = World.Snapshots.Kind,
            ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["name"] = "nightly", ["namespace"] = "default" },
            ["status"] = new System.Text.Json.Nodes.JsonObject { ["phase"] = "Succeeded", ["readyToUse"] = true },
        });
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["status"]!["snapshotInProgress"] = "nightly");
        using var release = _world.Clock.CreateTimer(
            _ => _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["status"]!.AsObject().Remove("snapshotInProgress")),
            state: null,
            TimeSpan.FromSeconds(2),
            Timeout.InfiniteTimeSpan);

        (await DoAsync(Power.RemoveAsync(Golden, new PowerOptions(), default))).Fault.ShouldBeNull();
        _world.Machines.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_machine_that_cannot_come_up_ends_the_wait()
    {
        _world.Client.Subresources = (_, _) =>
        {
            _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["status"]!["printableStatus"] = "ErrorUnschedulable");
            return new Kubernetes.HttpAnswer(202, null, "", null);
        };
        (await DoAsync(Power.StartAsync(Golden, new PowerOptions { Wait = true }, default))).Fault!.Id.ShouldBe(FaultIds.VMStartFailed);
        _world.Client.Subresources = (_, _) => new Kubernetes.HttpAnswer(202, null, "", null);
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["status"]!["printableStatus"] = "Starting");
        (await DoAsync(Power.StartAsync(Golden, new PowerOptions { Wait = true, Timeout = TimeSpan.FromMinutes(1) }, default))).Fault!.Id.ShouldBe(FaultIds.VMPowerTimeout);
    }

    private async Task<ItemUpdate<VirtualMachineRecord>> DoAsync(IAsyncEnumerable<ItemUpdate<VirtualMachineRecord>> run) =>
        (await _world.ReadAsync(run)).ShouldHaveSingleItem();
}
