using System.Globalization;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// All objects by type, the revision they have reached, and the changes that led there. A write takes <see cref="Gate"/> over all it
/// reads and commits; everything here takes it, too.
/// </summary>
internal sealed class ObjectStore
{
    private readonly Dictionary<ResourceType, Shelf> _shelves;
    private readonly List<Action<StoreEvent>> _subscribers = [];
    private readonly Queue<StoreEvent> _undelivered = new();
    private long _revision = 1;
    private bool _delivering;

    public ObjectStore(IEnumerable<ResourceType> types) => _shelves = types.ToDictionary(t => t, _ => new Shelf());

    /// <summary>Held by whoever writes.</summary>
    public Lock Gate { get; } = new();

    /// <summary>How many changes per resource a watch can go back.</summary>
    public int HistoryLimit { get; set; } = 50_000;

    /// <summary>What managers have applied to the objects that are there.</summary>
    public AppliedFields Applied { get; } = new();

    /// <summary>Revision of the last committed change.</summary>
    public long Revision
    {
        get
        {
            lock (Gate)
                return _revision;
        }
    }

    public StoredObject? Find(ResourceType type, string? ns, string name)
    {
        lock (Gate)
            return _shelves[type].Find(ns, name);
    }

    /// <summary>Calls back for every committed change, in order, on the writer's thread.</summary>
    public IDisposable Subscribe(Action<StoreEvent> onEvent)
    {
        lock (Gate)
            _subscribers.Add(onEvent);
        return new Subscription(this, onEvent);
    }

    /// <summary>Forgets the history up to a revision.</summary>
    public void Compact(long resourceVersion)
    {
        lock (Gate)
        {
            foreach (var shelf in _shelves.Values)
                shelf.Forget(Math.Min(resourceVersion, _revision));
        }
    }

    /// <summary>All stored objects, with the revision they are current at.</summary>
    public (List<StoredObject> Items, long Revision) Snapshot(ResourceType type, string? ns, long? at = null)
    {
        lock (Gate)
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
    public (List<StoreEvent>? Changes, long Revision, Task Next, long Oldest) ChangesAfter(ResourceType type, long revision)
    {
        lock (Gate)
        {
            var shelf = _shelves[type];
            return revision < shelf.CompactedAt
                ? (null, _revision, Task.CompletedTask, shelf.CompactedAt)
                : (shelf.After(revision), _revision, shelf.Changed(), shelf.CompactedAt);
        }
    }

    /// <summary>Puts a change into the store and tells of it. The caller holds the gate.</summary>
    /// <param name="what">What happens.</param>
    /// <param name="type">The resource.</param>
    /// <param name="frozen">The object, which the store takes over: frozen, or a clone of a frozen one, with a resourceVersion to be replaced.</param>
    /// <param name="old">What was there before; null for an added one.</param>
    public StoredObject Commit(StoreEventType what, ResourceType type, JsonObject frozen, StoredObject? old)
    {
        var revision = ++_revision;
        ((JsonObject)frozen["metadata"]!)["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture);
        var stored = new StoredObject(type, frozen, revision);
        var shelf = _shelves[type];
        if (what == StoreEventType.Deleted)
        {
            shelf.Remove(stored);
            Applied.Forget(stored.Uid);
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

    private sealed class Subscription(ObjectStore owner, Action<StoreEvent> onEvent) : IDisposable
    {
        public void Dispose()
        {
            lock (owner.Gate)
                owner._subscribers.Remove(onEvent);
        }
    }
}
