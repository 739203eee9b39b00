using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Bench;

/// <summary>What planning a batch takes by itself: the cluster answers from memory. Time and allocation of one clone, the median of several rounds.</summary>
internal static class PlanningBench
{
    private const int Clones = 5_000;
    private const int Restores = 4_000;
    private const string Batch = "bench";

    public static async Task RunAsync(int rounds)
    {
        await MeasureAsync("as it is", r => r, [], rounds);
        await MeasureAsync("with -Exclude* of three kinds", r => r with { ExcludeLabels = ["team/*"], ExcludeAnnotations = ["backup/*"], ExcludeTemplateLabels = ["x-*"] }, [], rounds);
        await MeasureAsync("with a host name, a label and new addresses", r => r with { Hostname = r.TargetName, TargetLabels = new Dictionary<string, string> { ["tier"] = "web" }, GenerateMacAddresses = true }, [], rounds);
        await MeasureAsync($"beside {Restores} restores that are not finished", r => r, [.. Enumerable.Range(1, Restores).Select(i => Restore($"other-{i}", $"other-{i}"))], rounds);
        await MeasureAsync(
            $"{Restores} of which an earlier run made the restores",
            r => r,
            [.. Enumerable.Range(1, Restores).Select(i => Restore(CloneNames.ForClone(Batch, "default", Target(i)), Target(i)))],
            rounds);
    }

    private static string Target(int number) => $"web-{number:d5}";

    private static async Task MeasureAsync(string what, Func<CloneRequest, CloneRequest> with, IReadOnlyList<JsonObject> restores, int rounds)
    {
        await using var client = new MemoryClient(Machine, restores);
        await using var cluster = new KubeVirtCluster(client, new EngineCallbacks(), TimeProvider.System);
        List<double> times = [], bytes = [];
        for (var round = 0; round < rounds + 2; round++)
        {
            var requests = Enumerable.Range(1, Clones).Select(i => with(new CloneRequest { Namespace = "default", SourceName = "golden", TargetName = Target(i) })).ToList();
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var time = Stopwatch.StartNew();
            var plan = await new ClonePlanner(cluster, new CloneOptions { Method = CloneMethodChoice.Restore, Batch = Batch }, Batch).PlanAsync(requests, CancellationToken.None);
            // What the first rounds take is the compiler's.
            if (round > 1)
            {
                times.Add(time.Elapsed.TotalMicroseconds / Clones);
                bytes.Add((double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Clones);
            }

            if (plan.Clones.Count != Clones) throw new InvalidOperationException($"Only {plan.Clones.Count} of {Clones} clones were planned.");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ClientBench.Median(times),8:F1} us  {ClientBench.Median(bytes) / 1024,5:F1} KB  plan one of {Clones} clones {what}"));
    }

    private static JsonObject Restore(string name, string target) => new()
    {
        ["apiVersion"] = "snapshot.kubevirt.io/v1beta1",
        ["kind"] = "VirtualMachineRestore",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = "default",
            ["uid"] = name,
            ["labels"] = new JsonObject { [CloneLabels.ManagedBy] = CloneLabels.ManagedByValue, [CloneLabels.Method] = "Restore", [CloneLabels.Batch] = Batch },
        },
        ["spec"] = new JsonObject
        {
            ["target"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = target },
            ["virtualMachineSnapshotName"] = "golden-shared",
        },
        ["status"] = new JsonObject { ["complete"] = false },
    };

    private static JsonObject Machine => (JsonObject)JsonNode.Parse("""
        {
          "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
          "metadata": { "name": "golden", "namespace": "default", "uid": "g", "labels": { "app": "web", "team/a": "x" }, "annotations": { "note": "x", "backup/last": "y" } },
          "spec": {
            "runStrategy": "Halted",
            "template": {
              "metadata": { "labels": { "x-old": "1", "kubevirt.io/vm": "golden" } },
              "spec": {
                "domain": {
                  "cpu": { "cores": 2 },
                  "devices": { "disks": [ { "name": "root" } ], "interfaces": [ { "name": "default", "masquerade": {} } ] },
                  "firmware": { "serial": "s-1", "uuid": "u-1" },
                  "memory": { "guest": "2Gi" }
                },
                "networks": [ { "name": "default", "pod": {} } ],
                "volumes": [ { "name": "root", "persistentVolumeClaim": { "claimName": "golden-root" } } ]
              }
            }
          }
        }
        """)!;

    /// <summary>A cluster that has one machine and some restores, read from memory; it takes nothing.</summary>
    private sealed class MemoryClient(JsonObject machine, IReadOnlyList<JsonObject> restores) : IKubernetesClient
    {
        private readonly Dictionary<string, IReadOnlyList<KubernetesObject>> _kinds = new(StringComparer.Ordinal)
        {
            ["virtualmachines"] = [Read(machine)],
            ["virtualmachinerestores"] = [.. restores.Select(Read)],
        };

        public ClusterConfiguration Configuration { get; } = new() { Server = new Uri("https://memory.test:6443"), Namespace = "default", ContextName = "memory" };

        public k8s.IKubernetes Core => throw new NotSupportedException();

        public Task<KubernetesObject> GetAsync(ResourceKind kind, string? ns, string name, CancellationToken ct) => Task.FromResult(
            _kinds.GetValueOrDefault(kind.Plural)?.FirstOrDefault(o => o.Name == name) ?? throw new ApiStatusException(404, "NotFound", $"{kind.Plural} \"{name}\" not found"));

        public async IAsyncEnumerable<KubernetesObject> ListAsync(ResourceKind kind, string? ns, ListOptions? options, [EnumeratorCancellation] CancellationToken ct)
        {
            await Task.CompletedTask;
            foreach (var item in _kinds.GetValueOrDefault(kind.Plural) ?? [])
                yield return item;
        }

        public Task<HttpAnswer> SendAsync(HttpMethod method, string path, JsonNode? body, string accept, CancellationToken ct) =>
            Task.FromResult(new HttpAnswer(200, "application/json", """{"gitVersion":"v1.9.0"}""", null));

        public Task<IReadOnlyList<string>> GetServedVersionsAsync(string group, CancellationToken ct) => Task.FromResult<IReadOnlyList<string>>(["v1beta1"]);

        public Task<KubernetesObject> CreateAsync(ResourceKind kind, string? ns, JsonObject body, WriteOptions? options, CancellationToken ct) => throw new NotSupportedException();

        public Task<KubernetesObject> PatchAsync(
            ResourceKind kind, string? ns, string name, PatchKind patchKind, JsonNode patch, WriteOptions? options, CancellationToken ct, string? subresource = null) => throw new NotSupportedException();

        public Task<KubernetesObject?> DeleteAsync(ResourceKind kind, string? ns, string name, DeleteOptions? options, CancellationToken ct) => throw new NotSupportedException();

        public IAsyncEnumerable<ResourceEvent> WatchAsync(ResourceKind kind, string? ns, WatchOptions options, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static KubernetesObject Read(JsonObject item) => new(JsonSerializer.SerializeToElement(item));
    }
}
