using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Bench.Compare;

/// <summary>
/// A namespace of the measurement's own with one stopped machine, and what is made of it in process: a machine of a container disk, or one that has a disk
/// as well, which is cloned of a snapshot that is there until every claim is bound.
/// </summary>
internal sealed class Field : IAsyncDisposable
{
    public const string Source = "compared-source";
    public const string BatchLabel = "compared-batch";

    /// <summary>As many requests at a time as the engine has by default.</summary>
    public const int Streams = CloneOptions.DefaultThrottleLimit;

    // Names no other text in a body can hold by chance.
    private const string First = "compared-first";
    private const string Snapshot = "compared-snapshot";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly ResourceKind Machines = new("kubevirt.io", "v1", "virtualmachines", "VirtualMachine");
    private static readonly ResourceKind Claims = new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
    private static readonly ResourceKind Snapshots = new("snapshot.kubevirt.io", "v1beta1", "virtualmachinesnapshots", "VirtualMachineSnapshot");
    private static readonly ResourceKind Namespaces = new("", "v1", "namespaces", "Namespace", Namespaced: false);

    private static readonly ResourceKind[] Made =
    [
        new("clone.kubevirt.io", "v1beta1", "virtualmachineclones", "VirtualMachineClone"),
        new("snapshot.kubevirt.io", "v1beta1", "virtualmachinerestores", "VirtualMachineRestore"),
        Machines,
        Snapshots,
        Claims,
    ];

    private readonly KubeVirtCluster _cluster;
    private readonly RawPosts _raw;
    private JsonObject? _machine;
    private JsonObject? _claim;
    private int _batches;

    private Field(KubeVirtCluster cluster, string ns, bool hasDisk)
    {
        (_cluster, Namespace, HasDisk) = (cluster, ns, hasDisk);
        _raw = new(cluster.Client.Configuration, ns);
    }

    public string Namespace { get; }

    /// <summary>Whether the machine has a disk, so that its clones are there only when their claims are bound.</summary>
    public bool HasDisk { get; }

    /// <summary>What is cloned, as the command line says it.</summary>
    public string CommandSource => HasDisk ? "vmsnapshot/" + Snapshot : Source;

    /// <summary>What is cloned, as the module's parameters say it.</summary>
    public string ModuleSource => HasDisk ? "-Snapshot " + Snapshot : Source;

    /// <summary>Makes namespace and source, and one clone of it to learn what a direct clone's bodies are.</summary>
    /// <returns>Null where the default storage class binds no claim before its machine starts.</returns>
    public static async Task<Field?> PrepareAsync(KubeVirtCluster cluster, bool hasDisk)
    {
        var ns = "vmclone-compare-" + Guid.NewGuid().ToString("N")[..6];
        await cluster.Client.CreateAsync(Namespaces, ns: null, Json($$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{ns}}"} }"""), options: null, CancellationToken.None);
        var field = new Field(cluster, ns, hasDisk);
        if (!await field.MakeSourceAsync())
        {
            await field.DisposeAsync();
            return null;
        }

        await field.CloneAsync(First, 1, CloneMethodChoice.Direct, ofSnapshot: hasDisk);
        field._machine = await field.PostedAsync(Machines, First + "-1", annotations: null);
        if (hasDisk)
        {
            field._claim = await field.PostedAsync(Claims, First + "-1-data", "pv.kubernetes.io");
            ((JsonObject)field._claim["spec"]!).Remove("volumeName");
            ((JsonObject)field._claim["spec"]!).Remove("dataSource");
        }

        await field.ClearAsync();
        return field;
    }

    public string NewBatch() => string.Create(CultureInfo.InvariantCulture, $"b{++_batches}");

    /// <summary>The body of a machine as the engine posts it by Direct, by another name.</summary>
    public string MachineBody(string batch, int number) => Renamed(_machine!, batch, number);

    public string CloneBody(string batch, int number) => string.Create(
        CultureInfo.InvariantCulture,
        $$$$"""
        {"apiVersion":"clone.kubevirt.io/v1beta1","kind":"VirtualMachineClone","metadata":{"name":"{{{{batch}}}}-{{{{number}}}}","namespace":"{{{{Namespace}}}}","labels":{"{{{{BatchLabel}}}}":"{{{{batch}}}}"}},
         "spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"{{{{Source}}}}"},"target":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"{{{{batch}}}}-{{{{number}}}}"}}}
        """);

    /// <summary>Posts bodies that are bytes already as fast as the streams take them: what the server and the line take, and nothing else. Claims are then watched until all are bound.</summary>
    public async Task<TimeSpan> PostRawAsync(string batch, int count)
    {
        var bodies = Enumerable.Range(1, count)
            .Select(number => new RawBodies(MachineBody(batch, number), HasDisk ? Renamed(_claim!, batch, number) : null))
            .ToList();
        var time = Stopwatch.StartNew();
        await _raw.PostAsync(bodies, Streams);
        if (HasDisk) await _raw.UntilBoundAsync(batch + "-", count);
        return time.Elapsed;
    }

    /// <summary>Makes clones by the engine, and waits until they are done.</summary>
    /// <param name="batch">The batch's name.</param>
    /// <param name="count">How many.</param>
    /// <param name="method">How they are made.</param>
    /// <param name="ofSnapshot">Whether they are made of the snapshot that is there, or of the machine, of which a snapshot is taken first.</param>
    public async Task<TimeSpan> CloneAsync(string batch, int count, CloneMethodChoice method, bool ofSnapshot)
    {
        var requests = Enumerable.Range(1, count)
            .Select(number => new CloneRequest
            {
                Namespace = Namespace,
                SourceKind = ofSnapshot ? Snapshots.Kind : Machines.Kind,
                SourceName = ofSnapshot ? Snapshot : Source,
                TargetName = string.Create(CultureInfo.InvariantCulture, $"{batch}-{number}"),
            })
            .ToList();
        var options = new CloneOptions { Wait = true, For = HasDisk ? WaitState.Bound : WaitState.Succeeded, Batch = batch, Method = method, Timeout = TimeSpan.FromMinutes(30) };
        var time = Stopwatch.StartNew();
        var done = 0;
        await foreach (var update in new CloneOperation(_cluster, options).RunAsync(requests, CancellationToken.None))
        {
            if (update.Kind == ItemUpdateKind.Fault) throw new InvalidOperationException(update.Fault!.ToString());
            if (update.Kind == ItemUpdateKind.Record) done++;
        }

        return done == count ? time.Elapsed : throw new InvalidOperationException($"Only {done} of {count} clones by {method} are there.");
    }

    /// <summary>Removes what was made, so that every way begins with the source alone.</summary>
    public async Task ClearAsync()
    {
        foreach (var kind in Made)
        {
            var names = new List<string>();
            await foreach (var each in _cluster.Client.ListAsync(kind, Namespace, options: null, CancellationToken.None)) names.Add(each.Name);
            await Parallel.ForEachAsync(names.Where(name => name is not (Source or Source + "-data" or Snapshot)), new ParallelOptions { MaxDegreeOfParallelism = Streams }, async (name, ct) =>
            {
                try
                {
                    await _cluster.Client.DeleteAsync(kind, Namespace, name, options: null, ct);
                }
                catch (ApiStatusException e) when (e.StatusCode == 404)
                {
                    // It went with what it belonged to.
                }
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ClearAsync();
        await _cluster.Client.DeleteAsync(Namespaces, ns: null, Namespace, options: null, CancellationToken.None);
        _raw.Dispose();
    }

    private async Task<bool> MakeSourceAsync()
    {
        var (disk, volume) = HasDisk
            ? (""",{"name":"data","disk":{"bus":"virtio"}}""", $$$"""",{"name":"data","persistentVolumeClaim":{"claimName":"{{{Source}}}-data"}}"""")
            : ("", "");
        if (HasDisk)
        {
            await CreateAsync(Claims, $$$"""
                {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"{{{Source}}}-data"},
                 "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"} } } }
                """);
            if (!await IsSoonAsync(Claims, Source + "-data", claim => claim.StringAt("status", "phase") == "Bound")) return false;
        }

        await CreateAsync(Machines, $$$"""
            {"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"{{{Source}}}","namespace":"{{{Namespace}}}"},
             "spec":{"runStrategy":"Halted","template":{"metadata":{"labels":{"app":"compared"}},"spec":{
               "domain":{"devices":{"disks":[{"name":"root","disk":{"bus":"virtio"}}{{{disk}}}],"interfaces":[{"name":"default","masquerade":{}}]},"memory":{"guest":"1Gi"}},
               "networks":[{"name":"default","pod":{}}],"volumes":[{"name":"root","containerDisk":{"image":"quay.io/containerdisks/fedora:42"}}{{{volume}}}]} } } }
            """);
        await CreateAsync(Snapshots, $$$"""
            {"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot","metadata":{"name":"{{{Snapshot}}}"},
             "spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"{{{Source}}}"} } }
            """);
        return await IsSoonAsync(Snapshots, Snapshot, snapshot => snapshot.StringAt("status", "phase") == "Succeeded");
    }

    private Task<KubernetesObject> CreateAsync(ResourceKind kind, string body) => _cluster.Client.CreateAsync(kind, Namespace, Json(body), options: null, CancellationToken.None);

    private async Task<bool> IsSoonAsync(ResourceKind kind, string name, Func<KubernetesObject, bool> isSo)
    {
        for (var time = Stopwatch.StartNew(); time.Elapsed < Patience; await Task.Delay(100))
        {
            if (isSo(await _cluster.Client.GetAsync(kind, Namespace, name, CancellationToken.None))) return true;
        }

        return false;
    }

    // An object as it was posted, without what the server added.
    private async Task<JsonObject> PostedAsync(ResourceKind kind, string name, string? annotations)
    {
        var made = (await _cluster.Client.GetAsync(kind, Namespace, name, CancellationToken.None)).ToJsonObject();
        made.Remove("status");
        var metadata = made["metadata"]!.AsObject();
        foreach (var added in new[] { "uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "finalizers", "selfLink" }) metadata.Remove(added);
        if (annotations is not null && metadata["annotations"] is JsonObject notes)
        {
            foreach (var added in notes.Select(note => note.Key).Where(key => key.StartsWith(annotations, StringComparison.Ordinal)).ToList()) notes.Remove(added);
        }

        return made;
    }

    private static string Renamed(JsonObject body, string batch, int number) =>
        body.ToJsonString().Replace(First + "-1", string.Create(CultureInfo.InvariantCulture, $"{batch}-{number}"), StringComparison.Ordinal);

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
