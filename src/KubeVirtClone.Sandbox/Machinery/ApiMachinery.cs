using System.Globalization;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// The core of an API server without HTTP: typed storage with resource versions, admission, schemas, patches, deletion with
/// finalizers, and an ordered stream of changes. Controllers call it in process exactly as a client would over HTTP.
/// Safe to use from several threads; a write runs whole under one lock.
/// </summary>
public sealed partial class ApiMachinery
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Group, string Plural), ResourceType> _byPlural = [];
    private readonly Dictionary<(string Group, string Kind), ResourceType> _byKind = [];
    private readonly Dictionary<ResourceType, Shelf> _shelves = [];
    private readonly List<IAdmission> _admission = [];
    private readonly List<Action<StoreEvent>> _subscribers = [];
    private readonly Queue<StoreEvent> _undelivered = new();
    private readonly IdSource _ids;
    private readonly AppliedFields _applied = new();
    private long _revision = 1;
    private bool _delivering;

    /// <summary>Makes an empty server.</summary>
    /// <param name="types">The resources to serve, and those that controllers may look for in vain.</param>
    /// <param name="clock">Source of timestamps.</param>
    /// <param name="seed">Makes uids and generated names repeatable.</param>
    public ApiMachinery(IReadOnlyList<ResourceType> types, TimeProvider clock, int seed)
    {
        Clock = clock;
        _ids = new IdSource(seed);
        Types = [.. types.Where(t => t.IsServed)];
        foreach (var type in types)
        {
            _byPlural.Add((type.Group, type.Plural), type);
            if (type.IsServed)
                _byKind.Add((type.Group, type.Kind), type);
            _shelves.Add(type, new Shelf());
        }
    }

    /// <summary>The resources served.</summary>
    public IReadOnlyList<ResourceType> Types { get; }

    /// <summary>Source of timestamps.</summary>
    public TimeProvider Clock { get; }

    /// <summary>How many changes per resource a watch can go back; older ones answer 410.</summary>
    public int HistoryLimit { get; set; } = 50_000;

    /// <summary>Revision of the last committed change.</summary>
    public long ResourceVersion
    {
        get
        {
            lock (_gate)
                return _revision;
        }
    }

    /// <summary>The type with a plural name; throws when it is not served.</summary>
    public ResourceType Type(string group, string plural) => FindType(group, plural)
        ?? throw new ArgumentException($"no resource {plural} in group '{group}' is served", nameof(plural));

    /// <summary>The type with a plural name, or null.</summary>
    public ResourceType? FindType(string group, string plural) => _byPlural.GetValueOrDefault((group, plural));

    /// <summary>The type of a kind, or null; takes an apiVersion such as <c>v1</c> or <c>kubevirt.io/v1</c>.</summary>
    public ResourceType? TypeOf(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return _byKind.GetValueOrDefault((slash < 0 ? "" : apiVersion[..slash], kind));
    }

    /// <summary>Adds an admission step; steps run in the order they were added.</summary>
    public void AddAdmission(IAdmission admission)
    {
        lock (_gate)
            _admission.Add(admission);
    }

    /// <summary>The stored object, or null. Not to be mutated.</summary>
    public JsonObject? Get(ResourceType type, string? ns, string name) => GetStored(type, ns, name)?.Object;

    /// <summary>
    /// All objects in key order; null namespace for all namespaces. Not to be mutated.
    /// </summary>
    public IReadOnlyList<JsonObject> List(ResourceType type, string? ns, LabelSelector? labels = null, FieldSelector? fields = null)
    {
        lock (_gate)
        {
            return [.. _shelves[type].All(ns).Select(s => s.Object)
                .Where(o => (labels is null || labels.Matches(o)) && (fields is null || fields.Matches(o)))];
        }
    }

    /// <summary>
    /// Calls back for every committed change, in order, on the writer's thread and before the write returns. A callback
    /// may write; the change it makes is delivered after the current one has reached every subscriber.
    /// </summary>
    public IDisposable Subscribe(Action<StoreEvent> onEvent)
    {
        lock (_gate)
            _subscribers.Add(onEvent);
        return new Subscription(this, onEvent);
    }

    /// <summary>Forgets the history up to a revision, as etcd's compaction does: older watches and continues answer 410.</summary>
    public void Compact(long resourceVersion)
    {
        lock (_gate)
        {
            foreach (var shelf in _shelves.Values)
                shelf.Forget(Math.Min(resourceVersion, _revision));
        }
    }

    /// <summary>A random uid from the server's seed.</summary>
    public string NewUid()
    {
        lock (_gate)
            return _ids.Uid();
    }

    /// <summary>A random suffix as Kubernetes generates names with: lower-case consonants and digits.</summary>
    public string NewSuffix(int length = 5)
    {
        lock (_gate)
            return _ids.Suffix(length);
    }

    /// <summary>Now, as API objects write it.</summary>
    public string Timestamp() => Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    internal StoredObject? GetStored(ResourceType type, string? ns, string name)
    {
        lock (_gate)
            return _shelves[type].Find(ns, name);
    }

    /// <summary>All stored objects, with the revision they are current at.</summary>
    internal (List<StoredObject> Items, long Revision) Snapshot(ResourceType type, string? ns, long? at = null)
    {
        lock (_gate)
        {
            var shelf = _shelves[type];
            if (at is null)
                return ([.. shelf.All(ns)], _revision);
            if (at < shelf.CompactedAt)
                throw ApiException.Expired(at.Value, shelf.CompactedAt);
            return ([.. shelf.AllAt(ns, at.Value)], at.Value);
        }
    }

    /// <summary>
    /// Changes of a type after a revision, the revision they reach, and a task for the next change. Null changes when the
    /// revision is no longer in the history.
    /// </summary>
    internal (List<StoreEvent>? Changes, long Revision, Task Next, long Oldest) ChangesAfter(ResourceType type, long revision)
    {
        lock (_gate)
        {
            var shelf = _shelves[type];
            return revision < shelf.CompactedAt
                ? (null, _revision, Task.CompletedTask, shelf.CompactedAt)
                : (shelf.After(revision), _revision, shelf.Changed(), shelf.CompactedAt);
        }
    }

    // Takes the object over: it must be frozen, or a clone of a frozen one, and have a resourceVersion to be replaced.
    private StoredObject Commit(StoreEventType what, ResourceType type, JsonObject frozen, StoredObject? old)
    {
        var revision = ++_revision;
        ((JsonObject)frozen["metadata"]!)["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture);
        var stored = new StoredObject(type, frozen, revision);
        var shelf = _shelves[type];
        if (what == StoreEventType.Deleted)
        {
            shelf.Remove(stored);
            _applied.Forget(stored.Uid);
        }
        else
        {
            shelf.Put(stored);
        }

        var change = new StoreEvent(what, type, stored.Object, old?.Object, revision) { Stored = stored, OldStored = old };
        shelf.Append(change, HistoryLimit);
        _undelivered.Enqueue(change);
        Deliver();
        return stored;
    }

    private void Deliver()
    {
        if (_delivering)
            return;
        _delivering = true;
        try
        {
            while (_undelivered.TryDequeue(out var change))
            {
                foreach (var subscriber in _subscribers.ToArray())
                    subscriber(change);
            }
        }
        finally
        {
            _delivering = false;
        }
    }

    private sealed class Subscription(ApiMachinery owner, Action<StoreEvent> onEvent) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
                owner._subscribers.Remove(onEvent);
        }
    }
}
