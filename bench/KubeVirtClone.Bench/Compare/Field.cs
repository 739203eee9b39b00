using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Bench.Compare;

/// <summary>A namespace of the measurement's own with one stopped machine of a container disk, and what is made of it in process.</summary>
internal sealed class Field : IAsyncDisposable
{
    public const string Source = "compared-source";
    public const string BatchLabel = "compared-batch";

    /// <summary>As many requests at a time as the engine has by default.</summary>
    private const int Streams = CloneOptions.DefaultThrottleLimit;

    private static readonly ResourceKind Machines = new("kubevirt.io", "v1", "virtualmachines", "VirtualMachine");
    private static readonly ResourceKind Namespaces = new("", "v1", "namespaces", "Namespace", Namespaced: false);

    private static readonly ResourceKind[] Made =
    [
        new("clone.kubevirt.io", "v1beta1", "virtualmachineclones", "VirtualMachineClone"),
        new("snapshot.kubevirt.io", "v1beta1", "virtualmachinerestores", "VirtualMachineRestore"),
        Machines,
        new("snapshot.kubevirt.io", "v1beta1", "virtualmachinesnapshots", "VirtualMachineSnapshot"),
    ];

    private readonly KubeVirtCluster _cluster;
    private readonly HttpClient _http;
    private JsonObject? _made;
    private int _batches;

    private Field(KubeVirtCluster cluster, string ns)
    {
        (_cluster, Namespace) = (cluster, ns);
        _http = RawClient(cluster.Client.Configuration);
    }

    public string Namespace { get; }

    /// <summary>Makes namespace and source, and one clone of it to learn what a direct clone's body is.</summary>
    public static async Task<Field> PrepareAsync(KubeVirtCluster cluster)
    {
        var ns = "vmclone-compare-" + Guid.NewGuid().ToString("N")[..6];
        var field = new Field(cluster, ns);
        await cluster.Client.CreateAsync(Namespaces, ns: null, Json($$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{ns}}"} }"""), options: null, CancellationToken.None);
        await cluster.Client.CreateAsync(
            Machines,
            ns,
            Json($$$"""
                {"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"{{{Source}}}","namespace":"{{{ns}}}"},
                 "spec":{"runStrategy":"Halted","template":{"metadata":{"labels":{"app":"compared"}},"spec":{
                   "domain":{"devices":{"disks":[{"name":"root","disk":{"bus":"virtio"}}],"interfaces":[{"name":"default","masquerade":{}}]},"memory":{"guest":"1Gi"}},
                   "networks":[{"name":"default","pod":{}}],"volumes":[{"name":"root","containerDisk":{"image":"quay.io/containerdisks/fedora:42"}}]} } } }
                """),
            options: null,
            CancellationToken.None);
        var batch = field.NewBatch();
        await field.CloneAsync(batch, 1, CloneMethodChoice.Direct);
        var made = (await cluster.Client.GetAsync(Machines, ns, batch + "-1", CancellationToken.None)).ToJsonObject();
        made.Remove("status");
        foreach (var name in new[] { "uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "ownerReferences", "finalizers", "selfLink" }) made["metadata"]!.AsObject().Remove(name);
        field._made = made;
        await field.ClearAsync();
        return field;
    }

    public string NewBatch() => string.Create(CultureInfo.InvariantCulture, $"b{++_batches}");

    /// <summary>The body of a machine as the engine posts it by Direct, by another name.</summary>
    public string MachineBody(string batch, int number)
    {
        var body = (JsonObject)_made!.DeepClone();
        body["metadata"]!["name"] = string.Create(CultureInfo.InvariantCulture, $"{batch}-{number}");
        return body.ToJsonString();
    }

    public string CloneBody(string batch, int number) => string.Create(
        CultureInfo.InvariantCulture,
        $$$$"""
        {"apiVersion":"clone.kubevirt.io/v1beta1","kind":"VirtualMachineClone","metadata":{"name":"{{{{batch}}}}-{{{{number}}}}","namespace":"{{{{Namespace}}}}","labels":{"{{{{BatchLabel}}}}":"{{{{batch}}}}"}},
         "spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"{{{{Source}}}}"},"target":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"{{{{batch}}}}-{{{{number}}}}"}}}
        """);

    /// <summary>Posts bodies that are bytes already as fast as the streams take them: what the server and the line take, and nothing else.</summary>
    public async Task<TimeSpan> PostRawAsync(string batch, int count)
    {
        var bodies = Enumerable.Range(1, count).Select(number => Encoding.UTF8.GetBytes(MachineBody(batch, number))).ToList();
        var address = new Uri(_cluster.Client.Configuration.Server, $"/apis/kubevirt.io/v1/namespaces/{Namespace}/virtualmachines");
        var time = Stopwatch.StartNew();
        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = Streams }, async (body, ct) =>
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var answer = await _http.PostAsync(address, content, ct);
            await answer.Content.ReadAsByteArrayAsync(ct);
            answer.EnsureSuccessStatusCode();
        });
        return time.Elapsed;
    }

    /// <summary>Makes clones by the engine, and waits until they are done.</summary>
    public async Task<TimeSpan> CloneAsync(string batch, int count, CloneMethodChoice method)
    {
        var requests = Enumerable.Range(1, count)
            .Select(number => new CloneRequest { Namespace = Namespace, SourceName = Source, TargetName = string.Create(CultureInfo.InvariantCulture, $"{batch}-{number}") })
            .ToList();
        var options = new CloneOptions { Wait = true, Batch = batch, Method = method, Timeout = TimeSpan.FromMinutes(30) };
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
            await Parallel.ForEachAsync(names.Where(name => name != Source), new ParallelOptions { MaxDegreeOfParallelism = Streams }, async (name, ct) =>
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
        _http.Dispose();
    }

    private static HttpClient RawClient(Kubernetes.Configuration.ClusterConfiguration cluster)
    {
        var handler = new SocketsHttpHandler();
        if (cluster.Trust.CertificateAuthorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        if (cluster.Credentials.ClientCertificate is { } certificate) handler.SslOptions.ClientCertificates = [certificate];
        var http = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20 };
        if (cluster.Credentials.Token is { } token) http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return http;
    }

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
