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
    public void The_time_left_follows_the_pace()
    {
        var meter = new ProgressMeter(100, _clock);
        for (var i = 0; i < 50; i++)
        {
            meter.Begin(i);
            _clock.Advance(TimeSpan.FromSeconds(2));
            meter.End(i, success: true);
        }

        meter.Read().Remaining!.Value.TotalSeconds.ShouldBe(100, 5);
    }

    [Fact]
    public void One_after_the_other_is_estimated_from_the_second_on()
    {
        var meter = new ProgressMeter(3, _clock);
        meter.Begin(1);
        _clock.Advance(TimeSpan.FromMinutes(1));
        meter.End(1, success: true);
        meter.Read().Remaining.ShouldBeNull();
        _clock.Advance(TimeSpan.FromMinutes(1.5));
        meter.Read().Remaining!.Value.TotalMinutes.ShouldBe(5, 0.1);
    }

    // Three hundred at ten a second, after a snapshot of thirty seconds: in bursts of uneven size, some of them late.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bursts_and_pauses_do_not_throw_the_estimate_about(int seed)
    {
        const int total = 300;
        var random = new Random(seed);
        var meter = new ProgressMeter(total, _clock);
        for (var i = 0; i < total; i++)
            meter.Begin(i);
        _clock.Advance(TimeSpan.FromSeconds(30));
        var shown = new List<(double Truth, double Estimate)>();
        var (ended, time, nextBurst) = (0, 0.0, 0.0);
        while (ended < total)
        {
            if (time >= nextBurst)
            {
                nextBurst += 0.5 + (3 * random.NextDouble());
                var due = Math.Min(total, 10 + (int)(time * 10));
                while (ended < due)
                    meter.End(ended++, success: true);
            }

            if (ended >= total / 5 && meter.Read().Remaining is { } left && ended < total)
                shown.Add((Math.Max(0, 29 - time), left.TotalSeconds));
            time += 0.2;
            _clock.Advance(TimeSpan.FromSeconds(0.2));
        }

        shown.Count.ShouldBeGreaterThan(80);
        shown.ShouldAllBe(s => Math.Abs(s.Estimate - s.Truth) < 5 + (s.Truth / 2));
        shown.Zip(shown.Skip(1)).ShouldAllBe(pair => Math.Abs(pair.Second.Estimate - pair.First.Estimate) < 4);
    }

    [Fact]
    public void A_pause_lengthens_the_estimate_little_by_little()
    {
        var meter = new ProgressMeter(300, _clock);
        for (var i = 0; i < 150; i++)
        {
            meter.Begin(i);
            _clock.Advance(TimeSpan.FromSeconds(0.2));
            meter.End(i, success: true);
        }

        _clock.Advance(TimeSpan.FromSeconds(8));
        meter.Read().Remaining!.Value.TotalSeconds.ShouldBeInRange(30, 75);
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
