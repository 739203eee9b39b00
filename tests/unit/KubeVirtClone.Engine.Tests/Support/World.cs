using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Support;

/// <summary>A cluster in memory on virtual time, with one source machine <c>golden</c>, and shorthand for running operations over it.</summary>
internal sealed class World
{
    public static readonly ResourceKind Namespaces = new("", "v1", "namespaces", "Namespace", Namespaced: false);
    public static readonly ResourceKind Clones = KubeVirtKinds.Clone("v1beta1");
    public static readonly ResourceKind Snapshots = KubeVirtKinds.Snapshot("v1beta1");
    public static readonly ResourceKind Restores = KubeVirtKinds.Restore("v1beta1");

    public World()
    {
        Client = new FakeClient(Clock);
        Cluster = new KubeVirtCluster(Client, new EngineCallbacks { Verbose = Verbose.Enqueue }, Clock);
        Client.Put(Namespaces, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "default", ["namespace"] = "" } });
        Client.Put(KubeVirtKinds.VirtualMachine, Machine("golden"));
    }

    public ManualClock Clock { get; } = new();

    public FakeClient Client { get; }

    public KubeVirtCluster Cluster { get; }

    public System.Collections.Concurrent.ConcurrentQueue<string> Verbose { get; } = [];

    public static JsonObject Machine(string name, string ns = "default") => (JsonObject)JsonNode.Parse($$"""
        {
          "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
          "metadata": { "name": "{{name}}", "namespace": "{{ns}}", "labels": { "app": "web", "tier": "front" }, "annotations": { "note": "x" } },
          "spec": {
            "runStrategy": "Halted",
            "template": {
              "metadata": { "labels": { "kubevirt.io/vm": "{{name}}" } },
              "spec": {
                "domain": {
                  "cpu": { "cores": 2 },
                  "devices": { "disks": [ { "name": "root" } ], "interfaces": [ { "name": "default", "masquerade": {} } ] },
                  "firmware": { "serial": "s-1", "uuid": "u-1" },
                  "memory": { "guest": "2Gi" }
                },
                "networks": [ { "name": "default", "pod": {} } ],
                "volumes": [ { "name": "root", "persistentVolumeClaim": { "claimName": "{{name}}-root" } } ]
              }
            }
          },
          "status": { "printableStatus": "Stopped" }
        }
        """)!;

    public static CloneRequest Request(string? target = "web-1", string source = "golden") =>
        new() { Namespace = "default", SourceName = source, TargetName = target };

    public static List<CloneRequest> Requests(int count) => [.. Enumerable.Range(1, count).Select(i => Request($"web-{i:d3}"))];

    /// <summary>Every clone posted succeeds at once and is bound.</summary>
    public void SucceedAtOnce() => Client.After = (request, stored) =>
    {
        if (request.Verb == "CREATE")
            SetStatus(stored["metadata"]!["name"]!.GetValue<string>(), """{"phase":"Succeeded","conditions":[{"type":"Ready","status":"True","reason":"Ready"}]}""");
    };

    /// <summary>Every clone posted gets this status at once; <c>UID</c> stands for its uid.</summary>
    public void AnswerWith(string status) => Client.After = (request, stored) =>
    {
        if (request.Verb == "CREATE")
            SetStatus(stored["metadata"]!["name"]!.GetValue<string>(), status.Replace("UID", stored["metadata"]!["uid"]!.GetValue<string>(), StringComparison.Ordinal));
    };

    public void SetStatus(string clone, string status, string ns = "default") =>
        Client.Update(Clones, ns, clone, c => c["status"] = JsonNode.Parse(status));

    public void PutRelated(ResourceKind kind, string json) => Client.Put(kind, (JsonObject)JsonNode.Parse(json)!);

    public JsonObject TheClone() => Client.All(Clones).ShouldHaveSingleItem();

    public async Task<List<ItemUpdate<CloneRecord>>> CloneAsync(IReadOnlyList<CloneRequest> requests, CloneOptions? options = null, CancellationToken ct = default)
    {
        var updates = new List<ItemUpdate<CloneRecord>>();
        var run = Task.Run(
            async () =>
            {
                await foreach (var update in new CloneOperation(Cluster, Plain(options ?? new CloneOptions())).RunAsync(requests, ct))
                {
                    lock (updates)
                        updates.Add(update);
                }
            },
            CancellationToken.None);
        await Clock.RunUntilDoneAsync(run);
        return updates;
    }

    /// <summary>Each clone by an object of its own and nothing else, for tests of that; sharing and restores have tests of their own.</summary>
    public static CloneOptions Plain(CloneOptions options) => options with { Method = CloneMethodChoice.Clone, NoSharedSnapshot = true };

    public async Task<Fault> FaultOfAsync(CloneRequest request, CloneOptions? options = null) =>
        (await CloneAsync([request], options)).Where(u => u.Kind == ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault.ShouldNotBeNull();
}

internal static class UpdateQueries
{
    public static List<ItemUpdate<CloneRecord>> Of(this IEnumerable<ItemUpdate<CloneRecord>> updates, ItemUpdateKind kind) => [.. updates.Where(u => u.Kind == kind)];
}
