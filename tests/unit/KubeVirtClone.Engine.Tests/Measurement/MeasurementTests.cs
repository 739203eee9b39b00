using KubeVirtClone.Engine.Measurement;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Measurement;

public sealed class MeasurementTests
{
    [Fact]
    public async Task A_recorded_clone_with_volumes_has_its_parts_in_order()
    {
        var recorded = RecordedCase.Load("a02-pvc-and-dvtemplate");
        var measured = await new CloneMeasurer(recorded.After()).MeasureAsync([recorded.Reference], watch: null, CancellationToken.None);
        var clone = measured.Clones.ShouldHaveSingleItem();
        clone.Spans.Select(s => s.Part).ShouldBe([ClonePart.Snapshot, ClonePart.Restore, ClonePart.Bind]);
        clone.Spans.Zip(clone.Spans.Skip(1)).ShouldAllBe(p => p.First.End == p.Second.Start);
        clone.Spans.ShouldAllBe(s => s.Duration >= TimeSpan.Zero && s.Origin.StartsWith("event ", StringComparison.Ordinal));
        clone.Total.ShouldBe(clone.Snapshot + clone.Restore + clone.Bind);
        measured.Batch.Succeeded.ShouldBe(1);
    }

    [Fact]
    public async Task A_clone_that_is_stuck_has_a_part_that_lasts()
    {
        var recorded = RecordedCase.Load("i19-restore-never-bound");
        var clone = (await new CloneMeasurer(recorded.After()).MeasureAsync([recorded.Reference], watch: null, CancellationToken.None)).Clones[0];
        clone.Spans[^1].Part.ShouldBe(ClonePart.Restore);
        clone.Spans[^1].End.ShouldBeNull();
        clone.Total.ShouldBeNull();
    }

    [Fact]
    public async Task A_clone_of_a_snapshot_has_no_snapshot_of_its_own_and_one_without_volumes_binds_nothing()
    {
        var recorded = RecordedCase.Load("a03-snapshot-source");
        var clone = (await new CloneMeasurer(recorded.After()).MeasureAsync([recorded.Reference], watch: null, CancellationToken.None)).Clones[0];
        clone.Spans.Select(s => s.Part).ShouldBe([ClonePart.Restore]);
    }

    [Fact]
    public void Percentiles_are_durations_that_were_measured()
    {
        var spread = DurationSpread.Of("Total", Enumerable.Range(1, 200).Select(i => (TimeSpan?)TimeSpan.FromSeconds(i)).Append(null))!;
        (spread.Count, spread.Minimum.TotalSeconds, spread.P50.TotalSeconds, spread.P90.TotalSeconds, spread.P99.TotalSeconds, spread.Maximum.TotalSeconds)
            .ShouldBe((200, 1, 100, 180, 198, 200));
        spread.Mean.TotalSeconds.ShouldBe(100.5);
        DurationSpread.Of("Total", []).ShouldBeNull();
        DurationSpread.Of("Total", [TimeSpan.FromSeconds(3)])!.P99.TotalSeconds.ShouldBe(3);
    }

    [Fact]
    public async Task A_watch_that_was_begun_before_gives_finer_times()
    {
        var world = new World();
        await using var watch = await PhaseWatch.StartAsync(world.Cluster, "default", "b1", CancellationToken.None);
        world.PutRelated(World.Clones, """
            { "apiVersion": "clone.kubevirt.io/v1beta1", "kind": "VirtualMachineClone",
              "metadata": { "name": "c", "uid": "u1", "labels": { "kubevirtclone.io/batch": "b1" } },
              "spec": { "source": { "kind": "VirtualMachine", "name": "golden" }, "target": { "name": "web-1" } } }
            """);
        foreach (var (after, phase) in new[] { (300, "SnapshotInProgress"), (1250, "RestoreInProgress"), (2400, "Succeeded") })
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(after));
            world.SetStatus("c", $$"""{ "phase": "{{phase}}" }""");
            await UntilAsync(() => watch.Of("u1")?.ContainsKey(Enum.Parse<ClonePhase>(phase)) == true);
        }

        var clone = (await new CloneMeasurer(world.Cluster).MeasureBatchAsync("default", "b1", watch, CancellationToken.None)).Clones.ShouldHaveSingleItem();
        clone.Snapshot!.Value.TotalMilliseconds.ShouldBe(1550);
        clone.Restore!.Value.TotalMilliseconds.ShouldBe(2400);
        clone.Spans[0].Origin.ShouldBe("watch");
    }

    private static async Task UntilAsync(Func<bool> done)
    {
        while (!done())
            await Task.Yield();
    }
}
