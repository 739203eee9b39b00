using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Serialization;
using KubeVirtClone.Kubernetes.Transport;
using KubeVirtClone.Kubernetes.Watching;

namespace KubeVirtClone.Kubernetes;

/// <summary>The verbs over one <see cref="ApiServer"/>.</summary>
internal sealed class KubernetesClient : IKubernetesClient
{
    /// <summary>Clusters are upgraded while clients live.</summary>
    private static readonly TimeSpan ServedVersionsLifetime = TimeSpan.FromMinutes(1);

    private readonly ApiServer _server;
    private readonly ApiTransport _transport;
    private k8s.IKubernetes? _core;
    private readonly ConcurrentDictionary<string, (IReadOnlyList<string> Versions, long Since)> _servedVersions = new(StringComparer.Ordinal);

    public KubernetesClient(ClusterConfiguration configuration, KubernetesClientOptions options)
    {
        Configuration = configuration;
        _server = new ApiServer(configuration, options);
        _transport = _server.Transport;
    }

    public ClusterConfiguration Configuration { get; }

    // The proxy is a class generated at run time, which a command should not pay for when it makes no typed call.
    public k8s.IKubernetes Core => LazyInitializer.EnsureInitialized(ref _core, () => EscapedPaths.Over(_server));

    public async Task<KubernetesObject> GetAsync(ResourceKind kind, string? ns, string name, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(kind);
        var request = new ApiRequest(HttpMethod.Get, kind.PathFor(ns, name), Repeat.Always);
        return Object(request, await _transport.SendAsync(request, ct));
    }

    public IAsyncEnumerable<KubernetesObject> ListAsync(ResourceKind kind, string? ns, ListOptions? options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return ResilientList.ReadAsync(_transport, kind, ns, options ?? new ListOptions(), ct);
    }

    public async Task<KubernetesObject> CreateAsync(ResourceKind kind, string? ns, JsonObject body, WriteOptions? options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(body);
        var request = new ApiRequest(HttpMethod.Post, kind.PathFor(ns) + WriteQuery(options), Repeat.UnlessDone)
        {
            Body = ObjectReader.Write(body),
            ContentType = "application/json",
        };
        return Object(request, await _transport.SendAsync(request, ct));
    }

    public async Task<KubernetesObject> PatchAsync(
        ResourceKind kind,
        string? ns,
        string name,
        PatchKind patchKind,
        JsonNode patch,
        WriteOptions? options,
        CancellationToken ct,
        string? subresource = null)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(patch);
        // Apply is the one format for which the server insists on a manager's name.
        if (patchKind == PatchKind.Apply && options?.FieldManager is null)
            options = (options ?? new WriteOptions()) with { FieldManager = ProductVersion.Product };
        var query = WriteQuery(options);
        if (patchKind == PatchKind.Apply && options?.Force == true)
            query.Add("force", "true");
        var request = new ApiRequest(HttpMethod.Patch, kind.PathFor(ns, name, subresource) + query, Repeat.UnlessDone)
        {
            Body = ObjectReader.Write(patch),
            ContentType = patchKind switch
            {
                PatchKind.Json => "application/json-patch+json",
                PatchKind.Merge => "application/merge-patch+json",
                PatchKind.StrategicMerge => "application/strategic-merge-patch+json",
                PatchKind.Apply => "application/apply-patch+yaml",
                _ => throw new ArgumentOutOfRangeException(nameof(patchKind), patchKind, message: null),
            },
        };
        return Object(request, await _transport.SendAsync(request, ct));
    }

    public async Task<KubernetesObject?> DeleteAsync(ResourceKind kind, string? ns, string name, DeleteOptions? options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(kind);
        // A UID names one object for ever: deleting it twice is deleting it once.
        var isRepeatable = options?.PreconditionUid is not null;
        var request = new ApiRequest(HttpMethod.Delete, kind.PathFor(ns, name), isRepeatable ? Repeat.Always : Repeat.UnlessDone)
        {
            Body = ObjectReader.Write(DeleteBody(options)),
            ContentType = "application/json",
        };
        WholeAnswer answer;
        try
        {
            answer = await _transport.SendAsync(request, ct);
        }
        catch (ApiStatusException e) when (e.IsAfterLostAnswer && (e.IsNotFound || (e.IsConflict && options?.PreconditionResourceVersion is null)))
        {
            // The attempt whose answer was lost did it; the name may have been taken by another object since.
            return null;
        }

        if (answer.Body.Length == 0)
            return null;
        var deleted = Object(request, answer);
        return deleted.Kind == "Status" ? null : deleted;
    }

    public async Task<HttpAnswer> SendAsync(HttpMethod method, string path, JsonNode? body, string accept, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(path);
        if (!path.StartsWith('/'))
            throw new ArgumentException("A path begins with '/'.", nameof(path));
        var request = new ApiRequest(method, path, ApiServer.RepeatOf(method, path))
        {
            Accept = accept,
            Body = body is null ? null : ObjectReader.Write(body),
            ContentType = body is null ? null : "application/json",
        };
        var answer = await _transport.SendAsync(request, ct);
        return new HttpAnswer(answer.StatusCode, answer.ContentType, Encoding.UTF8.GetString(answer.Body), answer.AuditId);
    }

    public IAsyncEnumerable<ResourceEvent> WatchAsync(ResourceKind kind, string? ns, WatchOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(options);
        return new Reflector(_transport, kind, ns, options).RunAsync(ct);
    }

    public async Task<IReadOnlyList<string>> GetServedVersionsAsync(string group, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(group);
        var clock = _transport.Options.TimeProvider;
        if (_servedVersions.TryGetValue(group, out var known) && clock.GetElapsedTime(known.Since) < ServedVersionsLifetime)
            return known.Versions;
        var request = new ApiRequest(HttpMethod.Get, group.Length == 0 ? "/api" : $"/apis/{Uri.EscapeDataString(group)}", Repeat.Always);
        KubernetesObject answer;
        try
        {
            answer = Object(request, await _transport.SendAsync(request, ct));
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            // Not kept: the group may be installed while this client lives.
            return [];
        }

        var versions = VersionsIn(answer);
        if (versions.Count > 0)
            _servedVersions[group] = (versions, clock.GetTimestamp());
        return versions;
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<string> VersionsIn(KubernetesObject answer)
    {
        if (answer.At("versions") is not { ValueKind: JsonValueKind.Array } list)
            return [];
        var preferred = answer.StringAt("preferredVersion", "version");
        var versions = new List<string>();
        foreach (var item in list.EnumerateArray())
        {
            // The core group gives texts, the others objects.
            var version = item.ValueKind == JsonValueKind.String ? item.GetString()! : new KubernetesObject(item).StringAt("version") ?? "";
            if (version == preferred)
                versions.Insert(0, version);
            else if (version.Length > 0)
                versions.Add(version);
        }

        return versions;
    }

    private static Query WriteQuery(WriteOptions? options) => new Query()
        .Add("dryRun", options?.DryRun == true ? "All" : null)
        .Add("fieldManager", options?.FieldManager)
        .Add("fieldValidation", options?.FieldValidation);

    private static JsonObject DeleteBody(DeleteOptions? options)
    {
        var body = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1" };
        if (options?.PropagationPolicy is { } policy)
            body["propagationPolicy"] = policy;
        if (options?.GracePeriodSeconds is { } seconds)
            body["gracePeriodSeconds"] = seconds;
        if (options?.DryRun == true)
            body["dryRun"] = new JsonArray("All");
        var preconditions = new JsonObject();
        if (options?.PreconditionUid is { } uid)
            preconditions["uid"] = uid;
        if (options?.PreconditionResourceVersion is { } version)
            preconditions["resourceVersion"] = version;
        if (preconditions.Count > 0)
            body["preconditions"] = preconditions;
        return body;
    }

    private static KubernetesObject Object(ApiRequest request, WholeAnswer answer) =>
        ObjectReader.Read(answer.Body, $"{request.Method} {request.Path}");
}
