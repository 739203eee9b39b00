using KubeVirtClone.Sandbox.Controllers;

namespace KubeVirtClone.Sandbox.Tests.Controllers;

public sealed class EventLoopTests
{
    private readonly VirtualClock _clock = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public void A_key_waits_once_and_delayed_work_comes_when_due()
    {
        var loop = new EventLoop(_clock);
        var done = new List<string>();
        var queue = new WorkQueue(loop, new RateLimiter(_clock, new ControllerSettings(pacing: true)), k =>
        {
            done.Add(k);
            return null;
        });
        queue.Add("a");
        queue.Add("a");
        queue.AddAfter("b", TimeSpan.FromMinutes(5));
        loop.RunReady();
        done.ShouldBe(["a"]);
        _clock.AdvanceTo(loop.NextDue!.Value);
        loop.RunReady();
        done.ShouldBe(["a", "b"]);
        loop.NextDue.ShouldBeNull();
    }

    [Fact]
    public void A_failing_key_comes_back_with_growing_delay_and_starts_anew_after_success()
    {
        var loop = new EventLoop(_clock);
        var times = new List<double>();
        var failures = 4;
        var queue = new WorkQueue(loop, new RateLimiter(_clock, new ControllerSettings(pacing: false)), _ =>
        {
            times.Add((_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds);
            return failures-- > 0 ? throw new ReconcileException("not yet") : null;
        });
        queue.Add("a");
        loop.RunReady();
        while (loop.NextDue is { } due)
        {
            _clock.AdvanceTo(due);
            loop.RunReady();
        }

        times.ShouldBe([0, 5, 15, 35, 75]);
    }

    [Fact]
    public void With_pacing_all_keys_share_ten_a_second_after_a_hundred()
    {
        var limiter = new RateLimiter(_clock, new ControllerSettings(pacing: true));
        var delays = Enumerable.Range(0, 120).Select(i => limiter.When("key" + i)).ToList();
        delays[99].ShouldBe(TimeSpan.FromMilliseconds(5));
        delays[109].ShouldBe(TimeSpan.FromSeconds(1));
        delays[119].ShouldBe(TimeSpan.FromSeconds(2));
        new RateLimiter(_clock, new ControllerSettings(pacing: false)).When("key").ShouldBe(TimeSpan.Zero);
    }
}
