using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Engine.Transfers;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Tests.Tracking;

/// <summary>A watch that ends, for whatever reason, ends everyone who waits for what it would have shown.</summary>
public sealed class WatchEndTests
{
    private readonly World _world = new();

    [Theory]
    [InlineData("closed", "its connection was closed")]
    [InlineData("broken", "something unforeseen")]
    [InlineData("over", "ended by itself")]
    public async Task A_wait_for_clones_ends_with_the_watch_and_says_why(string how, string why)
    {
        _world.AnswerWith("""{"phase":"SnapshotInProgress","snapshotName":"s"}""");

        var fault = await FaultOfAsync(_world.CloneAsync(World.Requests(3), new CloneOptions { Wait = true }), how);

        (fault.Id, fault.Category).ShouldBe((FaultIds.ApiRequestFailed, FaultCategory.ConnectionError));
        fault.Message.ShouldContain(why);
    }

    [Theory]
    [InlineData("snapshots")]
    [InlineData("removals")]
    [InlineData("machines")]
    [InlineData("data volumes")]
    public async Task Any_other_wait_does_too(string what)
    {
        var cluster = _world.Cluster;
        _world.PutRelated(World.Snapshots, """{"metadata":{"name":"it"},"status":{"phase":"InProgress"}}""");
        _world.PutRelated(RelatedKinds.DataVolume, """{"metadata":{"name":"it","labels":{"kubevirtclone.io/transfer":"t"}},"status":{"phase":"ImportInProgress"}}""");
        var machine = VirtualMachineRecord.From(await _world.Client.GetAsync(KubeVirtKinds.VirtualMachine, "default", "golden", default));
        await using var machines = new MachineWaiter(cluster, timeout: null, default);
        Task wait = what switch
        {
            "snapshots" => new SnapshotWaiter(cluster).WaitOneAsync(new("default", "it"), timeout: null, warn: null, default),
            "removals" => new RemovalWaiter(cluster).WaitAsync([new(KubeVirtKinds.VirtualMachine, "default", "golden", machine.Uid)], TimeSpan.FromHours(1), default),
            "machines" => machines.WaitAsync(new("default", "golden"), PowerAction.Start, paused: false, machine, default),
            _ => new DataVolumeWaiter(cluster, RelatedKinds.DataVolume, "default", "t", news: null).WaitAsync(["it"], timeout: null, default),
        };

        (await EndAsync(wait, new ObjectDisposedException("client"))).Message.ShouldContain("its connection was closed");
    }

    private async Task<Fault> EndAsync(Task wait, Exception? error)
    {
        while (_world.Client.OpenWatches == 0)
        {
            wait.IsCompleted.ShouldBeFalse();
            await Task.Yield();
        }

        _world.Client.EndWatches(error);
        return (await Should.ThrowAsync<EngineException>(() => wait.WaitAsync(TimeSpan.FromSeconds(60)))).Fault;
    }

    private async Task<Fault> FaultOfAsync(Task<List<ItemUpdate<CloneRecord>>> wait, string how)
    {
        while (_world.Client.OpenWatches == 0)
        {
            wait.IsCompleted.ShouldBeFalse();
            await Task.Yield();
        }

        _world.Client.EndWatches(how switch
        {
            "closed" => new ObjectDisposedException("client"),
            "broken" => new InvalidOperationException("something unforeseen"),
            _ => null,
        });
        try
        {
            var updates = await wait.WaitAsync(TimeSpan.FromSeconds(60));
            return updates.First(update => update.Fault is not null).Fault!;
        }
        catch (EngineException e)
        {
            return e.Fault;
        }
    }
}
