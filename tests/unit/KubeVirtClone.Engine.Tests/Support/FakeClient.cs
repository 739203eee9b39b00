using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Engine.Tests.Support;

/// <summary>An API server in memory: objects, watches, and a hook before and after each request. It does nothing by itself; tests play the controllers.</summary>
internal sealed class FakeClient(TimeProvider clock) : IKubernetesClient
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly List<Watcher> _watchers = [];

    public ClusterConfiguration Configuration { get; } = new() { Server = new Uri("https://cluster.test:6443"), Namespace = "default", ContextName = "test" };

    public k8s.IKubernetes Core => throw new NotSupportedException();

    public Dictionary<string, string[]> Groups { get; } = new(StringComparer.Ordinal)
    {
        ["clone.kubevirt.io"] = ["v1beta1", "v1alpha1"],
        ["snapshot.kubevirt.io"] = ["v1beta1", "v1alpha1"],
        ["kubevirt.io"] = ["v1"],
    };

    public string KubeVirtVersion { get; set; } = "v1.9.0";

    /// <summary>Every request: verb, plural, and namespace/name where there is one.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Answers raw requests (path and body); null leaves the answer to the version endpoint.</summary>
    public Func<string, JsonNode?, JsonObject?>? Answer { get; set; }

    /// <summary>Called before a request is carried out; may throw what the server would answer.</summary>
    public Func<FakeRequest, Task>? Before { get; set; }

    /// <summary>Called after a request was carried out, with the object's present state; plays controllers, or throws as a lost answer does.</summary>
    public Action<FakeRequest, JsonObject>? After { get; set; }

    /// <summary>Called as <see cref="After"/> is, before it: the controllers a test takes for granted.</summary>
    public Action<FakeRequest, JsonObject>? Controllers { get; set; }

    /// <summary>Answers requests to other paths than the versions'.</summary>
    public Func<string, JsonNode?, HttpAnswer?>? Subresources { get; set; }

    public int Count(string prefix) => Requests.Count(r => r.StartsWith(prefix, StringComparison.Ordinal));

    public int OpenWatches
    {
        get
        {
            lock (_gate)
                return _watchers.Count;
        }
    }

    /// <summary>Ends every open watch, by itself or with an error, as a connection that is closed does.</summary>
    public void EndWatches(Exception? error)
    {
        lock (_gate)
        {
            foreach (var watcher in _watchers)
                watcher.Events.Writer.TryComplete(error);
        }
    }

    public static ApiStatusException NotFound(ResourceKind kind, string name) =>
        new(404, "NotFound", $"{kind.Plural}.{kind.Group} \"{name}\" not found") { Kind = kind.Plural, Group = kind.Group, Name = name, IsApiStatus = true };

    /// <summary>Creates or changes an object as a controller would, and tells the watches.</summary>
    public JsonObject Put(ResourceKind kind, JsonObject item)
    {
        lock (_gate)
        {
            item = (JsonObject)item.DeepClone();
            var metadata = (JsonObject)(item["metadata"] ??= new JsonObject());
            metadata["namespace"] ??= "default";
            metadata["uid"] ??= Guid.NewGuid().ToString();
            metadata["creationTimestamp"] ??= clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ");
            var key = Key(kind, metadata["namespace"]!.GetValue<string>(), metadata["name"]!.GetValue<string>());
            var there = _objects.ContainsKey(key);
            _objects[key] = item;
            Tell(kind, there ? ResourceEventKind.Modified : ResourceEventKind.Added, item);
            return (JsonObject)item.DeepClone();
        }
    }

    /// <summary>Changes an object that exists.</summary>
    public void Update(ResourceKind kind, string ns, string name, Action<JsonObject> change)
    {
        lock (_gate)
        {
            var item = (JsonObject)_objects[Key(kind, ns, name)].DeepClone();
            change(item);
            Put(kind, item);
        }
    }

    public void Remove(ResourceKind kind, string ns, string name)
    {
        lock (_gate)
        {
            if (_objects.Remove(Key(kind, ns, name), out var item))
                Tell(kind, ResourceEventKind.Deleted, item);
        }
    }

    public JsonObject? Find(ResourceKind kind, string ns, string name)
    {
        lock (_gate)
            return _objects.GetValueOrDefault(Key(kind, ns, name))?.DeepClone() as JsonObject;
    }

    public IReadOnlyList<JsonObject> All(ResourceKind kind)
    {
        lock (_gate)
            return [.. _objects.Where(o => o.Key.StartsWith(kind.Plural + "|", StringComparison.Ordinal)).Select(o => (JsonObject)o.Value.DeepClone())];
    }

    public async Task<KubernetesObject> GetAsync(ResourceKind kind, string? ns, string name, CancellationToken ct)
    {
        await BeforeAsync(new("GET", kind, ns, name), ct);
        return Find(kind, ns ?? "", name) is { } item ? Read(item) : throw NotFound(kind, name);
    }

    public async IAsyncEnumerable<KubernetesObject> ListAsync(ResourceKind kind, string? ns, ListOptions? options, [EnumeratorCancellation] CancellationToken ct)
    {
        await BeforeAsync(new("LIST", kind, ns, null), ct);
        foreach (var item in All(kind).Where(i => Selected(i, ns, options?.LabelSelector, options?.FieldSelector)))
            yield return Read(item);
    }

    public async Task<KubernetesObject> CreateAsync(ResourceKind kind, string? ns, JsonObject body, WriteOptions? options, CancellationToken ct)
    {
        var name = body["metadata"]!["name"]!.GetValue<string>();
        var request = new FakeRequest("CREATE", kind, ns, name) { Body = body, DryRun = options?.DryRun == true };
        await BeforeAsync(request, ct);
        if (Find(kind, ns!, name) is not null)
            throw new ApiStatusException(409, "AlreadyExists", $"{kind.Plural}.{kind.Group} \"{name}\" already exists") { Kind = kind.Plural, Name = name };
        if (request.DryRun)
            return Read(body);
        body["metadata"]!["namespace"] = ns;
        var stored = Put(kind, body);
        Controllers?.Invoke(request, stored);
        After?.Invoke(request, stored);
        return Read(stored);
    }

    public async Task<KubernetesObject> PatchAsync(
        ResourceKind kind, string? ns, string name, PatchKind patchKind, JsonNode patch, WriteOptions? options, CancellationToken ct, string? subresource = null)
    {
        patchKind.ShouldBe(PatchKind.Merge);
        var request = new FakeRequest("PATCH", kind, ns, name) { Body = (JsonObject)patch, DryRun = options?.DryRun == true };
        await BeforeAsync(request, ct);
        var item = Find(kind, ns!, name) ?? throw NotFound(kind, name);
        Merge(item, (JsonObject)patch);
        var stored = request.DryRun ? item : Put(kind, item);
        Controllers?.Invoke(request, stored);
        After?.Invoke(request, stored);
        return Read(Find(kind, ns!, name) ?? stored);
    }

    public async Task<KubernetesObject?> DeleteAsync(ResourceKind kind, string? ns, string name, DeleteOptions? options, CancellationToken ct)
    {
        await BeforeAsync(new("DELETE", kind, ns, name), ct);
        var item = Find(kind, ns!, name) ?? throw NotFound(kind, name);
        if (options?.PreconditionUid is { } uid && item["metadata"]!["uid"]!.GetValue<string>() != uid)
            throw new ApiStatusException(409, "Conflict", "the UID in the precondition does not match");
        Remove(kind, ns!, name);
        Controllers?.Invoke(new("DELETE", kind, ns, name), item);
        return null;
    }

    public async Task<HttpAnswer> SendAsync(HttpMethod method, string path, JsonNode? body, string accept, CancellationToken ct)
    {
        await BeforeAsync(new("SEND", new ResourceKind("", "", path, ""), null, null), ct);
        if (Answer?.Invoke(path, body) is { } answer)
            return new HttpAnswer(201, "application/json", answer.ToJsonString(), null);
        if (Subresources?.Invoke(path, body) is { } done)
            return done;
        var version = path == "/version" ? "v1.34.1" : KubeVirtVersion;
        return new HttpAnswer(200, "application/json", $$"""{"gitVersion":"{{version}}"}""", null);
    }

    /// <summary>Told of each object that a watch shows.</summary>
    public Action<KubernetesObject>? Shown { get; set; }

    public async IAsyncEnumerable<ResourceEvent> WatchAsync(ResourceKind kind, string? ns, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        await BeforeAsync(new("WATCH", kind, ns, null), ct);
        var watcher = new Watcher(kind, ns, options);
        List<JsonObject> present;
        lock (_gate)
        {
            present = [.. All(kind).Where(i => Selected(i, ns, options.LabelSelector, options.FieldSelector))];
            _watchers.Add(watcher);
        }

        try
        {
            foreach (var item in present)
            {
                var shown = Read(item);
                Shown?.Invoke(shown);
                yield return new(ResourceEventKind.Added, shown);
            }

            yield return new(ResourceEventKind.Synced, null);
            await foreach (var change in watcher.Events.Reader.ReadAllAsync(ct))
                yield return change;
        }
        finally
        {
            lock (_gate)
                _watchers.Remove(watcher);
        }
    }

    public async Task<IReadOnlyList<string>> GetServedVersionsAsync(string group, CancellationToken ct)
    {
        await BeforeAsync(new("DISCOVER", new ResourceKind(group, "", group, ""), null, null), ct);
        return Groups.GetValueOrDefault(group) ?? [];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Key(ResourceKind kind, string ns, string name) => $"{kind.Plural}|{ns}|{name}";

    private static KubernetesObject Read(JsonObject item) => new(JsonSerializer.SerializeToElement(item));

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            if (value is null)
                target.Remove(key);
            else if (value is JsonObject map && target[key] is JsonObject there)
                Merge(there, map);
            else if (value is JsonObject added)
                Merge((JsonObject)(target[key] = new JsonObject()), added);
            else
                target[key] = value.DeepClone();
        }
    }

    private static bool Selected(JsonObject item, string? ns, string? labels, string? fields)
    {
        if (ns is not null && item["metadata"]?["namespace"]?.GetValue<string>() != ns)
            return false;
        return Terms(labels).All(t => item["metadata"]?["labels"]?[t.Key]?.GetValue<string>() is { } label && (t.Values is null || t.Values.Contains(label, StringComparer.Ordinal)))
            && Terms(fields).All(t => At(item, t.Key) == t.Values?[0]);
    }

    // "key", "key=value" and "key in (a,b)"; the commas between the brackets part no terms.
    private static IEnumerable<(string Key, string[]? Values)> Terms(string? selector) => Regex.Matches(selector ?? "", @"(?<key>[^,=\s]+)(?:=(?<one>[^,]*)|\s+in\s+\((?<many>[^)]*)\))?", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking).Select(t =>
        (t.Groups["key"].Value, t.Groups["one"].Success ? [t.Groups["one"].Value] : t.Groups["many"].Success ? t.Groups["many"].Value.Split(',', StringSplitOptions.TrimEntries) : null));

    private static string? At(JsonNode? node, string path)
    {
        foreach (var step in path.Split('.'))
            node = node?[step];
        return node?.GetValue<string>();
    }

    private async Task BeforeAsync(FakeRequest request, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        Requests.Enqueue($"{request.Verb} {request.Kind.Plural}{(request.Name is null ? "" : $" {request.Namespace}/{request.Name}")}");
        if (Before is { } hook)
            await hook(request).WaitAsync(ct);
        await Task.Yield();
    }

    private void Tell(ResourceKind kind, ResourceEventKind change, JsonObject item)
    {
        foreach (var watcher in _watchers.Where(w => w.Kind.Plural == kind.Plural && Selected(item, w.Namespace, w.Options.LabelSelector, w.Options.FieldSelector)))
        {
            var shown = Read(item);
            Shown?.Invoke(shown);
            watcher.Events.Writer.TryWrite(new(change, shown));
        }
    }

    private sealed record Watcher(ResourceKind Kind, string? Namespace, WatchOptions Options)
    {
        public Channel<ResourceEvent> Events { get; } = Channel.CreateUnbounded<ResourceEvent>();
    }
}

/// <summary>A request to a <see cref="FakeClient"/>.</summary>
internal sealed record FakeRequest(string Verb, ResourceKind Kind, string? Namespace, string? Name)
{
    public JsonObject? Body { get; init; }

    public bool DryRun { get; init; }
}
