namespace KubeVirtClone.Kubernetes.Watching;

/// <summary>What a watch has shown so far, so that it can say what changed while nobody was looking.</summary>
internal sealed class KnownObjects
{
    private readonly Dictionary<(string? Namespace, string Name), KubernetesObject> _objects = [];
    private HashSet<(string? Namespace, string Name)> _listed = [];

    /// <summary>A list begins: what it does not show is gone.</summary>
    public void BeginList() => _listed = [];

    /// <summary>The events that take the last known state of an object to this one: none, one, or two when another object has its name now.</summary>
    public IEnumerable<ResourceEvent> Show(KubernetesObject item, bool isListed)
    {
        var key = (item.Namespace, item.Name);
        if (isListed)
            _listed.Add(key);
        _objects.TryGetValue(key, out var known);
        _objects[key] = item;
        if (known is null)
        {
            yield return new ResourceEvent(ResourceEventKind.Added, item);
        }
        else if (known.Uid != item.Uid)
        {
            yield return new ResourceEvent(ResourceEventKind.Deleted, known);
            yield return new ResourceEvent(ResourceEventKind.Added, item);
        }
        else if (known.ResourceVersion != item.ResourceVersion || item.ResourceVersion.Length == 0)
        {
            yield return new ResourceEvent(ResourceEventKind.Modified, item);
        }
    }

    /// <summary>The event for an object the server says is gone.</summary>
    public ResourceEvent Remove(KubernetesObject item)
    {
        _objects.Remove((item.Namespace, item.Name));
        return new ResourceEvent(ResourceEventKind.Deleted, item);
    }

    /// <summary>A list is complete: the events for what it did not show.</summary>
    public IEnumerable<ResourceEvent> EndList()
    {
        var gone = _objects.Where(entry => !_listed.Contains(entry.Key)).ToList();
        _listed = [];
        foreach (var (key, item) in gone)
        {
            _objects.Remove(key);
            yield return new ResourceEvent(ResourceEventKind.Deleted, item);
        }
    }
}
