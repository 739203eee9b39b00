using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Sandbox.Tests.Conformance;

/// <summary>The project's own client.</summary>
internal sealed class ClientDriver(ConformanceFixture fixture) : IDriver
{
    private readonly IKubernetesClient _client = KubernetesClientFactory.Create(KubeConfigLoader.Load(new KubeConfigOptions { Path = fixture.KubeConfig }));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public Task<Reply> CreateAsync(Resource resource, JsonObject body, bool dryRun = false) => TryAsync(async () =>
        (await _client.CreateAsync(Kind(resource), fixture.Namespace, body, new WriteOptions { DryRun = dryRun, FieldValidation = "Strict" }, Cancelled)).ToJsonObject());

    public Task<Reply> GetAsync(Resource resource, string name) => TryAsync(async () => (await _client.GetAsync(Kind(resource), fixture.Namespace, name, Cancelled)).ToJsonObject());

    public Task<Reply> ListAsync(Resource resource, string? labels = null, string? fields = null, int pageSize = 500) => TryAsync(async () =>
    {
        var items = new JsonArray();
        var options = new ListOptions { LabelSelector = labels, FieldSelector = fields, PageSize = pageSize };
        await foreach (var item in _client.ListAsync(Kind(resource), fixture.Namespace, options, Cancelled))
            items.Add((JsonNode)item.ToJsonObject());
        return items;
    });

    public Task<Reply> PatchAsync(Resource resource, string name, string type, JsonNode patch, string? subresource = null) => TryAsync(async () =>
    {
        var kind = type switch { "json" => PatchKind.Json, "merge" => PatchKind.Merge, _ => PatchKind.StrategicMerge };
        return (await _client.PatchAsync(Kind(resource), fixture.Namespace, name, kind, patch, null, Cancelled, subresource)).ToJsonObject();
    });

    public Task<Reply> ApplyAsync(Resource resource, JsonObject body, string manager, bool force = false) => TryAsync(async () =>
    {
        var options = new WriteOptions { FieldManager = manager, Force = force };
        return (await _client.PatchAsync(Kind(resource), fixture.Namespace, body["metadata"]!["name"]!.GetValue<string>(), PatchKind.Apply, body, options, Cancelled)).ToJsonObject();
    });

    public Task<Reply> DeleteAsync(Resource resource, string name, bool dryRun = false) => TryAsync(async () =>
        (await _client.DeleteAsync(Kind(resource), fixture.Namespace, name, new DeleteOptions { DryRun = dryRun }, Cancelled))?.ToJsonObject());

    public Task<Reply> PowerAsync(string machine, string subresource) => TryAsync(async () =>
        JsonValue.Create((await _client.SendAsync(HttpMethod.Put, fixture.PowerPath(machine, subresource), new JsonObject(), "*/*", Cancelled)).Body));

    public IWatch Watch(Resource resource, string labels) =>
        new RunningWatch(_client.WatchAsync(Kind(resource), fixture.Namespace, new WatchOptions { LabelSelector = labels }, Cancelled).GetAsyncEnumerator(Cancelled));

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private static ResourceKind Kind(Resource resource) => new(resource.Group, resource.Version, resource.Plural, resource.Kind);

    private static async Task<Reply> TryAsync(Func<Task<JsonNode?>> request)
    {
        try
        {
            return new Reply(await request());
        }
        catch (ApiStatusException e)
        {
            return new Reply(null, e.Reason, e.ApiMessage);
        }
    }

    private sealed class RunningWatch(IAsyncEnumerator<ResourceEvent> events) : IWatch
    {
        public async Task<string> NextAsync()
        {
            while (await events.MoveNextAsync())
            {
                if (events.Current.Object is { } o && events.Current.Kind != ResourceEventKind.Synced)
                    return events.Current.Kind.ToString().ToUpperInvariant() + "/" + o.Name;
            }

            return "the watch has ended";
        }

        public ValueTask DisposeAsync() => events.DisposeAsync();
    }
}
