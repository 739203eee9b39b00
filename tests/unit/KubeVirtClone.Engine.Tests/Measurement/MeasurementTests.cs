using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Insight.Measurement;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Measurement;

public sealed class MeasurementTests
{
    [Fact]
    public async Task A_recorded_clone_with_volumes_has_its_parts_in_order()
    {
        var recorded = RecordedCase.Load("a02-pvc-and-dvtemplate");
        var measured = await new CloneMeasurer(recorded.After()).MeasureAsync([recorded.Reference], CancellationToken.None);
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
        var clone = (await new CloneMeasurer(recorded.After()).MeasureAsync([recorded.Reference], CancellationToken.None)).Clones[0];
        clone.Spans[^1].Part.ShouldBe(ClonePart.Restore);
        clone.Spans[^1].End.ShouldBeNull();
        clone.Total.ShouldBeNull();
    }

    [Fact]
    public async Task A_clone_of_a_snapshot_has_no_snapshot_of_its_own_and_one_without_volumes_binds_nothing()
    {
        var recorded = RecordedCase.Load("a03-snapshot-source");
        var clone = (await new CloneMeasurer(recorded.After()).MeasureAsync([recorded.Reference], CancellationToken.None)).Clones[0];
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

    [Theory]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Restore)]
    public async Task Who_has_waited_for_clones_knows_their_times_to_the_millisecond(CloneMethodChoice method)
    {
        var world = new SnapshotWorld();
        var updates = await world.RunAsync(World.Requests(3), new CloneOptions { Method = method, Wait = method == CloneMethodChoice.Restore, Batch = "b1" });
        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(3);
        if (method == CloneMethodChoice.Clone)
            await FollowAsync(world);
        var measured = await new CloneMeasurer(world.World.Cluster).MeasureBatchAsync("default", "b1", CancellationToken.None);
        measured.Clones.Count.ShouldBe(3);
        measured.Clones.ShouldAllBe(c => c.Spans[0].Origin == "watch" && c.Restore != null);
        // Another process has what whoever waited for them has written down.
        var later = new KubeVirtCluster(world.Client, clock: world.Clock);
        (await new CloneMeasurer(later).MeasureBatchAsync("default", "b1", CancellationToken.None)).Clones
            .ShouldAllBe(c => c.Spans.Any(s => s.Origin == "watch"));
    }

    [Fact]
    public async Task The_time_of_a_clone_begins_when_it_is_asked_for_not_when_the_answer_is_read()
    {
        var world = new SnapshotWorld();
        world.Client.Before = request =>
        {
            if (request is { Verb: "CREATE", Kind.Plural: "virtualmachinerestores" })
                world.Clock.Advance(TimeSpan.FromSeconds(20));
            return Task.CompletedTask;
        };
        await world.RunAsync(World.Requests(1), new CloneOptions { Method = CloneMethodChoice.Restore, Wait = true, Batch = "b1" });
        var clone = (await new CloneMeasurer(world.World.Cluster).MeasureBatchAsync("default", "b1", CancellationToken.None)).Clones.ShouldHaveSingleItem();
        clone.Spans[0].Origin.ShouldBe("watch");
        clone.Restore.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_clone_of_another_cluster_with_the_same_uid_is_another_clone()
    {
        static CloneRecord Record(string created) => CloneRecord.From(new(System.Text.Json.JsonDocument.Parse(
            $$"""{ "kind": "VirtualMachineClone", "metadata": { "name": "c", "uid": "u", "creationTimestamp": "{{created}}" } }""").RootElement));
        var times = new PhaseTimes();
        times.NoteSent(Record("2026-11-20T08:00:00Z"), DateTimeOffset.UnixEpoch);
        times.Of(Record("2026-11-20T08:00:00Z")).ShouldNotBeNull()[ClonePhase.Pending].ShouldBe(DateTimeOffset.UnixEpoch);
        times.Of(Record("2026-11-20T09:00:00Z")).ShouldBeNull();
    }

    // KubeVirt's clone controller, step by step while somebody waits.
    private static async Task FollowAsync(SnapshotWorld world)
    {
        var clones = world.Client.All(World.Clones);
        var waiting = world.ReadAsync(new CloneWaiter(world.World.Cluster).WaitAsync(
            [.. clones.Select(c => new CloneReference("default", c["metadata"]!["name"]!.GetValue<string>()))], new WaitOptions(), CancellationToken.None));
        while (world.World.Cluster.Times.Count < clones.Count)
            await Task.Yield();
        foreach (var clone in clones)
        {
            foreach (var phase in new[] { "RestoreInProgress", "Succeeded" })
                world.World.SetStatus(clone["metadata"]!["name"]!.GetValue<string>(), $$"""{ "phase": "{{phase}}" }""");
        }

        await waiting;
    }
}
