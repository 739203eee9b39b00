using System.Diagnostics;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Live;

/// <summary>One case on a live cluster: a namespace of its own, watched, and removed afterwards.</summary>
internal sealed class LiveCase : IReplayTarget
{
    private static readonly string[] WatchedKinds =
    [
        "VirtualMachine", "VirtualMachineInstance", "VirtualMachineClone", "VirtualMachineSnapshot", "VirtualMachineSnapshotContent",
        "VirtualMachineRestore", "PersistentVolumeClaim", "DataVolume", "VolumeSnapshot", "ControllerRevision", "Event",
    ];

    private readonly LiveCluster _cluster;
    private readonly LiveNames _names;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _watches = [];
    private readonly List<(double Ms, StoreEvent Event)> _changes = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _changed = new();

    public LiveCase(LiveCluster cluster, string @namespace)
    {
        _cluster = cluster;
        _names = new LiveNames(cluster.Prefix, @namespace);
        cluster.MakeNamespace(_names.Namespace);
        using var synced = new CountdownEvent(WatchedKinds.Length);
        foreach (var type in WatchedKinds.Select(Find))
        {
            _watches.Add(cluster.Connection.WatchAsync(
                LiveConnection.Path(type, type.StorageVersion, _names.Namespace),
                (what, o) => Note(what, type, o),
                () => synced.Signal(),
                _end.Token));
        }

        if (!synced.Wait(TimeSpan.FromSeconds(60)))
            throw new InvalidOperationException($"the watches of {_names.Namespace} did not begin: {_watches.FirstOrDefault(w => w.IsFaulted)?.Exception?.InnerException?.Message}");
    }

    public bool IsLive => true;

    public IReadOnlyList<(double Ms, StoreEvent Event)> Changes
    {
        get
        {
            lock (_lock)
                return [.. _changes];
        }
    }

    public double Ms => _clock.Elapsed.TotalMilliseconds;

    public void StartRecording()
    {
        lock (_lock)
        {
            _changes.Clear();
            _clock.Restart();
        }
    }

    public ResourceType Find(JsonObject o) => _cluster.Types.First(t => t.Kind == o.Kind());

    public ResourceType Find(string kind) => _cluster.Types.First(t => t.Kind == kind);

    public JsonObject? Get(string kind, string name)
    {
        var found = _cluster.Connection.Get(PathOf(Find(kind), _names.Named(kind, _names.Given(name))));
        return (JsonObject?)_names.Seen(found);
    }

    public IReadOnlyList<JsonObject> List(string kind)
    {
        var type = Find(kind);
        var items = _cluster.Connection.Get(PathOf(type))!.ArrayAt("items").Objects();
        return [.. items.Where(o => IsOurs(o, type)).Select(o =>
        {
            var copy = (JsonObject)_names.Seen(o)!;
            copy["apiVersion"] ??= type.StorageApiVersion;
            copy["kind"] ??= kind;
            return copy;
        }).OrderBy(o => o.Name(), StringComparer.Ordinal)];
    }

    public JsonObject Post(ResourceType type, string? @namespace, JsonObject body, string? query = null, string? user = null)
    {
        var version = body.TextAt("apiVersion")?.Split('/')[^1] ?? type.StorageVersion;
        var path = LiveConnection.Path(type, version, @namespace is null ? null : _names.Given(@namespace));
        return Answer(_cluster.Connection.Send(HttpMethod.Post, query is null ? path : path + "?" + query.TrimStart('?'), _names.Given(body), user: user), "stored");
    }

    public JsonObject Merge(string kind, string name, JsonNode patch, string? user = null) => Answer(
        _cluster.Connection.Send(HttpMethod.Patch, PathOf(Find(kind), _names.Given(name)), _names.Given((JsonObject)patch), "application/merge-patch+json", user: user), "response");

    public JsonObject Delete(string kind, string name, string? user = null, bool dryRun = false)
    {
        var answer = Answer(_cluster.Connection.Send(HttpMethod.Delete, PathOf(Find(kind), _names.Given(name)) + (dryRun ? "?dryRun=All" : ""), user: user), "response");
        if (answer["httpStatus"]!.GetValue<int>() < 300)
        {
            answer.Remove("response");
            answer["httpStatus"] = 200;
        }

        return answer;
    }

    public JsonObject Subresource(string name, string verb)
    {
        var path = $"/apis/subresources.kubevirt.io/v1/namespaces/{_names.Namespace}/virtualmachines/{name}/{verb}";
        var answer = Answer(_cluster.Connection.Send(HttpMethod.Put, path, new JsonObject(), accept: "*/*"), "response");
        if (answer["httpStatus"]!.GetValue<int>() < 300)
            answer["response"] = null;
        return answer;
    }

    public JsonObject? Refusal(string user, string verb, ResourceType type)
    {
        var answer = verb == "list"
            ? Answer(_cluster.Connection.Send(HttpMethod.Get, PathOf(type), user: user), "response")
            : Answer(_cluster.Connection.Send(HttpMethod.Delete, PathOf(type) + "?dryRun=All", user: user), "response");
        return answer["httpStatus"]!.GetValue<int>() == 403 ? answer : null;
    }

    public void TakeChances(RecordedChances chances)
    {
        // A real server takes its own.
    }

    public void TakeSnapshotTime(double seconds) => _cluster.Storage.SetSnapshotTime(_names.Namespace, TimeSpan.FromSeconds(seconds));

    public void Run(TimeSpan time) => RunUntil(() => false, time, look: false);

    public void RunToMs(double ms)
    {
        if (ms > Ms)
            Run(TimeSpan.FromMilliseconds(ms - Ms));
    }

    public bool RunUntil(Func<bool> holds, TimeSpan atMost) => RunUntil(holds, atMost, look: true);

    private bool RunUntil(Func<bool> holds, TimeSpan atMost, bool look)
    {
        var end = _clock.Elapsed + atMost;
        while (true)
        {
            _changed.Reset();
            if (look && holds())
                return true;
            var left = end - _clock.Elapsed;
            if (left <= TimeSpan.Zero)
                return false;
            // A condition may depend on what is not watched: look again twice a second.
            if (look)
                _changed.Wait(left < TimeSpan.FromSeconds(0.5) ? left : TimeSpan.FromSeconds(0.5));
            else
                _end.Token.WaitHandle.WaitOne(left);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        try
        {
            await Task.WhenAll(_watches);
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException or HttpRequestException or IOException)
        {
            // They were ended.
        }

        _cluster.RemoveNamespace(_names.Namespace);
        _end.Dispose();
        _changed.Dispose();
    }

    private string PathOf(ResourceType type, string? name = null) => LiveConnection.Path(type, type.StorageVersion, type.Namespaced ? _names.Namespace : null, name);

    // Of cluster-scoped kinds only what belongs to the case; a cluster puts a ConfigMap into every namespace.
    private bool IsOurs(JsonObject o, ResourceType type) => type.Kind switch
    {
        "PersistentVolume" => o.TextAt("spec", "claimRef", "namespace") == _names.Namespace,
        "VolumeSnapshotContent" => o.TextAt("spec", "volumeSnapshotRef", "namespace") == _names.Namespace,
        "ConfigMap" => o.Name() is not ("kube-root-ca.crt" or "openshift-service-ca.crt"),
        _ => type.Namespaced || o.Name().StartsWith(_cluster.Prefix, StringComparison.Ordinal),
    };

    private JsonObject Answer((int Status, string Body, IReadOnlyList<string> Warnings) answer, string part)
    {
        var result = new JsonObject { ["httpStatus"] = answer.Status };
        var seen = _names.Seen(answer.Body);
        result[answer.Status < 300 ? part : "response"] = seen.StartsWith('{') ? JsonNode.Parse(seen) : seen;
        if (answer.Warnings.Count > 0)
            result["warnings"] = JsonAccess.StringArray(answer.Warnings.Select(_names.Seen));
        return result;
    }

    private void Note(StoreEventType what, ResourceType type, JsonObject o)
    {
        var seen = (JsonObject)_names.Seen(o)!;
        lock (_lock)
            _changes.Add((Ms, new StoreEvent(what, type, seen, null, 0) { Stored = new StoredObject(type, seen, 0) }));
        _changed.Set();
    }
}
