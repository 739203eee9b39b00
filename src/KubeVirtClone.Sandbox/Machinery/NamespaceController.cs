namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// Empties a namespace that is being deleted and removes it once the last object in it is gone. Objects with finalizers
/// hold it until whoever put them there has let go.
/// </summary>
public sealed class NamespaceController : IDisposable
{
    private static readonly RequestInfo Me = new(
        "system:serviceaccount:kube-system:namespace-controller",
        ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
        FieldValidation: "Ignore");

    private readonly ApiMachinery _api;
    private readonly ResourceType _namespaces;
    private readonly IDisposable _subscription;
    private readonly HashSet<string> _terminating = new(StringComparer.Ordinal);

    /// <summary>Starts watching namespaces.</summary>
    public NamespaceController(ApiMachinery api)
    {
        _api = api;
        _namespaces = api.Type("", "namespaces");
        _subscription = api.Subscribe(OnChange);
    }

    /// <inheritdoc/>
    public void Dispose() => _subscription.Dispose();

    private void OnChange(StoreEvent change)
    {
        if (change.Resource == _namespaces)
        {
            if (change.Type == StoreEventType.Deleted)
            {
                _terminating.Remove(change.Name);
            }
            else if (change.Stored.Deleting && _terminating.Add(change.Name))
            {
                Empty(change.Name);
                PurgeIfEmpty(change.Name);
            }
        }
        else if (change.Type == StoreEventType.Deleted && change.Namespace is { } ns && _terminating.Contains(ns))
        {
            PurgeIfEmpty(ns);
        }
    }

    private void Empty(string ns)
    {
        foreach (var type in _api.Types.Where(t => t.Namespaced))
        {
            foreach (var stored in _api.Snapshot(type, ns).Items)
            {
                // An earlier deletion may have taken this one with it.
                if (_api.GetStored(type, ns, stored.Name) is { } still && still.Uid == stored.Uid)
                    _api.Delete(type, ns, stored.Name, new DeleteRequest { PropagationPolicy = "Background" }, Me);
            }
        }
    }

    private void PurgeIfEmpty(string ns)
    {
        if (!_api.Types.Any(t => t.Namespaced && _api.Snapshot(t, ns).Items.Count > 0))
            _api.Purge(_namespaces, null, ns);
    }
}
