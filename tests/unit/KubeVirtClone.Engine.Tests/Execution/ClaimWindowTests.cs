using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Execution;

public sealed class ClaimWindowTests
{
    private readonly ManualClock _clock = new();
    private readonly ClaimWindow _window;

    public ClaimWindowTests() => _window = new ClaimWindow(_clock);

    [Fact]
    public async Task Claims_that_are_bound_soon_hold_nobody_up()
    {
        await EnterAsync(10 * ClaimWindow.Limit);
        _clock.Advance(ClaimWindow.Soon - TimeSpan.FromTicks(1));
        await _window.EnterAsync(1, default);
        _clock.Advance(TimeSpan.FromTicks(1));
        _window.EnterAsync(1, default).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task While_one_has_been_pending_for_long_no_more_than_fifty_are()
    {
        var rooms = await EnterAsync(60);
        _clock.Advance(ClaimWindow.Soon);
        var next = _window.EnterAsync(1, default);
        foreach (var room in rooms[^10..])
        {
            room.Dispose();
            // Given back twice it counts once.
            room.Dispose();
        }

        next.IsCompleted.ShouldBeFalse();
        rooms[49].Dispose();
        await next;
    }

    [Fact]
    public async Task When_the_last_slow_one_is_bound_all_go_on()
    {
        var slow = await _window.EnterAsync(1, default);
        _clock.Advance(ClaimWindow.Soon);
        await EnterAsync(ClaimWindow.Limit - 1);
        var more = Enumerable.Range(0, 100).Select(_ => _window.EnterAsync(1, default)).ToList();
        more.ShouldAllBe(m => !m.IsCompleted);
        slow.Dispose();
        await Task.WhenAll(more);
    }

    [Fact]
    public async Task A_machine_of_many_claims_waits_until_it_is_alone_and_is_not_passed()
    {
        var first = await _window.EnterAsync(1, default);
        _clock.Advance(ClaimWindow.Soon);
        var large = _window.EnterAsync(ClaimWindow.Limit + 10, default);
        var small = _window.EnterAsync(1, default);
        (large.IsCompleted || small.IsCompleted).ShouldBeFalse();
        // Who has no claims waits for nobody.
        (await _window.EnterAsync(0, default)).Dispose();
        first.Dispose();
        await large;
        await small;
    }

    [Fact]
    public async Task Whoever_stops_waiting_holds_nobody_up()
    {
        await _window.EnterAsync(ClaimWindow.Limit - 1, default);
        _clock.Advance(ClaimWindow.Soon);
        using var stop = new CancellationTokenSource();
        var impatient = _window.EnterAsync(2, stop.Token);
        var patient = _window.EnterAsync(1, default);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(impatient);
        await patient;
        _window.EnterAsync(1, default).IsCompleted.ShouldBeFalse();
    }

    private Task<IDisposable[]> EnterAsync(int machines) => Task.WhenAll(Enumerable.Range(0, machines).Select(_ => _window.EnterAsync(1, default)));
}
