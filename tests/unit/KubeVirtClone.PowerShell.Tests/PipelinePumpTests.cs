using KubeVirtClone.Pipeline;

namespace KubeVirtClone.PowerShell.Tests;

public sealed class PipelinePumpTests
{
    [Fact]
    public void Runs_posted_actions_in_order_on_the_calling_thread()
    {
        using var pump = new PipelinePump();
        var thread = Environment.CurrentManagedThreadId;
        List<int> seen = [];
        var ended = pump.Run(
            async ct =>
            {
                for (var i = 0; i < 2000; i++)
                {
                    var n = i;
                    pump.Post(() =>
                    {
                        Environment.CurrentManagedThreadId.ShouldBe(thread);
                        seen.Add(n);
                    });
                    if (i % 500 == 0) await Task.Yield();
                }
            },
            tick: null,
            CancellationToken.None);
        ended.ShouldBeTrue();
        seen.ShouldBe(Enumerable.Range(0, 2000));
    }

    [Fact]
    public void What_was_begun_goes_on_beside_and_posts_to_the_calling_thread()
    {
        using var pump = new PipelinePump();
        using var both = new Barrier(2);
        var thread = Environment.CurrentManagedThreadId;
        List<int> seen = [];
        foreach (var n in new[] { 1, 2 })
        {
            pump.Begin(
                _ =>
                {
                    // Neither can go on before the other is under way.
                    both.SignalAndWait(TimeSpan.FromMinutes(1), CancellationToken.None).ShouldBeTrue();
                    pump.Post(() =>
                    {
                        Environment.CurrentManagedThreadId.ShouldBe(thread);
                        seen.Add(n);
                    });
                    return Task.CompletedTask;
                },
                CancellationToken.None);
            pump.Drain();
        }

        pump.Finish(tick: null, CancellationToken.None).ShouldBeTrue();
        seen.Order().ShouldBe([1, 2]);
    }

    [Fact]
    public void What_fails_ends_what_else_was_begun()
    {
        using var pump = new PipelinePump();
        pump.Begin(ct => Task.Delay(Timeout.Infinite, ct), CancellationToken.None);
        pump.Begin(_ => throw new InvalidDataException("x"), CancellationToken.None);
        Should.Throw<InvalidDataException>(() => pump.Finish(tick: null, CancellationToken.None)).Message.ShouldBe("x");
    }

    [Fact]
    public void Throws_what_the_work_throws_after_its_last_action()
    {
        using var pump = new PipelinePump();
        var ran = false;
        var thrown = Should.Throw<InvalidDataException>(() => pump.Run(
            _ =>
            {
                pump.Post(() => ran = true);
                throw new InvalidDataException("x");
            },
            null,
            CancellationToken.None));
        thrown.Message.ShouldBe("x");
        ran.ShouldBeTrue();
    }

    [Fact]
    public void Cancels_the_work_when_an_action_throws()
    {
        using var pump = new PipelinePump { StopGrace = TimeSpan.FromSeconds(30) };
        var cancelled = false;
        Should.Throw<InvalidDataException>(() => pump.Run(
            async ct =>
            {
                pump.Post(() => throw new InvalidDataException("the pipeline stops"));
                try
                {
                    await Task.Delay(Timeout.Infinite, ct);
                }
                finally
                {
                    cancelled = ct.IsCancellationRequested;
                }
            },
            null,
            CancellationToken.None));
        cancelled.ShouldBeTrue();
    }

    [Fact]
    public void Leaves_work_behind_that_does_not_stop()
    {
        using var pump = new PipelinePump { StopGrace = TimeSpan.FromMilliseconds(50) };
        using var stop = new CancellationTokenSource();
        var never = new TaskCompletionSource();
        var ended = pump.Run(
            async _ =>
            {
                pump.Post(stop.Cancel);
                await never.Task;
            },
            null,
            stop.Token);
        ended.ShouldBeFalse();
    }

    [Fact]
    public async Task Refuses_posts_once_it_has_stopped()
    {
        var pump = new PipelinePump { StopGrace = TimeSpan.FromMilliseconds(10) };
        using var stop = new CancellationTokenSource();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        pump.Run(
            async _ =>
            {
                pump.Post(stop.Cancel);
                await release.Task;
                try
                {
                    pump.Post(() => { });
                    late.SetResult(null);
                }
                catch (Exception e)
                {
                    late.SetResult(e);
                }
            },
            null,
            stop.Token);
        pump.Dispose();
        release.SetResult();
        (await late.Task).ShouldBeAssignableTo<OperationCanceledException>();
    }

    [Fact]
    public void Holds_back_work_that_runs_far_ahead_of_the_pipeline()
    {
        using var pump = new PipelinePump();
        var posted = 0;
        var mostAhead = 0;
        var taken = 0;
        pump.Run(
            _ =>
            {
                for (var i = 0; i < 5000; i++)
                {
                    pump.Post(() =>
                    {
                        taken++;
                        mostAhead = Math.Max(mostAhead, Volatile.Read(ref posted) - taken);
                    });
                    Interlocked.Increment(ref posted);
                }

                return Task.CompletedTask;
            },
            null,
            CancellationToken.None);
        taken.ShouldBe(5000);
        mostAhead.ShouldBeLessThan(600);
    }

    [Fact]
    public void Ticks_while_nothing_is_posted()
    {
        using var pump = new PipelinePump { TickInterval = TimeSpan.FromMilliseconds(1) };
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ticks = 0;
        pump.Run(
            _ => enough.Task,
            () =>
            {
                if (++ticks == 5) enough.SetResult();
            },
            CancellationToken.None).ShouldBeTrue();
        ticks.ShouldBeGreaterThanOrEqualTo(5);
    }

    [Fact]
    public void Runs_an_action_at_once_when_posted_from_the_pipeline_thread()
    {
        using var pump = new PipelinePump();
        List<string> order = [];
        pump.Run(
            _ =>
            {
                pump.Post(() =>
                {
                    pump.Post(() => order.Add("inner"));
                    order.Add("outer");
                });
                return Task.CompletedTask;
            },
            null,
            CancellationToken.None);
        order.ShouldBe(["inner", "outer"]);
    }
}
