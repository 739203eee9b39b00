using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Methods.Tests.Virtual;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Facts;

/// <summary>A sandbox in virtual time with one machine to clone, <c>golden</c>, whose data is on a claim of a storage class chosen by the test.</summary>
internal sealed class Lab : IAsyncDisposable
{
    private static readonly string[] Kinds =
    [
        "VirtualMachine", "VirtualMachineClone", "VirtualMachineSnapshot", "VirtualMachineSnapshotContent", "VirtualMachineRestore",
        "PersistentVolumeClaim", "DataVolume", "VolumeSnapshot",
    ];

    private readonly VirtualCluster _cluster;

    public Lab(string storage = "fast", bool nodes = false)
    {
        _cluster = new VirtualCluster("default", nodes);
        Post(DemoSeed.Claim("golden-data", "fast", "1Gi"), DemoSeed.Machine("golden", "fedora", [DemoSeed.ContainerDisk(), DemoSeed.ClaimDisk("data", "golden-data")], twoNetworks: true));
        _cluster.Settle(TimeSpan.FromSeconds(30));
        // What is restored gets the class that the source's claim names; the source's own is there already.
        if (storage != "fast")
            Recreate("golden-data", storage);
        Before = State();
        _cluster.Sandbox.StartRecording();
    }

    /// <summary>What there was before the test did anything.</summary>
    public IReadOnlySet<string> Before { get; }

    public VirtualCluster Virtual => _cluster;

    public KubeVirtCluster Cluster => _cluster.Cluster;

    public CloneCatalog Catalog => new(Cluster);

    public BatchLeftovers Leftovers => new(Cluster);

    public DateTimeOffset Now => _cluster.Sandbox.Now;

    public static CloneOptions Options(CloneMethodChoice method = CloneMethodChoice.Restore) =>
        new() { Method = method, Wait = true, For = WaitState.Bound, Batch = "b", Timeout = TimeSpan.FromMinutes(2) };

    public static List<CloneRequest> Requests(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new CloneRequest { Namespace = "default", SourceName = "golden", TargetName = $"vm-{i:d3}" })];

    public void Post(params JsonObject[] objects)
    {
        foreach (var item in objects)
        {
            var answer = _cluster.Sandbox.Post(_cluster.Sandbox.Find(item), "default", item);
            answer["httpStatus"]!.GetValue<int>().ShouldBe(201, answer.ToJsonString());
        }
    }

    /// <summary>Carries out a batch and gives back everything it said.</summary>
    public Task<List<ItemUpdate<CloneRecord>>> CloneAsync(IReadOnlyList<CloneRequest> requests, CloneOptions? options = null) => _cluster.RunAsync(async () =>
    {
        var all = new List<ItemUpdate<CloneRecord>>();
        await foreach (var update in new CloneOperation(Cluster, options ?? Options()).RunAsync(requests, default))
            all.Add(update);
        return all;
    });

    public async Task<List<CloneRecord>> MakeAsync(int count, CloneOptions? options = null)
    {
        var updates = await CloneAsync(Requests(count), options);
        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        return updates.Where(u => u.Kind == ItemUpdateKind.Record).Select(u => u.Record!).ToList();
    }

    public Task<List<CloneRecord>> ListAsync(string batch = "b") => _cluster.RunAsync(async () =>
    {
        var all = new List<CloneRecord>();
        await foreach (var found in Catalog.ListAsync(new CloneQuery { Batch = batch }, default))
            all.Add(found.Value!);
        return all;
    });

    public Task<Fault?> RemoveAsync(CloneRecord clone, bool includeTarget = false, bool force = false) =>
        DoAsync(() => new CloneRemoval(Cluster, includeTarget, force).RemoveAsync(clone, default));

    /// <summary>As <c>Remove-VMClone -Batch b -IncludeTarget</c>; how many clones there were.</summary>
    public async Task<int> RemoveBatchAsync(string batch = "b")
    {
        var clones = await DoAsync(() => BatchRemovalAsync(batch));
        Settle();
        return clones;
    }

    /// <summary>The work of removing a batch with its machines, for who drives it or kills it.</summary>
    public async Task<int> BatchRemovalAsync(string batch)
    {
        var clones = new List<CloneRecord>();
        await foreach (var found in Catalog.ListAsync(new CloneQuery { Batch = batch }, default))
            clones.Add(found.Value!);
        foreach (var clone in clones)
            (await new CloneRemoval(Cluster, includeTarget: true).RemoveAsync(clone, default)).ShouldBeNull();
        (await Leftovers.CollectBatchAsync(null, batch, includeTarget: true, default)).ShouldBeEmpty();
        return clones.Count;
    }

    /// <summary>As <c>Wait-VMClone -For Bound</c>.</summary>
    public Task<bool> WaitForBoundAsync(IEnumerable<CloneRecord> clones) => DoAsync(async () =>
    {
        var options = new WaitOptions { For = WaitState.Bound, Timeout = TimeSpan.FromMinutes(2) };
        await foreach (var update in new CloneWaiter(Cluster).WaitAsync([.. clones.Select(c => c.Reference)], options, default))
            update.Fault.ShouldBeNull();
        return true;
    });

    public Task<T> DoAsync<T>(Func<Task<T>> work) => _cluster.RunAsync(work);

    public async Task StartAsync(params string[] machines)
    {
        await DoAsync(async () =>
        {
            await foreach (var update in new MachinePower(Cluster).StartAsync([.. machines.Select(m => new MachineReference("default", m))], new PowerOptions(), default))
                update.Fault.ShouldBeNull();
            return true;
        });
        Settle();
    }

    public void Settle(double seconds = 60) => _cluster.Settle(TimeSpan.FromSeconds(seconds));

    public SortedSet<string> State() => new(Kinds.SelectMany(k => List(k).Select(o => $"{k} {o.Name()}")), StringComparer.Ordinal);

    public void ShouldBeAsBefore(string? when = null)
    {
        Settle();
        State().ShouldBe(Before, customMessage: when);
    }

    public IReadOnlyList<JsonObject> List(string kind) => _cluster.Sandbox.List(kind);

    public JsonObject? Get(string kind, string name) => _cluster.Sandbox.Get(kind, name);

    public void Delete(string kind, string name)
    {
        _cluster.Sandbox.Delete(kind, name)["httpStatus"]!.GetValue<int>().ShouldBe(200);
        Settle();
    }

    public void Patch(string kind, string name, JsonObject merge) => _cluster.Sandbox.Merge(kind, name, merge)["httpStatus"]!.GetValue<int>().ShouldBe(200);

    /// <summary>Changes that were committed, in order.</summary>
    public IReadOnlyList<StoreEvent> Changes => [.. _cluster.Sandbox.Changes.Select(c => c.Event)];

    /// <summary>The claims of the machines made, by machine.</summary>
    public Dictionary<string, string> Claims() => List("VirtualMachine").Where(m => m.Name() != "golden").ToDictionary(
        m => m.Name(),
        m => m.ArrayAt("spec", "template", "spec", "volumes").Objects().Select(v => v.TextAt("persistentVolumeClaim", "claimName") ?? v.TextAt("dataVolume", "name")).OfType<string>().Single(),
        StringComparer.Ordinal);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private void Recreate(string claim, string storage)
    {
        var patched = DemoSeed.Claim(claim, storage, "1Gi");
        Delete("PersistentVolumeClaim", claim);
        // A class with late or no binding: the source's claim is bound by hand, as one that was used before.
        patched["spec"]!["volumeName"] = "pv-" + claim;
        Post(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolume",
            ["metadata"] = new JsonObject { ["name"] = "pv-" + claim },
            ["spec"] = new JsonObject
            {
                ["accessModes"] = new JsonArray("ReadWriteOnce"),
                ["capacity"] = new JsonObject { ["storage"] = "1Gi" },
                ["claimRef"] = new JsonObject { ["namespace"] = "default", ["name"] = claim },
                ["csi"] = new JsonObject { ["driver"] = "csi.fake.example.com", ["volumeHandle"] = "h-" + claim },
                ["persistentVolumeReclaimPolicy"] = "Delete",
                ["storageClassName"] = storage,
            },
        });
        Post(patched);
        Settle();
        Get("PersistentVolumeClaim", claim).TextAt("status", "phase").ShouldBe("Bound");
    }
}
