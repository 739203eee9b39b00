using KubeVirtClone.Engine.Insight.Measurement;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
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
        updates.Of(CloneUpdateKind.Fault).ShouldBeEmpty();
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
}
