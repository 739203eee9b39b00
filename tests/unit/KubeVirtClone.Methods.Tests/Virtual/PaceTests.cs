using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Methods.Tests.Facts;

namespace KubeVirtClone.Methods.Tests.Virtual;

/// <summary>How long 100 clones of one machine take until their volumes are bound, at KubeVirt's pace and with a time for every request, in virtual time.</summary>
public sealed class PaceTests
{
    private const int Count = 100;
    private const int AtLeast = 15;

    [Fact]
    public async Task A_hundred_clones_by_restores_take_a_fifteenth_of_the_time_they_take_by_clones()
    {
        // As many in flight as a user allows who is in a hurry; neither method is held back by the throttle.
        var byClone = await MeasureAsync(CloneMethodChoice.Clone, Count);
        var byRestore = await MeasureAsync(CloneMethodChoice.Restore, Count);

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{Count} clones until Bound: by Clone {byClone.TotalSeconds:f1} s, by Restore {byRestore.TotalSeconds:f1} s, {byClone / byRestore:f0} times as fast (virtual time, {VirtualCluster.RequestTime.TotalMilliseconds} ms a request)");
        (byClone / byRestore).ShouldBeGreaterThanOrEqualTo(AtLeast);
    }

    [Fact]
    public async Task Made_directly_they_wait_for_each_others_claims_only_where_a_throttle_is_given()
    {
        var free = await MeasureAsync(CloneMethodChoice.Direct, throttle: null);
        var held = await MeasureAsync(CloneMethodChoice.Direct, CloneOptions.DefaultThrottleLimit);

        TestContext.Current.TestOutputHelper!.WriteLine($"{Count} clones until Bound: {free.TotalSeconds:f1} s, {held.TotalSeconds:f1} s with {CloneOptions.DefaultThrottleLimit} in flight until then (virtual time)");
        (held / free).ShouldBeGreaterThan(2);
    }

    private static async Task<TimeSpan> MeasureAsync(CloneMethodChoice method, int? throttle)
    {
        await using var lab = new Lab();
        var options = Lab.Options(method) with { ThrottleLimit = throttle, Timeout = TimeSpan.FromHours(2) };
        var started = lab.Now;
        await lab.MakeAsync(Count, options);
        return lab.Now - started;
    }
}
