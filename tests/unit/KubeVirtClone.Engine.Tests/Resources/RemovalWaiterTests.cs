using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Resources;

public sealed class RemovalWaiterTests
{
    private readonly SnapshotWorld _world = new();

    [Fact]
    public async Task What_was_gone_before_the_wait_is_gone()
    {
        (await WaitAsync(new RemovedObject(KubeVirtKinds.VirtualMachine, "default", "never-was", "u1"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wait_ends_when_the_last_of_them_is_gone()
    {
        var first = Put("a");
        var second = Put("b");
        var waiting = Start(TimeSpan.FromMinutes(1), first, second);
        await UntilWatchedAsync();
        _world.Client.Remove(KubeVirtKinds.VirtualMachine, "default", "a");
        waiting.IsCompleted.ShouldBeFalse();
        _world.Client.Remove(KubeVirtKinds.VirtualMachine, "default", "b");
        (await waiting).ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_object_of_the_name_does_not_count()
    {
        var old = Put("a");
        _world.Client.Remove(KubeVirtKinds.VirtualMachine, "default", "a");
        Put("a");
        (await WaitAsync(old)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_still_there_when_the_time_is_up_is_named()
    {
        var held = Put("held");
        var gone = new RemovedObject(KubeVirtKinds.PersistentVolumeClaim, "default", "gone", "u2");
        var waiting = Start(TimeSpan.FromSeconds(30), held, gone);
        await UntilWatchedAsync(kinds: 2);
        _world.Clock.Advance(TimeSpan.FromSeconds(31));
        (await waiting).ShouldBe([held]);
        held.ToString().ShouldBe("VirtualMachine default/held");
    }

    [Fact]
    public async Task One_watch_serves_all_objects_of_a_kind()
    {
        var many = Enumerable.Range(1, 50).Select(i => Put($"m-{i}")).ToArray();
        var waiting = Start(TimeSpan.FromMinutes(1), many);
        await UntilWatchedAsync();
        foreach (var item in many)
            _world.Client.Remove(KubeVirtKinds.VirtualMachine, "default", item.Name);
        (await waiting).ShouldBeEmpty();
        _world.Client.Count("WATCH virtualmachines").ShouldBe(1);
    }

    private RemovedObject Put(string name)
    {
        var stored = _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine(name));
        return new(KubeVirtKinds.VirtualMachine, "default", name, stored["metadata"]!["uid"]!.GetValue<string>());
    }

    private Task<IReadOnlyList<RemovedObject>> Start(TimeSpan timeout, params RemovedObject[] objects) =>
        Task.Run(() => new RemovalWaiter(_world.World.Cluster).WaitAsync(objects, timeout, default));

    private async Task<IReadOnlyList<RemovedObject>> WaitAsync(params RemovedObject[] objects) => await Start(TimeSpan.FromMinutes(1), objects);

    private async Task UntilWatchedAsync(int kinds = 1)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (_world.Client.OpenWatches < kinds)
            await Task.Delay(1, patience.Token);
    }
}
