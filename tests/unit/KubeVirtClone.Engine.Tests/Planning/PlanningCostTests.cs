using System.Collections.Concurrent;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Planning;

/// <summary>What it costs to plan one clone more: bytes, counted on one thread, which no load of the machine changes.</summary>
public sealed class PlanningCostTests
{
    private readonly World _world = new();

    // A plain request takes 5.5 KB, one with an address of its own 14: names, the request, its patches. A machine parsed or copied for each would show.
    [Theory]
    [InlineData("nothing", 10_000)]
    [InlineData("exclusions", 10_000)]
    [InlineData("patches", 10_000)]
    [InlineData("identity", 20_000)]
    public void Planning_one_clone_more_takes_few_kilobytes_whatever_is_asked_for(string options, int most) => BytesOfOneMore(options).ShouldBeLessThan(most);

    [Fact]
    public void Planning_one_clone_more_takes_no_more_beside_many_restores()
    {
        for (var i = 0; i < 1000; i++)
            _world.PutRelated(World.Restores, $$$"""{ "metadata": { "name": "other-{{{i}}}" }, "spec": { "target": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "other-{{{i}}}" }, "virtualMachineSnapshotName": "s" }, "status": { "complete": false } }""");
        BytesOfOneMore("nothing").ShouldBeLessThan(10_000);
    }

    private static CloneRequest With(CloneRequest request, string options) => options switch
    {
        "exclusions" => request with { ExcludeLabels = ["team/*"], ExcludeAnnotations = ["backup/*"], ExcludeTemplateLabels = ["x-*"] },
        "identity" => request with { Hostname = request.TargetName, TargetLabels = new Dictionary<string, string> { ["tier"] = "web" }, RunStrategy = "Always", GenerateMacAddresses = true },
        "patches" => request with { Patches = ["""{"op":"add","path":"/spec/template/spec/nodeSelector","value":{"a":"b","c":"d"}}"""] },
        _ => request,
    };

    private long BytesOfOneMore(string options)
    {
        Plan(20, options);
        return (Plan(520, options) - Plan(20, options)) / 500;
    }

    private long Plan(int count, string options)
    {
        var requests = World.Requests(count).ConvertAll(r => With(r, options));
        using var thread = new OneThread();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var plan = thread.Run(() => new ClonePlanner(_world.Cluster, new CloneOptions { Method = CloneMethodChoice.Restore }, "b1").PlanAsync(requests, CancellationToken.None));
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        plan.Updates.ShouldNotContain(u => u.Kind == ItemUpdateKind.Fault);
        plan.Clones.Count.ShouldBe(count);
        return bytes;
    }

    /// <summary>Runs what awaits on the thread that calls, so that all it allocates is counted there.</summary>
    private sealed class OneThread : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback Call, object? State)> _calls = [];
        private readonly SynchronizationContext? _before = Current;

        public OneThread() => SetSynchronizationContext(this);

        public override void Post(SendOrPostCallback d, object? state) => _calls.Add((d, state));

        public T Run<T>(Func<Task<T>> start)
        {
            var task = start();
            _ = task.ContinueWith(_ => _calls.CompleteAdding(), TaskScheduler.Default);
            foreach (var (call, state) in _calls.GetConsumingEnumerable())
                call(state);
            return task.GetAwaiter().GetResult();
        }

        public void Dispose()
        {
            SetSynchronizationContext(_before);
            _calls.Dispose();
        }
    }
}
