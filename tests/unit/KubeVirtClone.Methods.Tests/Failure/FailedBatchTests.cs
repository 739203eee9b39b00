using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Methods.Tests.Interruption;
using KubeVirtClone.Sandbox;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using Fault = KubeVirtClone.Sandbox.Fault;

namespace KubeVirtClone.Methods.Tests.Failure;

/// <summary>A batch that failed, run again when the cause is gone: what failed for good is made anew, what only waits is woken, and no machine is touched.</summary>
public sealed class FailedBatchTests
{
    private static readonly Fault Broken = new() { Id = "broken", Kind = FaultKind.StorageBroken, Resource = "volumesnapshots" };

    private static readonly CloneOptions Options = new() { Wait = true, For = WaitState.Bound, Timeout = TimeSpan.FromSeconds(30), Batch = "b" };

    [Fact]
    public async Task A_clone_whose_snapshot_failed_is_made_anew()
    {
        await using var sandbox = await KillableSandbox.StartAsync(clockFactor: 200);
        var before = sandbox.State();
        sandbox.Box.Faults.Add(Broken);
        var failed = await RunAsync(sandbox, CloneMethodChoice.Clone, 1);
        failed.Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.VMCloneSnapshotFailed);
        var first = sandbox.List("VirtualMachineClone").ShouldHaveSingleItem().Uid();

        sandbox.Box.Faults.Clear();
        var again = await RunAsync(sandbox, CloneMethodChoice.Clone, 1);
        again.Where(u => u.Fault is not null).ShouldBeEmpty();
        again.ShouldContain(u => u.Kind == ItemUpdateKind.Warning && u.Message!.ToString().Contains("made anew", StringComparison.Ordinal));
        sandbox.List("VirtualMachineClone").ShouldHaveSingleItem().Uid().ShouldNotBe(first);
        sandbox.Made.Count(m => m == "again-1").ShouldBe(1);
        (await sandbox.RemoveBatchAsync("b")).ShouldBe(1);
        await sandbox.ShouldBecomeAsync(before, "removed");
    }

    [Fact]
    public async Task A_failed_clone_is_left_alone_when_a_machine_of_its_name_exists()
    {
        await using var sandbox = await KillableSandbox.StartAsync(clockFactor: 200);
        sandbox.Box.Faults.Add(Broken);
        await RunAsync(sandbox, CloneMethodChoice.Clone, 1);
        var first = sandbox.List("VirtualMachineClone").ShouldHaveSingleItem().Uid();
        sandbox.Box.Faults.Clear();
        await sandbox.MakeMachineAsync("again-1");
        var machine = sandbox.List("VirtualMachine").Single(m => m.Name() == "again-1").Copy();

        var again = await RunAsync(sandbox, CloneMethodChoice.Clone, 1);
        again.Where(u => u.Fault is not null).ShouldHaveSingleItem();
        sandbox.List("VirtualMachineClone").ShouldHaveSingleItem().Uid().ShouldBe(first);
        sandbox.List("VirtualMachine").Single(m => m.Name() == "again-1").ToJsonString().ShouldBe(machine.ToJsonString());
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task A_batch_whose_shared_snapshot_failed_is_made_with_another(CloneMethodChoice method)
    {
        await using var sandbox = await KillableSandbox.StartAsync(clockFactor: 200);
        var before = sandbox.State();
        sandbox.Box.Faults.Add(Broken);
        (await RunAsync(sandbox, method, 2)).Count(u => u.Fault is not null).ShouldBe(2);
        await sandbox.ShouldBecomeAsync(before, "nothing stays of a batch without a snapshot");

        sandbox.Box.Faults.Clear();
        (await RunAsync(sandbox, method, 2)).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        sandbox.Made.Where(m => m.StartsWith("again-", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList().ShouldBe(["again-1", "again-2"]);
        (await sandbox.RemoveBatchAsync("b")).ShouldBe(2);
        await sandbox.ShouldBecomeAsync(before, "removed");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task What_a_quota_stopped_goes_on_when_there_is_room(CloneMethodChoice method)
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        var before = sandbox.State();
        sandbox.Box.Faults.Add(new Fault { Kind = FaultKind.StorageQuotaExceeded });
        var failed = await RunAsync(sandbox, method, 2, TimeSpan.FromSeconds(10));
        failed.Where(u => u.Fault is not null).Select(u => u.Fault!.Id).Distinct(StringComparer.Ordinal).ShouldBe([FaultIds.QuotaExceeded]);
        // They go on by themselves as soon as there is room, and need what they are made of.
        sandbox.List("VirtualMachineSnapshot").ShouldContain(s => s.Label("kubevirtclone.io/shared-snapshot") != null);

        sandbox.Box.Faults.Clear();
        (await RunAsync(sandbox, method, 2)).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        sandbox.Made.Count(m => m.StartsWith("again-", StringComparison.Ordinal)).ShouldBe(2);
        (await sandbox.RemoveBatchAsync("b")).ShouldBe(2);
        await sandbox.ShouldBecomeAsync(before, "removed");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    public async Task What_hangs_is_removed_with_all_it_made(CloneMethodChoice method)
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        var before = sandbox.State();
        // The claims are made and never bound, so that no machine comes.
        sandbox.Box.Faults.Add(new Fault { Kind = FaultKind.StorageBroken, Resource = "persistentvolumeclaims" });
        (await RunAsync(sandbox, method, 2, TimeSpan.FromSeconds(2), WaitState.Bound)).Count(u => u.Fault is not null).ShouldBe(2);
        sandbox.List("PersistentVolumeClaim").Count.ShouldBeGreaterThan(before.Count(o => o.StartsWith("PersistentVolumeClaim", StringComparison.Ordinal)));

        (await sandbox.RemoveBatchAsync("b")).ShouldBe(2);
        await sandbox.ShouldBecomeAsync(before, "removed");
    }

    private static async Task<List<ItemUpdate<CloneRecord>>> RunAsync(KillableSandbox sandbox, CloneMethodChoice method, int count, TimeSpan? timeout = null, WaitState @for = WaitState.Bound)
    {
        await using var cluster = await sandbox.ConnectAsync();
        var requests = Enumerable.Range(1, count).Select(i => new CloneRequest { Namespace = "default", SourceName = "golden-pvc", TargetName = $"again-{i}" }).ToList();
        var updates = new List<ItemUpdate<CloneRecord>>();
        await foreach (var update in new CloneOperation(cluster, Options with { Method = method, For = @for, Timeout = timeout ?? Options.Timeout }).RunAsync(requests, default))
            updates.Add(update);
        return updates;
    }
}
