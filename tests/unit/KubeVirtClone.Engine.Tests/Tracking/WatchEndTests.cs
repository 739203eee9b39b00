using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Tracking;

/// <summary>A watch that ends, for whatever reason, ends everyone who waits for what it would have shown.</summary>
public sealed class WatchEndTests
{
    private readonly World _world = new();

    [Theory]
    [InlineData("closed", "its connection was closed")]
    [InlineData("broken", "something unforeseen")]
    [InlineData("over", "ended by itself")]
    public async Task A_wait_for_clones_ends_with_the_watch_and_says_why(string how, string why)
    {
        _world.AnswerWith("""{"phase":"SnapshotInProgress","snapshotName":"s"}""");

        var fault = await FaultOfAsync(_world.CloneAsync(World.Requests(3), new CloneOptions { Wait = true }), how);

        (fault.Id, fault.Category).ShouldBe((FaultIds.ApiRequestFailed, FaultCategory.ConnectionError));
        fault.Message.ShouldContain(why);
    }

    private async Task<Fault> FaultOfAsync(Task<List<ItemUpdate<CloneRecord>>> wait, string how)
    {
        while (_world.Client.OpenWatches == 0)
        {
            wait.IsCompleted.ShouldBeFalse();
            await Task.Yield();
        }

        _world.Client.EndWatches(how switch
        {
            "closed" => new ObjectDisposedException("client"),
            "broken" => new InvalidOperationException("something unforeseen"),
            _ => null,
        });
        try
        {
            var updates = await wait.WaitAsync(TimeSpan.FromSeconds(60));
            return updates.First(update => update.Fault is not null).Fault!;
        }
        catch (EngineException e)
        {
            return e.Fault;
        }
    }
}
