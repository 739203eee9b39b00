using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Insight.Measurement;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

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

    [Theory]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task Who_waits_for_what_was_made_before_writes_down_what_was_seen_too(CloneMethodChoice method)
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var made = await sandbox.CloneAsync([SandboxedCluster.Request("vm-1", "golden-dv"), SandboxedCluster.Request("vm-2", "golden-dv")], new CloneOptions { Method = method, Batch = "b" });
        made.Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        (await sandbox.ClonesAsync()).ShouldAllBe(c => !c.Raw.Annotations.ContainsKey(CloneLabels.Moments));
        await WaitAsync(sandbox.Cluster, await sandbox.ClonesAsync());

        var here = await new CloneMeasurer(sandbox.Cluster).MeasureBatchAsync("default", "b", default);
        var there = await new CloneMeasurer(await sandbox.ConnectAsync()).MeasureBatchAsync("default", "b", default);
        there.Clones.Select(Moments).ShouldBe(here.Clones.Select(Moments));
        there.Clones.ShouldAllBe(c => c.Spans.Any(s => s.Origin == "watch"));
    }

    [Fact]
    public async Task Who_comes_later_takes_nothing_away_from_what_is_written_down()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var options = new CloneOptions { Method = CloneMethodChoice.Restore, Batch = "b", Wait = true, Timeout = TimeSpan.FromMinutes(2) };
        // The holder of the first is among those of the second run, and would be again.
        (await sandbox.CloneAsync([SandboxedCluster.Request("a", "golden-dv"), SandboxedCluster.Request("b", "golden-dv")], options)).Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        var first = await new CloneMeasurer(await sandbox.ConnectAsync()).MeasureBatchAsync("default", "b", default);

        var later = await sandbox.ConnectAsync();
        await foreach (var update in new CloneOperation(later, options).RunAsync([.. "abc".Select(n => SandboxedCluster.Request($"{n}", "golden-dv"))], default))
            update.Kind.ShouldNotBe(ItemUpdateKind.Fault);
        await WaitAsync(await sandbox.ConnectAsync(), await sandbox.ClonesAsync());

        // Neither does what this process saw itself, which is only how they ended.
        foreach (var cluster in new[] { later, await sandbox.ConnectAsync() })
        {
            var second = await new CloneMeasurer(cluster).MeasureBatchAsync("default", "b", default);
            second.Clones.Take(2).Select(Moments).ShouldBe(first.Clones.Select(Moments));
            second.Clones.Count.ShouldBe(3);
            second.Clones.ShouldAllBe(c => c.Spans.Any(s => s.Origin == "watch"));
        }
    }

    [Fact]
    public void Of_two_notes_of_one_clone_the_richer_counts_wherever_it_stands()
    {
        static KubernetesObject Holder(string text) => new(JsonSerializer.SerializeToElement(
            new JsonObject { ["metadata"] = new JsonObject { ["name"] = "x", ["annotations"] = new JsonObject { [CloneLabels.Moments] = text } } }));
        var rich = Holder("""{"u":{"Pending":1000,"RestoreInProgress":2000,"Succeeded":3000}}""");
        var poor = Holder("""{"u":{"RestoreInProgress":2500,"Succeeded":3500},"v":{"Pending":1,"Succeeded":2}}""");

        foreach (var order in new[] { new[] { rich, poor }, [poor, rich] })
        {
            var kept = KeptMoments.Read(order);
            kept["u"].Count.ShouldBe(3);
            kept["v"].Count.ShouldBe(2);
        }
    }

    private static string Moments(CloneTiming clone) => $"{clone.Name}: {string.Join(", ", clone.Spans.Select(s => $"{s.Part} {s.Start.ToUnixTimeMilliseconds()} {s.Origin}"))}";

    private static async Task WaitAsync(KubeVirtCluster cluster, IReadOnlyList<CloneRecord> clones)
    {
        await foreach (var update in new CloneWaiter(cluster).WaitAsync([.. clones.Select(c => c.Reference)], new WaitOptions { Timeout = TimeSpan.FromMinutes(2) }, default))
            update.Kind.ShouldNotBe(ItemUpdateKind.Fault);
    }

    [Fact]
    public async Task They_are_the_machines_own_as_is_all_that_is_noted_on_it()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var options = new CloneOptions { Method = CloneMethodChoice.Direct, Batch = "b", Wait = true, Timeout = TimeSpan.FromMinutes(2) };
        (await sandbox.CloneAsync([SandboxedCluster.Request("one", "golden-dv") with { Memory = "2Gi" }], options)).Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        Noted(await sandbox.MachineAsync("one")).ShouldBe(CloneLabels.OfMachine.Except([CloneLabels.Origin]).Order(StringComparer.Ordinal));

        (await sandbox.CloneAsync([SandboxedCluster.Request("two", "one")], options with { Batch = "c", Wait = false })).Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        Noted(await sandbox.MachineAsync("two")).ShouldBe(CloneLabels.OfMachine.Except([CloneLabels.Origin, CloneLabels.Moments, CloneLabels.Asked]).Order(StringComparer.Ordinal));

        (await new CloneRemoval(sandbox.Cluster).RemoveAsync((await sandbox.ClonesAsync()).Single(c => c.TargetName == "one"), default)).ShouldBeNull();
        Noted(await sandbox.MachineAsync("one")).ShouldBeEmpty();
    }

    private static IEnumerable<string> Noted(VirtualMachineRecord machine) =>
        machine.Raw.Annotations.Keys.Where(k => k.StartsWith("kubevirtclone.io/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
}
