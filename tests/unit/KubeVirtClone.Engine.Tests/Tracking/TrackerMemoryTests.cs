using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Tests.Tracking;

/// <summary>
/// Who follows thousands of clones keeps of each only what it is now, and nothing of those that are done or that nobody waits for. Objects that are still
/// there are counted, not bytes: those are other tests' too.
/// </summary>
public sealed class TrackerMemoryTests
{
    private const string Done = """{"phase":"Succeeded","conditions":[{"type":"Ready","status":"True"}]}""";

    // What is on its way from the watch, and what the last look found.
    private const int OnTheWay = 20;

    private readonly World _world = new();
    private readonly ConcurrentBag<WeakReference> _shown = [];

    public TrackerMemoryTests() => _world.Client.Shown = item => _shown.Add(new WeakReference(item));

    [Fact]
    public async Task Five_thousand_that_change_are_kept_once_each_and_others_not_at_all()
    {
        const int Count = 5_000, Others = 2_000, Rounds = 3;
        var references = Enumerable.Range(0, Count).Select(i => Put($"c-{i}")).ToList();
        for (var i = 0; i < Others; i++)
            Put($"other-{i}");
        var reached = 0;
        var waiting = Task.Run(async () =>
        {
            await foreach (var update in new CloneWaiter(_world.Cluster).WaitAsync(references, new WaitOptions { For = WaitState.Bound }, default))
                reached += update.Kind == ItemUpdateKind.Record ? 1 : 0;
        });

        await UntilAliveAsync(shown: Count + Others, atMost: Count);
        for (var round = 1; round <= Rounds; round++)
        {
            foreach (var reference in references)
                _world.SetStatus(reference.Name, $$"""{"phase":"RestoreInProgress","restoreName":"r{{round}}"}""");
            await UntilAliveAsync(shown: Count + Others + (round * Count), atMost: Count);
        }

        foreach (var reference in references.Skip(100))
            _world.SetStatus(reference.Name, Done);
        await UntilAliveAsync(shown: 0, atMost: 100);
        foreach (var reference in references.Take(100))
            _world.SetStatus(reference.Name, Done);
        await waiting;
        reached.ShouldBe(Count);
    }

    [Fact]
    public async Task Of_a_batch_what_was_given_is_not_kept_until_it_is_over()
    {
        const int Count = 1_000;
        _world.SucceedAtOnce();
        var (given, left) = (0, Count);
        var run = Task.Run(async () =>
        {
            var options = World.Plain(new CloneOptions { Wait = true, For = WaitState.Bound });
            await foreach (var update in new CloneOperation(_world.Cluster, options).RunAsync(World.Requests(Count), default))
            {
                if (update.Kind == ItemUpdateKind.Record && ++given == Count)
                    left = Alive();
            }
        });
        await _world.Clock.RunUntilDoneAsync(run);

        given.ShouldBe(Count);
        left.ShouldBeLessThanOrEqualTo(CloneOptions.DefaultThrottleLimit + OnTheWay);
    }

    [Fact]
    public async Task One_that_was_forgotten_is_read_when_it_is_followed_again()
    {
        var clone = Put("c");
        _world.SetStatus("c", Done);
        await using var tracker = await CloneTracker.CreateAsync(_world.Cluster, World.Clones, new(), WaitState.Bound, new TrackerEvents((_, _, _) => { }), default);
        (await FollowAsync()).Record!.Bound.ShouldBeTrue();
        _world.Client.Count("GET").ShouldBe(0);
        (await FollowAsync()).Record!.Bound.ShouldBeTrue();
        _world.Client.Count("GET").ShouldBe(1);
        (await FollowAsync("another")).Fault!.Id.ShouldBe(FaultIds.VMCloneDeleted);
        _world.Client.Remove(World.Clones, "default", "c");
        (await FollowAsync()).Fault!.Id.ShouldBe(FaultIds.VMCloneNotFound);

        Task<FollowOutcome> FollowAsync(string? uid = null) => tracker.FollowAsync(clone with { Uid = uid ?? clone.Uid }, initial: null, timeout: null, default);
    }

    private CloneReference Put(string name)
    {
        var stored = _world.Client.Put(World.Clones, (JsonObject)JsonNode.Parse($$$"""
            {"apiVersion":"clone.kubevirt.io/v1beta1","kind":"VirtualMachineClone","metadata":{"name":"{{{name}}}"},
             "spec":{"source":{"kind":"VirtualMachine","name":"golden"},"target":{"kind":"VirtualMachine","name":"{{{name}}}"} },"status":{"phase":"RestoreInProgress"} }
            """)!);
        return new("default", name, stored["metadata"]!["uid"]!.GetValue<string>()) { Method = CloneMethod.Clone };
    }

    private async Task UntilAliveAsync(int shown, int atMost)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (_shown.Count < shown || Alive() > atMost + OnTheWay)
            await Task.Delay(10, patience.Token);
    }

    private int Alive()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return _shown.Count(s => s.IsAlive);
    }
}
