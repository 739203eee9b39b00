using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes;

internal sealed class KubernetesClient(ClusterConfiguration configuration, KubernetesClientOptions options) : IKubernetesClient
{
    public ClusterConfiguration Configuration { get; } = configuration;

    internal KubernetesClientOptions Options { get; } = options;

    public Task<KubernetesObject> GetAsync(ResourceKind kind, string? ns, string name, CancellationToken ct) => throw new NotSupportedException();

    public IAsyncEnumerable<KubernetesObject> ListAsync(ResourceKind kind, string? ns, ListOptions? options, CancellationToken ct) => throw new NotSupportedException();

    public Task<KubernetesObject> CreateAsync(ResourceKind kind, string? ns, JsonObject body, WriteOptions? options, CancellationToken ct) => throw new NotSupportedException();

    public Task<KubernetesObject> PatchAsync(
        ResourceKind kind, string? ns, string name, PatchKind patchKind, JsonNode patch, WriteOptions? options, CancellationToken ct, string? subresource = null) => throw new NotSupportedException();

    public Task<KubernetesObject?> DeleteAsync(ResourceKind kind, string? ns, string name, DeleteOptions? options, CancellationToken ct) => throw new NotSupportedException();

    public Task<HttpAnswer> SendAsync(HttpMethod method, string path, JsonNode? body, string accept, CancellationToken ct) => throw new NotSupportedException();

    public IAsyncEnumerable<ResourceEvent> WatchAsync(ResourceKind kind, string? ns, WatchOptions options, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> GetServedVersionsAsync(string group, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
