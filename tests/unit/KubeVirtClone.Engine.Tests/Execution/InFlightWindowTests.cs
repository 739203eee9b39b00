using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Execution;

public sealed class InFlightWindowTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task It_admits_as_many_as_its_size_and_the_next_when_one_leaves()
    {
        var window = new InFlightWindow(2, _clock);
        await window.AcquireAsync(default);
        await window.AcquireAsync(default);
        var third = window.AcquireAsync(default);
        third.IsCompleted.ShouldBeFalse();
        window.Release();
        await third;
    }

    [Fact]
    public void Trouble_halves_it_once_a_second_down_to_one_and_success_lets_it_grow_back()
    {
        var window = new InFlightWindow(16, _clock);
        window.Trouble().ShouldBeTrue();
        window.Trouble().ShouldBeFalse();
        window.Size.ShouldBe(8);
        for (var i = 0; i < 6; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(2));
            window.Trouble();
        }

        window.Size.ShouldBe(1);
        for (var i = 0; i < 300; i++)
            window.Success();
        window.Size.ShouldBe(16);
    }

    [Fact]
    public async Task Whoever_stops_waiting_takes_no_place()
    {
        var window = new InFlightWindow(1, _clock);
        await window.AcquireAsync(default);
        using var stop = new CancellationTokenSource();
        var impatient = window.AcquireAsync(stop.Token);
        var patient = window.AcquireAsync(default);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(impatient);
        window.Release();
        await patient;
    }
}
