using System.Text.Json;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// Collects what is owned, as Kubernetes' collector does: dependents go when the last of their owners is gone (or never
/// was), foreground deletion holds the owner until dependents that block it are gone, orphaning cuts the references.
/// It reacts to each change as it is delivered, so a deletion's consequences follow it at once and in a fixed order.
/// </summary>
public sealed class GarbageCollector : IDisposable
{
    private static readonly RequestInfo Me = new(
        "system:serviceaccount:kube-system:generic-garbage-collector",
        ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
        FieldValidation: "Ignore");

    private readonly ApiMachinery _api;
    private readonly IDisposable _subscription;
    private readonly Dictionary<string, (ResourceType Type, string? Namespace, string Name)> _live = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<string>> _dependents = new(StringComparer.Ordinal);

    /// <summary>Starts collecting. Objects that exist already are taken note of.</summary>
    public GarbageCollector(ApiMachinery api)
    {
        _api = api;
        foreach (var type in api.Types)
        {
            foreach (var stored in api.Snapshot(type, null).Items)
                Note(type, stored);
        }

        _subscription = api.Subscribe(OnChange);
    }

    /// <inheritdoc/>
    public void Dispose() => _subscription.Dispose();

    private void OnChange(StoreEvent change)
    {
        var uid = change.Stored.Uid;
        if (change.Type == StoreEventType.Deleted)
        {
            _live.Remove(uid);
            var owners = Owners(change.Object).Select(o => o.Uid).ToList();
            foreach (var owner in owners)
                Unlink(owner, uid);
            foreach (var dependent in DependentsOf(uid))
                Consider(dependent);
            foreach (var owner in owners)
                ReleaseForeground(owner);
            return;
        }

        if (change.Old is not null)
        {
            foreach (var owner in Owners(change.Old))
                Unlink(owner.Uid, uid);
        }

        Note(change.Resource, change.Stored);
        if (Owners(change.Object).Count > 0 && !OwnersEqual(change.Old, change.Object))
            Consider(uid);
        if (!change.Stored.Deleting)
            return;
        var finalizers = change.Object.TextsAt("metadata", "finalizers");
        if (finalizers.Contains(ObjectRemover.ForegroundFinalizer))
        {
            foreach (var dependent in DependentsOf(uid))
                Delete(dependent, "Foreground");
            ReleaseForeground(uid);
        }
        else if (finalizers.Contains(ObjectRemover.OrphanFinalizer))
        {
            foreach (var dependent in DependentsOf(uid))
                CutReferences(dependent, [uid]);
            RemoveFinalizer(uid, ObjectRemover.OrphanFinalizer);
        }
    }

    private void Note(ResourceType type, StoredObject stored)
    {
        _live[stored.Uid] = (type, stored.Namespace, stored.Name);
        foreach (var owner in Owners(stored.Object))
        {
            if (!_dependents.TryGetValue(owner.Uid, out var set))
                _dependents[owner.Uid] = set = new SortedSet<string>(StringComparer.Ordinal);
            set.Add(stored.Uid);
        }
    }

    private void Unlink(string owner, string dependent)
    {
        if (_dependents.TryGetValue(owner, out var set) && set.Remove(dependent) && set.Count == 0)
            _dependents.Remove(owner);
    }

    private List<string> DependentsOf(string uid) => _dependents.TryGetValue(uid, out var set) ? [.. set] : [];

    // Deletes a dependent whose owners are all gone; drops references to those that are gone when others remain.
    private void Consider(string uid)
    {
        if (Find(uid) is not { } stored)
            return;
        var owners = Owners(stored.Object);
        var dangling = owners.Where(o => IsGone(o, stored.Namespace)).ToList();
        if (owners.Count == 0 || dangling.Count == 0)
            return;
        if (dangling.Count == owners.Count)
            Delete(uid, null);
        else
            CutReferences(uid, [.. dangling.Select(o => o.Uid)]);
    }

    private bool IsGone(Owner owner, string? ns)
    {
        // A kind that is not served cannot be looked up; the collector leaves its dependents alone.
        if (_api.TypeOf(owner.ApiVersion, owner.Kind) is not { } type)
            return false;
        return !_live.TryGetValue(owner.Uid, out var found) || found.Type != type || found.Name != owner.Name
            || (type.Namespaced && found.Namespace != ns);
    }

    private void Delete(string uid, string? policy)
    {
        if (Find(uid) is not { } stored || stored.Deleting)
            return;
        var (type, ns, name) = _live[uid];
        if (policy == "Foreground" && DependentsOf(uid).Count == 0)
            policy = null;
        _api.Delete(type, ns, name, new DeleteRequest { PropagationPolicy = policy, PreconditionUid = uid }, Me);
    }

    private void ReleaseForeground(string uid)
    {
        if (Find(uid) is not { Deleting: true } stored
            || !stored.Object.TextsAt("metadata", "finalizers").Contains(ObjectRemover.ForegroundFinalizer))
        {
            return;
        }

        var blocked = DependentsOf(uid).Any(d => Find(d) is { } dependent
            && Owners(dependent.Object).Any(o => o.Uid == uid && o.Blocks));
        if (!blocked)
            RemoveFinalizer(uid, ObjectRemover.ForegroundFinalizer);
    }

    private void RemoveFinalizer(string uid, string finalizer) => Change(uid, metadata =>
    {
        var rest = metadata.TextsAt("finalizers").Where(f => f != finalizer).ToList();
        metadata["finalizers"] = rest.Count > 0 ? JsonAccess.StringArray(rest) : null;
    });

    private void CutReferences(string uid, HashSet<string> owners) => Change(uid, metadata =>
    {
        var rest = ((JsonArray)metadata["ownerReferences"]!)
            .Where(o => !owners.Contains(o.TextAt("uid") ?? "")).Select(o => o?.DeepClone()).ToArray();
        metadata["ownerReferences"] = rest.Length > 0 ? new JsonArray(rest) : null;
    });

    private void Change(string uid, Action<JsonObject> change)
    {
        if (Find(uid) is not { } stored)
            return;
        var (type, ns, name) = _live[uid];
        var copy = (JsonObject)stored.Object.DeepClone();
        change((JsonObject)copy["metadata"]!);
        _api.Update(type, ns, name, copy, Me);
    }

    private StoredObject? Find(string uid) =>
        _live.TryGetValue(uid, out var key) && _api.GetStored(key.Type, key.Namespace, key.Name) is { } stored && stored.Uid == uid ? stored : null;

    private static bool OwnersEqual(JsonObject? old, JsonObject now) =>
        old is not null && JsonNode.DeepEquals(old.At("metadata", "ownerReferences"), now.At("metadata", "ownerReferences"));

    private static List<Owner> Owners(JsonObject obj)
    {
        if (obj.At("metadata", "ownerReferences") is not JsonArray list)
            return [];
        return
        [
            .. list.Select(o => new Owner(
                o.TextAt("apiVersion") ?? "",
                o.TextAt("kind") ?? "",
                o.TextAt("name") ?? "",
                o.TextAt("uid") ?? "",
                o.At("blockOwnerDeletion") is JsonValue v && v.GetValueKind() == JsonValueKind.True)),
        ];
    }

    private sealed record Owner(string ApiVersion, string Kind, string Name, string Uid, bool Blocks);
}
