using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Resources;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Sandbox.Tests.Replay.Live;

/// <summary>
/// The cluster that <c>KUBEVIRTCLONE_TEST_KUBECONFIG</c> names, for one run: storage classes of the run's own whose storage the replay
/// plays as the recorder did, and the run's namespaces. All of it is removed at the end.
/// </summary>
internal sealed class LiveCluster : IAsyncDisposable
{
    public const string Variable = "KUBEVIRTCLONE_TEST_KUBECONFIG";
    private const string RunLabel = "kubevirtclone.example.com/replay";
    private static readonly Lazy<LiveCluster?> TheOne = new(() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? new LiveCluster(path) : null);
    private readonly List<(string Kind, string Name)> _made = [];

    /// <summary>Connects and makes the run's storage classes.</summary>
    public LiveCluster(string kubeConfig)
    {
        Prefix = $"kvr{Environment.ProcessId:x}-";
        Connection = new LiveConnection(kubeConfig);
        Types = ResourceCatalog.For(Profile.Load("1.9"));
        HasNodes = Connection.Get("/api/v1/nodes")!.ArrayAt("items").Objects().Any(IsReady);
        var names = new LiveNames(Prefix, "no-namespace");
        foreach (var storage in StorageSeed.Objects())
        {
            storage.ObjectAt("metadata")!.Remove("annotations");
            Make(names.Given(storage));
        }

        Storage = new LiveStorage(this, playsImports: !HasImporter());
    }

    /// <summary>The cluster of this run; null when none is named.</summary>
    public static LiveCluster? Current => TheOne.Value;

    /// <summary>Whether the run is against a live cluster.</summary>
    public static bool IsNamed => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };

    /// <summary>What the run's own names begin with.</summary>
    public string Prefix { get; }

    public LiveConnection Connection { get; }

    public LiveStorage Storage { get; }

    public IReadOnlyList<ResourceType> Types { get; }

    /// <summary>Whether VMs can come to run there, as they could not in the recording.</summary>
    public bool HasNodes { get; }

    public ResourceType Type(string kind) => Types.First(t => t.Kind == kind);

    public bool Has(string kind, string name) => Connection.Get(LiveConnection.Path(Type(kind), Type(kind).StorageVersion, null, name)) is not null;

    public void MakeNamespace(string name) => Make(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Namespace",
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { [RunLabel] = Prefix.TrimEnd('-') } },
    });

    /// <summary>Removes a namespace and waits until it has gone, while the storage is still played.</summary>
    public void RemoveNamespace(string name)
    {
        var path = LiveConnection.Path(Type("Namespace"), "v1", null, name);
        Connection.Send(HttpMethod.Delete, path);
        using var gone = new ManualResetEventSlim();
        for (var i = 0; i < 120 && Connection.Get(path) is not null; i++)
        {
            gone.Wait(TimeSpan.FromSeconds(0.5));
            if (i % 20 == 19)
                DropFinalizers(name);
        }
    }

    // Finalizers that a case gave are nobody's to remove but ours.
    private void DropFinalizers(string @namespace)
    {
        foreach (var type in Types.Where(t => t.Namespaced && t.IsCustom))
        {
            var path = LiveConnection.Path(type, type.StorageVersion, @namespace);
            foreach (var held in Connection.Get(path).ArrayAt("items").Objects().Where(o => o.IsDeleting() && o.At("metadata", "finalizers") is not null))
                Connection.Send(HttpMethod.Patch, path + "/" + held.Name(), new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }, "application/merge-patch+json");
        }
    }

    /// <summary>Ends the run of this process, if there was one.</summary>
    public static async ValueTask EndAsync()
    {
        if (IsNamed && TheOne is { IsValueCreated: true, Value: { } cluster })
            await cluster.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var kind in (ReadOnlySpan<string>)["PersistentVolume", "StorageClass", "VolumeSnapshotClass"])
        {
            var path = LiveConnection.Path(Type(kind), Type(kind).StorageVersion, null);
            foreach (var left in Connection.Get(path)!.ArrayAt("items").Objects().Where(o => o.Name().Contains(Prefix, StringComparison.Ordinal)))
                Connection.Send(HttpMethod.Delete, path + "/" + left.Name());
        }

        foreach (var (kind, name) in _made.Where(m => m.Kind == "Namespace"))
            Connection.Send(HttpMethod.Delete, LiveConnection.Path(Type(kind), "v1", null, name));
        await Storage.DisposeAsync();
        Connection.Dispose();
    }

    private void Make(JsonObject o)
    {
        var type = Type(o.Kind());
        var (status, body, _) = Connection.Send(HttpMethod.Post, LiveConnection.Path(type, type.StorageVersion, null), o);
        if (status is not (201 or 409))
            throw new InvalidOperationException($"cannot make {o.Kind()} {o.Name()}: {status} {body}");
        lock (_made)
            _made.Add((o.Kind(), o.Name()));
    }

    private static bool IsReady(JsonObject node) =>
        node.ArrayAt("status", "conditions").Objects().Any(c => c.TextAt("type") == "Ready" && c.TextAt("status") == "True");

    // CDI itself, as its own object says; its definitions alone import nothing.
    private bool HasImporter()
    {
        var (status, body, _) = Connection.Send(HttpMethod.Get, "/apis/cdi.kubevirt.io/v1beta1/cdis");
        return status == 200 && JsonNode.Parse(body).ArrayAt("items").Objects().Any(c => c.TextAt("status", "phase") == "Deployed");
    }
}
