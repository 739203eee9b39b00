namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>All objects of one type in key order, and the history of their changes. Used under the machinery's lock only.</summary>
internal sealed class Shelf
{
    private readonly SortedDictionary<string, SortedDictionary<string, StoredObject>> _namespaces = new(StringComparer.Ordinal);
    private readonly List<StoreEvent> _log = [];
    private TaskCompletionSource? _changed;

    /// <summary>Changes up to this revision are forgotten.</summary>
    public long CompactedAt { get; private set; }

    public StoredObject? Find(string? ns, string name) =>
        _namespaces.TryGetValue(ns ?? "", out var names) && names.TryGetValue(name, out var found) ? found : null;

    public IEnumerable<StoredObject> All(string? ns)
    {
        if (ns is not null)
            return _namespaces.TryGetValue(ns, out var names) ? names.Values : [];
        return _namespaces.Values.SelectMany(static n => n.Values);
    }

    public void Put(StoredObject stored)
    {
        var ns = stored.Namespace ?? "";
        if (!_namespaces.TryGetValue(ns, out var names))
            _namespaces[ns] = names = new SortedDictionary<string, StoredObject>(StringComparer.Ordinal);
        names[stored.Name] = stored;
    }

    public void Remove(StoredObject stored)
    {
        var ns = stored.Namespace ?? "";
        if (_namespaces.TryGetValue(ns, out var names) && names.Remove(stored.Name) && names.Count == 0)
            _namespaces.Remove(ns);
    }

    public void Append(StoreEvent change, int historyLimit)
    {
        _log.Add(change);
        // Trimmed in big steps, so that appending stays cheap.
        if (_log.Count > historyLimit + (historyLimit / 4) + 16)
            Forget(_log[_log.Count - historyLimit - 1].ResourceVersion);
        _changed?.TrySetResult();
        _changed = null;
    }

    /// <summary>Forgets changes up to and including a revision.</summary>
    public void Forget(long revision)
    {
        var keepFrom = FirstAfter(revision);
        if (keepFrom > 0)
            _log.RemoveRange(0, keepFrom);
        CompactedAt = Math.Max(CompactedAt, revision);
        _changed?.TrySetResult();
        _changed = null;
    }

    public List<StoreEvent> After(long revision)
    {
        var first = FirstAfter(revision);
        return _log.GetRange(first, _log.Count - first);
    }

    /// <summary>Completes at the next change.</summary>
    public Task Changed() => (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>The objects as they were at a revision that is still in the history.</summary>
    public IEnumerable<StoredObject> AllAt(string? ns, long revision)
    {
        var later = After(revision);
        if (later.Count == 0)
            return All(ns);
        // What each object changed since then looked like: the state before the first of its changes.
        var then = new SortedDictionary<(string Namespace, string Name), StoredObject?>(KeyOrder.Instance);
        for (var i = later.Count - 1; i >= 0; i--)
        {
            if (ns is null || later[i].Namespace == ns)
                then[(later[i].Namespace ?? "", later[i].Name)] = later[i].OldStored;
        }

        return Merged(All(ns), then);
    }

    private static IEnumerable<StoredObject> Merged(
        IEnumerable<StoredObject> now, SortedDictionary<(string Namespace, string Name), StoredObject?> then)
    {
        using var changed = then.GetEnumerator();
        var more = changed.MoveNext();
        foreach (var stored in now)
        {
            var order = 1;
            while (more && (order = KeyOrder.Instance.Compare(changed.Current.Key, (stored.Namespace ?? "", stored.Name))) < 0)
            {
                if (changed.Current.Value is { } gone)
                    yield return gone;
                more = changed.MoveNext();
            }

            if (!more || order > 0)
            {
                yield return stored;
                continue;
            }

            if (changed.Current.Value is { } old)
                yield return old;
            more = changed.MoveNext();
        }

        for (; more; more = changed.MoveNext())
        {
            if (changed.Current.Value is { } gone)
                yield return gone;
        }
    }

    private int FirstAfter(long revision)
    {
        int low = 0, high = _log.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_log[middle].ResourceVersion <= revision)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private sealed class KeyOrder : IComparer<(string Namespace, string Name)>
    {
        public static readonly KeyOrder Instance = new();

        public int Compare((string Namespace, string Name) x, (string Namespace, string Name) y)
        {
            var order = string.CompareOrdinal(x.Namespace, y.Namespace);
            return order != 0 ? order : string.CompareOrdinal(x.Name, y.Name);
        }
    }
}
