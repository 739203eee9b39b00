using System.Diagnostics;
using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Sandbox;
using Box = KubeVirtClone.Sandbox.Sandbox;
using SandboxFault = KubeVirtClone.Sandbox.Fault;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>A sandbox of its own for a test, with its demo machines, and the engine connected to it over HTTPS.</summary>
internal sealed class SandboxedCluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("engine-tests-").FullName;
    private readonly List<KubeVirtCluster> _clusters = [];

    private SandboxedCluster(Box box) => Box = box;

    public Box Box { get; }

    public string KubeConfigPath => Path.Combine(_folder, "config");

    public KubeVirtCluster Cluster { get; private set; } = null!;

    public static async Task<SandboxedCluster> StartAsync(params SandboxFault[] faults)
    {
        var made = new SandboxedCluster(await Box.StartAsync(new SandboxOptions { Pacing = false, Faults = faults }, default));
        await made.Box.WriteKubeConfigAsync(made.KubeConfigPath);
        made.Cluster = await made.ConnectAsync();
        return made;
    }

    public async Task<KubeVirtCluster> ConnectAsync(string? user = null, string? kubeConfig = null)
    {
        var cluster = await KubeVirtCluster.ConnectAsync(
            new KubeConfigOptions { Path = kubeConfig ?? KubeConfigPath, Context = user is null ? null : user + "@sandbox" },
            EngineCallbacks.None,
            default);
        _clusters.Add(cluster);
        return cluster;
    }

    public async Task<string> WriteKubeConfigAsync(Func<string, string> change)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(path, change(Box.KubeConfig));
        return path;
    }

    public static CloneRequest Request(string target, string source = "golden") =>
        new() { Namespace = "default", SourceName = source, TargetName = target };

    public async Task<List<ItemUpdate<CloneRecord>>> CloneAsync(IReadOnlyList<CloneRequest> requests, CloneOptions options)
    {
        var updates = new List<ItemUpdate<CloneRecord>>();
        await foreach (var update in new CloneOperation(Cluster, options).RunAsync(requests, default))
            updates.Add(update);
        return updates;
    }

    public async Task<VirtualMachineRecord> MachineAsync(string name) =>
        (await new VirtualMachines(Cluster).FindAsync("default", name, default)).ShouldNotBeNull();

    public async Task<List<string>> MachineNamesAsync()
    {
        var names = new List<string>();
        await foreach (var found in new VirtualMachines(Cluster).ListAsync(new ListQuery(), default))
            names.Add(found.Value!.Name);
        return names;
    }

    public async Task<List<CloneRecord>> ClonesAsync()
    {
        var clones = new List<CloneRecord>();
        await foreach (var found in new CloneCatalog(Cluster).ListAsync(new CloneQuery(), default))
            clones.Add(found.Value!);
        return clones;
    }

    /// <summary>Waits for what controllers do by themselves, with more patience than a busy machine needs.</summary>
    public static async Task UntilAsync(Func<Task<bool>> reached, [CallerArgumentExpression(nameof(reached))] string what = "")
    {
        var started = Stopwatch.GetTimestamp();
        while (!await reached())
        {
            Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromMinutes(1), what);
            await Task.Delay(20);
        }
    }

    public Task UntilGoneAsync(ResourceKind kind, string name) =>
        UntilAsync(async () => await Cluster.Client.FindAsync(kind, "default", name, default) is null, $"{kind.Plural} '{name}' to be gone");

    public async ValueTask DisposeAsync()
    {
        foreach (var cluster in _clusters)
            await cluster.DisposeAsync();
        await Box.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
