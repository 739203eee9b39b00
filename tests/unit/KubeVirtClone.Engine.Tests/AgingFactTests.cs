using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests;

/// <summary>What is found out about a cluster is kept for a while, and a "no" not at all.</summary>
public sealed class AgingFactTests
{
    private readonly ManualClock _clock = new();
    private int _asked;

    [Fact]
    public async Task A_yes_is_kept_until_it_is_old()
    {
        var fact = Fact(() => "v1");

        await fact.GetAsync(default);
        _clock.Advance(AgingFact<string?>.Lifetime - TimeSpan.FromTicks(1));
        await fact.GetAsync(default);
        _asked.ShouldBe(1);

        _clock.Advance(TimeSpan.FromTicks(1));
        await fact.GetAsync(default);
        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task A_no_is_never_kept()
    {
        string? answer = null;
        var fact = Fact(() => answer);

        (await fact.GetAsync(default)).ShouldBeNull();
        answer = "v1";

        (await fact.GetAsync(default)).ShouldBe("v1");
        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task A_yes_that_has_become_a_no_is_forgotten()
    {
        string? answer = "v1";
        var fact = Fact(() => answer);
        await fact.GetAsync(default);
        answer = null;
        _clock.Advance(AgingFact<string?>.Lifetime);
        (await fact.GetAsync(default)).ShouldBeNull();
        answer = "v2";

        (await fact.GetAsync(default)).ShouldBe("v2");
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_one_question()
    {
        var answer = new TaskCompletionSource<string?>();
        var fact = new AgingFact<string?>(_ => Ask(answer.Task), value => value is null, _clock);

        var callers = Enumerable.Range(0, 10).Select(_ => fact.GetAsync(default)).ToList();
        answer.SetResult("v1");
        await Task.WhenAll(callers);

        _asked.ShouldBe(1);
    }

    [Fact]
    public async Task Who_gives_up_takes_nobody_along()
    {
        using var first = new CancellationTokenSource();
        var fact = new AgingFact<string?>(
            async ct =>
            {
                if (Interlocked.Increment(ref _asked) == 1)
                    await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                return "v1";
            },
            value => value is null,
            _clock);
        var givingUp = fact.GetAsync(first.Token);
        var patient = fact.GetAsync(default);

        await first.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(givingUp);
        (await patient).ShouldBe("v1");
    }

    private AgingFact<string?> Fact(Func<string?> answer) => new(_ => Ask(Task.FromResult(answer())), value => value is null, _clock);

    private Task<string?> Ask(Task<string?> answer)
    {
        Interlocked.Increment(ref _asked);
        return answer;
    }
}
