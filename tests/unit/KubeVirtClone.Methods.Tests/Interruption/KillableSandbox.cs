using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KubeVirtClone.Cli.Tests.Processes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Methods.Tests.Virtual;
using KubeVirtClone.Sandbox;
using KubeVirtClone.Sandbox.Http;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using Box = KubeVirtClone.Sandbox.Sandbox;
using Fault = KubeVirtClone.Sandbox.Fault;

namespace KubeVirtClone.Methods.Tests.Interruption;

/// <summary>A sandbox in the test's process, and kubectl-vmclone in processes of its own that can be killed at a request.</summary>
internal sealed class KillableSandbox : IAsyncDisposable
{
    private const int SigKill = 9;

    private static readonly RequestInfo Admin = new("admin", ["system:masters"]);

    private static readonly string[] Kinds =
    [
        "VirtualMachine", "VirtualMachineClone", "VirtualMachineSnapshot", "VirtualMachineSnapshotContent", "VirtualMachineRestore",
        "PersistentVolumeClaim", "DataVolume", "VolumeSnapshot",
    ];

    private readonly List<string> _namespaces = ["default"];
    private readonly string _folder = Directory.CreateTempSubdirectory("killed-runs-").FullName;

    private KillableSandbox(Box box)
    {
        Box = box;
        box.Api.Subscribe(change =>
        {
            if (change is { Type: StoreEventType.Added, Resource.Kind: "VirtualMachine" })
                Made.Enqueue(change.Name);
        });
    }

    public Box Box { get; }

    /// <summary>Names of the machines that were made, in order; a name twice was made twice.</summary>
    public ConcurrentQueue<string> Made { get; } = [];

    /// <summary>Mutating requests of the last run.</summary>
    public ConcurrentQueue<SeenRequest> Seen { get; private set; } = [];

    private string KubeConfig => Path.Combine(_folder, "config");

    public static async Task<KillableSandbox> StartAsync(double clockFactor = 20, int? seed = null)
    {
        var made = new KillableSandbox(await Box.StartAsync(new SandboxOptions { Pacing = false, ClockFactor = clockFactor, Seed = seed }, default));
        await made.Box.WriteKubeConfigAsync(made.KubeConfig);
        return made;
    }

    /// <summary>Runs a command to its end.</summary>
    public async Task<Finished> RunAsync(params string[] arguments)
    {
        Watch((_, _) => null);
        return await CliProcess.RunAsync(CliProcess.Program, arguments, KubeConfig);
    }

    /// <summary>Runs a command until it is killed; false when it ended before it came to that point.</summary>
    public async Task<bool> RunAndKillAsync(KillPoint at, params string[] arguments)
    {
        var child = new TaskCompletionSource<CliProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        var killed = 0;
        Watch((count, _) =>
        {
            if (Volatile.Read(ref killed) == 0 && count == at.Request)
            {
                child.Task.GetAwaiter().GetResult().Signal(SigKill);
                Volatile.Write(ref killed, 1);
                return at.Done ? null : new Fault { Kind = FaultKind.Hang };
            }

            // What the process had sent besides is not carried out either.
            return Volatile.Read(ref killed) == 1 ? new Fault { Kind = FaultKind.Hang } : null;
        });
        await using var process = CliProcess.Start(CliProcess.Program, arguments, KubeConfig, "");
        child.SetResult(process);
        var ended = await process.EndAsync();
        Box.Faults.Decide = null;
        if (killed == 0)
            ended.ShouldEndWith(0);
        return killed == 1;
    }

    /// <summary>Removes what <c>get --batch</c> shows and <c>remove --batch</c> finds, with the machines; how many clones that were.</summary>
    public async Task<int> RemoveBatchAsync(string batch)
    {
        Box.Faults.Decide = null;
        await using var cluster = await ConnectAsync();
        var catalog = new CloneCatalog(cluster);
        var clones = new List<CloneRecord>();
        await foreach (var found in catalog.ListAsync(new CloneQuery { Batch = batch }, default))
            clones.Add(found.Value!);
        foreach (var clone in clones)
            (await new CloneRemoval(cluster, includeTarget: true).RemoveAsync(clone, default)).ShouldBeNull();
        (await new BatchLeftovers(cluster).CollectBatchAsync(null, batch, includeTarget: true, default)).ShouldBeEmpty();
        return clones.Count;
    }

    /// <summary>What there is in the namespace, by kind and name; and in others that were made here.</summary>
    public SortedSet<string> State() => new(
        _namespaces.SelectMany(ns => Kinds.SelectMany(kind => List(kind, ns).Select(o => $"{(ns == "default" ? "" : ns + "/")}{kind} {o.Name()}"))),
        StringComparer.Ordinal);

    public IReadOnlyList<JsonObject> List(string kind, string ns = "default") => Box.Api.List(Box.Api.Types.First(t => t.Kind == kind), ns);

    /// <summary>Makes a namespace, which is part of the state from then on.</summary>
    public void AddNamespace(string name)
    {
        var manifest = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } };
        Box.Api.Create(Box.Api.Types.First(t => t.Kind == "Namespace"), null, manifest, Admin);
        _namespaces.Add(name);
    }

    public Task<KubeVirtCluster> ConnectAsync(TimeSpan? requestTimeout = null) =>
        KubeVirtCluster.ConnectAsync(new KubeConfigOptions { Path = KubeConfig }, EngineCallbacks.None, default, requestTimeout);

    /// <summary>A running machine with a disk of its own, which goes with it.</summary>
    public async Task MakeMachineAsync(string name)
    {
        var machines = Box.Api.Type("kubevirt.io", "virtualmachines");
        var text = Box.Api.Get(machines, "default", "golden-dv")!.ToJsonString().Replace("golden-dv", name, StringComparison.Ordinal);
        var machine = (JsonObject)JsonNode.Parse(text)!;
        machine.Remove("status");
        machine["metadata"] = new JsonObject { ["name"] = name };
        machine["spec"]!["runStrategy"] = "Always";
        Box.Api.Create(machines, "default", machine, Admin);
        await WaitUntilAsync(() => Box.Api.Get(machines, "default", name).TextAt("status", "printableStatus") == "Running");
    }

    public async Task RemoveMachineAsync(string name)
    {
        var machines = Box.Api.Type("kubevirt.io", "virtualmachines");
        Box.Api.Delete(machines, "default", name, new DeleteRequest(), Admin);
        await WaitUntilAsync(() => Box.Api.Get(machines, "default", name) is null);
    }

    /// <summary>Waits for a state of the sandbox.</summary>
    public static async Task WaitUntilAsync(Func<bool> reached, Action? orElse = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!reached())
        {
            if (patience.IsCancellationRequested && orElse is not null)
            {
                orElse();
                return;
            }

            await Task.Delay(10, orElse is null ? patience.Token : CancellationToken.None);
        }
    }

    /// <summary>Waits until the namespace holds exactly what is expected.</summary>
    public async Task ShouldBecomeAsync(IReadOnlySet<string> expected, string when)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!State().SetEquals(expected))
        {
            if (patience.IsCancellationRequested)
            {
                var now = State();
                throw new ShouldAssertException($"{when}: too much: {string.Join(", ", now.Except(expected))}; missing: {string.Join(", ", expected.Except(now))}");
            }

            await Task.Delay(10, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Box.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>From now on mutating requests are noted, and struck by what is decided for each by its number, from 1.</summary>
    public void Watch(Func<int, SeenRequest, Fault?> decide)
    {
        var seen = Seen = [];
        var count = 0;
        Box.Faults.Decide = request =>
        {
            if (!request.IsMutating || request.Resource.StartsWith("selfsubject", StringComparison.Ordinal))
                return null;
            seen.Enqueue(request);
            return decide(Interlocked.Increment(ref count), request);
        };
    }
}
