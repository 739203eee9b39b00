using System.Text.Json;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Engine.Waiting;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Tracking;

public sealed class ProgressMeterTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void The_time_left_follows_the_pace_and_grows_while_nothing_ends()
    {
        var meter = new ProgressMeter(10, _clock);
        for (var i = 0; i < 5; i++)
        {
            meter.Begin(i);
            _clock.Advance(TimeSpan.FromSeconds(2));
            meter.End(i, success: true);
        }

        meter.Read().Remaining!.Value.TotalSeconds.ShouldBe(10, 0.01);
        _clock.Advance(TimeSpan.FromSeconds(6));
        meter.Read().Remaining!.Value.TotalSeconds.ShouldBe(30, 0.01);
    }

    [Fact]
    public void There_is_no_estimate_before_anything_has_ended()
    {
        var meter = new ProgressMeter(10, _clock);
        meter.Begin(1);
        meter.Read().Remaining.ShouldBeNull();
    }

    [Fact]
    public void At_most_three_are_named_and_they_are_the_oldest()
    {
        var meter = new ProgressMeter(10, _clock);
        for (var i = 0; i < 6; i++)
        {
            meter.Begin(i);
            meter.Seen(i, Record($"c{i}", "RestoreInProgress"));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        var progress = meter.Read();
        progress.Slowest.Select(s => s.Name).ShouldBe(["c0", "c1", "c2"]);
        progress.PercentComplete.ShouldBe(30);
        progress.Running.ShouldBe(6);
        progress.Waiting.ShouldBe(4);
    }

    private static CloneRecord Record(string name, string phase) => CloneRecord.From(new KubernetesObject(JsonDocument.Parse(
        $$"""{"metadata":{"name":"{{name}}","namespace":"default","uid":"u"},"status":{"phase":"{{phase}}" } }""").RootElement));
}
