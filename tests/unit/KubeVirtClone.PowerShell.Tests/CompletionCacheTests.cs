using KubeVirtClone.Completion;

namespace KubeVirtClone.PowerShell.Tests;

public sealed class CompletionCacheTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public void Asks_once_in_half_a_minute()
    {
        var clock = new ManualClock();
        var cache = new CompletionCache(clock);
        var asked = 0;
        cache.Get("vm", Long, Fetch).Single().Name.ShouldBe("1");
        clock.Now += TimeSpan.FromSeconds(29);
        cache.Get("vm", Long, Fetch).Single().Name.ShouldBe("1");
        clock.Now += TimeSpan.FromSeconds(2);
        cache.Get("vm", Long, Fetch).Single().Name.ShouldBe("2");
        cache.Get("other namespace", Long, Fetch).Single().Name.ShouldBe("3");

        Task<IReadOnlyList<Candidate>> Fetch(CancellationToken _) => Task.FromResult<IReadOnlyList<Candidate>>([new($"{++asked}", "")]);
    }

    [Fact]
    public void Gives_up_at_the_deadline_and_has_the_answer_at_the_next_tab()
    {
        var cache = new CompletionCache(new ManualClock());
        var answer = new TaskCompletionSource<IReadOnlyList<Candidate>>(TaskCreationOptions.RunContinuationsAsynchronously);
        cache.Get("vm", TimeSpan.FromMilliseconds(20), _ => answer.Task).ShouldBeEmpty();
        answer.SetResult([new("web", "")]);
        cache.Get("vm", Long, _ => throw new InvalidOperationException("asked twice")).Single().Name.ShouldBe("web");
    }

    [Fact]
    public void Offers_nothing_after_a_failure_and_tries_again()
    {
        var cache = new CompletionCache(new ManualClock());
        cache.Get("vm", Long, _ => throw new InvalidOperationException("unreachable")).ShouldBeEmpty();
        cache.Get("vm", Long, _ => Task.FromResult<IReadOnlyList<Candidate>>([new("web", "")])).Single().Name.ShouldBe("web");
    }

    private sealed class ManualClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
