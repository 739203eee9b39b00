using KubeVirtClone.Engine.Insight.Measurement;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>What was seen of a batch while it was waited for is there for a later process, to the millisecond.</summary>
public sealed class KeptMomentsTests
{
    [Theory]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task Another_process_measures_what_the_one_that_waited_saw(CloneMethodChoice method)
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var requests = Enumerable.Range(1, 3).Select(i => SandboxedCluster.Request($"vm-{i}", "golden-dv")).ToList();
        var updates = await sandbox.CloneAsync(requests, new CloneOptions { Method = method, Batch = "b", Wait = true, Timeout = TimeSpan.FromMinutes(2) });
        updates.Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        var here = await new CloneMeasurer(sandbox.Cluster).MeasureBatchAsync("default", "b", default);

        // Another connection has seen nothing itself.
        var later = await sandbox.ConnectAsync();
        later.Times.Count.ShouldBe(0);
        var there = await new CloneMeasurer(later).MeasureBatchAsync("default", "b", default);

        there.Clones.Count.ShouldBe(3);
        there.Clones.Select(c => (c.Name, c.Started?.ToUnixTimeMilliseconds())).ShouldBe(here.Clones.Select(c => (c.Name, c.Started?.ToUnixTimeMilliseconds())));
        foreach (var (first, second) in here.Clones.Zip(there.Clones))
            second.Spans.Select(s => (s.Part, s.Start.ToUnixTimeMilliseconds(), s.Origin)).ShouldBe(first.Spans.Select(s => (s.Part, s.Start.ToUnixTimeMilliseconds(), s.Origin)));
        (await sandbox.ClonesAsync()).Count(c => c.Raw.Annotations.ContainsKey(CloneLabels.Moments)).ShouldBe(1);
    }

    [Fact]
    public async Task They_are_the_machines_own_as_is_all_that_is_noted_on_it()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var options = new CloneOptions { Method = CloneMethodChoice.Direct, Batch = "b", Wait = true, Timeout = TimeSpan.FromMinutes(2) };
        (await sandbox.CloneAsync([SandboxedCluster.Request("one", "golden-dv") with { Memory = "2Gi" }], options)).Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        Noted(await sandbox.MachineAsync("one")).ShouldBe(CloneLabels.OfMachine.Order(StringComparer.Ordinal));

        (await sandbox.CloneAsync([SandboxedCluster.Request("two", "one")], options with { Batch = "c", Wait = false })).Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        Noted(await sandbox.MachineAsync("two")).ShouldBe(CloneLabels.OfMachine.Except([CloneLabels.Moments, CloneLabels.Asked]).Order(StringComparer.Ordinal));

        (await new CloneRemoval(sandbox.Cluster).RemoveAsync((await sandbox.ClonesAsync()).Single(c => c.TargetName == "one"), default)).ShouldBeNull();
        Noted(await sandbox.MachineAsync("one")).ShouldBeEmpty();
    }

    private static IEnumerable<string> Noted(VirtualMachineRecord machine) =>
        machine.Raw.Annotations.Keys.Where(k => k.StartsWith("kubevirtclone.io/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
}
