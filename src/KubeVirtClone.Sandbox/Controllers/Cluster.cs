using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// What controllers see of the API server: reads from its store (their "cache"), writes through its admission like any client,
/// indexes kept current by its events, and one place to subscribe.
/// </summary>
internal sealed class Cluster : IDisposable
{
    private const string VirtController = "kubevirt-controller";
    private readonly IDisposable _subscription;
    private readonly Dictionary<ResourceType, List<Action<StoreEvent>>> _handlers = [];
    private readonly Dictionary<ResourceType, List<ObjectIndex>> _indexes = [];
    private TimeSpan _spent;

    public Cluster(ApiMachinery api, Profile profile, EventLoop loop, ControllerSettings settings, StorageFaults storageFaults)
    {
        Profile = profile;
        Api = api;
        Loop = loop;
        Settings = settings;
        StorageFaults = storageFaults;
        Clones = api.Type("clone.kubevirt.io", "virtualmachineclones");
        Snapshots = api.Type("snapshot.kubevirt.io", "virtualmachinesnapshots");
        Contents = api.Type("snapshot.kubevirt.io", "virtualmachinesnapshotcontents");
        Restores = api.Type("snapshot.kubevirt.io", "virtualmachinerestores");
        Machines = api.Type("kubevirt.io", "virtualmachines");
        Instances = api.Type("kubevirt.io", "virtualmachineinstances");
        Claims = api.Type("", "persistentvolumeclaims");
        Volumes = api.Type("", "persistentvolumes");
        Events = api.Type("", "events");
        StorageClasses = api.Type("storage.k8s.io", "storageclasses");
        VolumeSnapshots = api.Type("snapshot.storage.k8s.io", "volumesnapshots");
        VolumeSnapshotContents = api.Type("snapshot.storage.k8s.io", "volumesnapshotcontents");
        StorageProfiles = api.Type("cdi.kubevirt.io", "storageprofiles");
        VolumeSnapshotClasses = api.Type("snapshot.storage.k8s.io", "volumesnapshotclasses");
        DataVolumes = api.Type("cdi.kubevirt.io", "datavolumes");
        DataSources = api.Type("cdi.kubevirt.io", "datasources");
        CloneSources = api.Type("cdi.kubevirt.io", "volumeclonesources");
        CsiDrivers = api.Type("storage.k8s.io", "csidrivers");
        Revisions = api.Type("apps", "controllerrevisions");
        Pods = api.Type("", "pods");
        Recorder = new EventRecorder(this);
        _subscription = api.Subscribe(Dispatch);
    }

    public ApiMachinery Api { get; }

    /// <summary>The release the controllers behave like.</summary>
    public Profile Profile { get; }

    public EventLoop Loop { get; }

    public ControllerSettings Settings { get; }

    /// <summary>What goes wrong with storage.</summary>
    public StorageFaults StorageFaults { get; }

    public EventRecorder Recorder { get; }

    public ResourceType Clones { get; }

    public ResourceType Snapshots { get; }

    public ResourceType Contents { get; }

    public ResourceType Restores { get; }

    public ResourceType Machines { get; }

    public ResourceType Instances { get; }

    public ResourceType Claims { get; }

    public ResourceType Volumes { get; }

    public ResourceType Events { get; }

    public ResourceType StorageClasses { get; }

    public ResourceType VolumeSnapshots { get; }

    public ResourceType VolumeSnapshotContents { get; }

    public ResourceType StorageProfiles { get; }

    public ResourceType VolumeSnapshotClasses { get; }

    public ResourceType DataVolumes { get; }

    public ResourceType DataSources { get; }

    /// <summary>What claims that CDI clones into refer to.</summary>
    public ResourceType CloneSources { get; }

    public ResourceType CsiDrivers { get; }

    public ResourceType Revisions { get; }

    public ResourceType Pods { get; }

    public DateTimeOffset Now => Loop.Now;

    public string Timestamp => JsonAccess.Timestamp(Now);

    /// <summary>A queue whose rate limiter is its own, as each of KubeVirt's controllers has one.</summary>
    public WorkQueue Queue(Func<string, TimeSpan?> reconcile) =>
        new(Loop, new RateLimiter(Loop.Clock, Settings), reconcile);

    /// <summary>A queue with as many workers as KubeVirt gives that controller by default: what they write takes its time.</summary>
    public WorkQueue Queue(Func<string, TimeSpan?> reconcile, int workers) =>
        new(Loop, new RateLimiter(Loop.Clock, Settings), reconcile, workers, () => _spent);

    public void On(ResourceType type, Action<StoreEvent> handler)
    {
        if (!_handlers.TryGetValue(type, out var list))
            _handlers[type] = list = [];
        list.Add(handler);
    }

    /// <summary>A lookup of objects by keys computed from them; made before the first object of the type changes.</summary>
    public ObjectIndex Index(ResourceType type, Func<JsonObject, IEnumerable<string>> keys)
    {
        var index = new ObjectIndex(keys);
        foreach (var existing in Api.List(type, null))
            index.Apply(null, existing);
        if (!_indexes.TryGetValue(type, out var list))
            _indexes[type] = list = [];
        list.Add(index);
        return index;
    }

    public static string Key(string? @namespace, string name) => @namespace + "/" + name;

    public static string Key(JsonObject o) => Key(o.Namespace(), o.Name());

    public JsonObject? Get(ResourceType type, string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return Api.Get(type, slash <= 0 ? null : key[..slash], key[(slash + 1)..]);
    }

    public JsonObject? Get(ResourceType type, string? @namespace, string name) => Api.Get(type, @namespace, name);

    public JsonObject Create(ResourceType type, JsonObject o) => Api.Create(type, o.Namespace(), o, Who());

    /// <summary>Writes an object, which is the server's from then on.</summary>
    public JsonObject Update(ResourceType type, JsonObject o)
    {
        // A restore is written from its Go type, which leaves empty lists out.
        foreach (var empty in type == Restores ? (o.ObjectAt("spec") ?? []).Where(p => p.Value is JsonArray { Count: 0 }).Select(p => p.Key).ToList() : [])
            o.ObjectAt("spec")!.Remove(empty);
        return Api.UpdateWith(type, o.Namespace(), o.Name(), o, Who(), subresource: null);
    }

    /// <summary>Writes an object's status; the object is the server's from then on.</summary>
    public JsonObject UpdateStatus(ResourceType type, JsonObject o) => Api.UpdateWith(type, o.Namespace(), o.Name(), o, Who(), "status");

    public void Delete(ResourceType type, string? @namespace, string name) => Api.Delete(type, @namespace, name, new DeleteRequest(), Who());

    /// <summary>Deletes; an object that is gone already is fine.</summary>
    public void DeleteIfThere(ResourceType type, string? @namespace, string name)
    {
        try
        {
            Delete(type, @namespace, name);
        }
        catch (ApiException e) when (e.Code == 404)
        {
            // gone before us
        }
    }

    /// <summary>Writes the finalizers as a JSON patch that tests the old ones, as KubeVirt's controllers do.</summary>
    public JsonObject SetFinalizers(ResourceType type, JsonObject o, IReadOnlyList<string> finalizers)
    {
        var copy = o.Copy();
        copy.Ensure("metadata")["finalizers"] = JsonAccess.StringArray(finalizers);
        return Update(type, copy);
    }

    public JsonObject AddFinalizer(ResourceType type, JsonObject o, string finalizer) =>
        o.HasFinalizer(finalizer) ? o : SetFinalizers(type, o, [.. o.ArrayAt("metadata", "finalizers").Texts(), finalizer]);

    public JsonObject RemoveFinalizer(ResourceType type, JsonObject o, string finalizer) =>
        o.HasFinalizer(finalizer) ? SetFinalizers(type, o, [.. o.ArrayAt("metadata", "finalizers").Texts().Where(f => f != finalizer)]) : o;

    /// <summary>Writes <paramref name="status"/> if it differs from what is stored; true when written.</summary>
    public bool WriteStatus(ResourceType type, JsonObject stored, JsonObject status)
    {
        if (JsonNode.DeepEquals(stored["status"] ?? new JsonObject(), status))
            return false;
        // Only the status is written, so nothing else is sent; the version refuses what was computed from an older state.
        UpdateStatus(type, new JsonObject
        {
            ["apiVersion"] = type.StorageApiVersion,
            ["kind"] = type.Kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = stored.Name(),
                ["namespace"] = stored.Namespace(),
                ["uid"] = stored.Uid(),
                ["resourceVersion"] = stored.TextAt("metadata", "resourceVersion"),
            },
            ["status"] = status.Copy(),
        });
        return true;
    }

    public static JsonObject OwnerReference(JsonObject owner, string apiVersion, string kind) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["name"] = owner.Name(),
        ["uid"] = owner.Uid(),
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    public void Dispose() => _subscription.Dispose();

    // Asked for with every write, which is what takes time: reads come from a cache.
    private RequestInfo Who()
    {
        _spent += Settings.Scaled(Settings.CallTime);
        return RequestInfo.Controller(VirtController);
    }

    private void Dispatch(StoreEvent e)
    {
        if (_indexes.TryGetValue(e.Resource, out var indexes))
        {
            foreach (var index in indexes)
                index.Apply(e.Old, e.Type == StoreEventType.Deleted ? null : e.Object);
        }

        if (_handlers.TryGetValue(e.Resource, out var handlers))
        {
            foreach (var handler in handlers)
                handler(e);
        }
    }
}

/// <summary>Objects' keys by a computed key.</summary>
internal sealed class ObjectIndex(Func<JsonObject, IEnumerable<string>> keys)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedSet<string>> _found = [];

    public IReadOnlyList<string> Find(string key)
    {
        lock (_lock)
            return _found.TryGetValue(key, out var set) ? [.. set] : [];
    }

    internal void Apply(JsonObject? old, JsonObject? current)
    {
        lock (_lock)
        {
            if (old is not null)
            {
                foreach (var key in keys(old))
                {
                    if (_found.TryGetValue(key, out var set) && set.Remove(Cluster.Key(old)) && set.Count == 0)
                        _found.Remove(key);
                }
            }

            if (current is null)
                return;
            foreach (var key in keys(current))
            {
                if (!_found.TryGetValue(key, out var set))
                    _found[key] = set = new SortedSet<string>(StringComparer.Ordinal);
                set.Add(Cluster.Key(current));
            }
        }
    }
}

/// <summary>How the controllers run.</summary>
/// <param name="pacing">Whether queues are rate-limited as KubeVirt's are.</param>
/// <param name="scale">What real delays and deadlines are multiplied by; 0.1 is ten times faster.</param>
/// <param name="nodes">Whether there are nodes, so that started VMs come to run.</param>
internal sealed class ControllerSettings(bool pacing = true, double scale = 1, bool nodes = true)
{
    public bool Pacing { get; } = pacing;

    public double Scale { get; set; } = scale;

    public bool Nodes { get; } = nodes;

    /// <summary>
    /// What a write takes on the cluster the project's recordings come from: with it 100 restores take as long as they took there, and the
    /// events of a clone do not fall together into one.
    /// </summary>
    public static TimeSpan RecordedCallTime { get; } = TimeSpan.FromMilliseconds(18);

    /// <summary>What one write to the API server takes, admission included, before it is scaled; zero takes no time.</summary>
    public TimeSpan CallTime { get; init; }

    /// <summary>The order in which KubeVirt walks a Go map, which is chance there; here the order given, unless a replay wants another.</summary>
    public Func<IEnumerable<string>, IEnumerable<string>> MapOrder { get; set; } = keys => keys;

    /// <summary>
    /// Whether the restore webhook's cache, when a restore is posted, has another one (names in that order). KubeVirt's lags a moment
    /// behind; here it has everything, unless a replay wants otherwise.
    /// </summary>
    public Func<string, string, bool> WebhookSees { get; set; } = (_, _) => true;

    public TimeSpan Scaled(TimeSpan real) => real * Scale;

    public TimeSpan Seconds(double real) => TimeSpan.FromSeconds(real * Scale);
}
