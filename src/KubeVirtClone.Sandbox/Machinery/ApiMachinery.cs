namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// The core of an API server without HTTP: typed storage with resource versions, admission, schemas, patches, deletion with
/// finalizers, and an ordered stream of changes. Controllers call it in process exactly as a client would over HTTP.
/// Safe to use from several threads; a write runs whole under one lock.
/// </summary>
public sealed class ApiMachinery
{
    private readonly Dictionary<(string Group, string Plural), ResourceType> _byPlural;
    private readonly Dictionary<(string Group, string Kind), ResourceType> _byKind;
    private readonly AdmissionChain _admission = new();
    private readonly IdSource _ids;
    private readonly ObjectStore _store;
    private readonly ObjectWriter _writer;
    private readonly ObjectRemover _remover;

    /// <summary>Makes an empty server.</summary>
    /// <param name="types">The resources to serve, and those that controllers may look for in vain.</param>
    /// <param name="clock">Source of timestamps.</param>
    /// <param name="seed">Makes uids and generated names repeatable.</param>
    public ApiMachinery(IReadOnlyList<ResourceType> types, TimeProvider clock, int seed)
    {
        Clock = clock;
        Types = [.. types.Where(t => t.IsServed)];
        _byPlural = types.ToDictionary(t => (t.Group, t.Plural));
        _byKind = Types.ToDictionary(t => (t.Group, t.Kind));
        _ids = new IdSource(seed);
        _store = new ObjectStore(types);
        _writer = new ObjectWriter(_store, _admission, FindType("", "namespaces"), _ids, clock);
        _remover = new ObjectRemover(_store, _admission, clock);
    }

    /// <summary>The resources served.</summary>
    public IReadOnlyList<ResourceType> Types { get; }

    /// <summary>Source of timestamps.</summary>
    public TimeProvider Clock { get; }

    /// <summary>How many changes per resource a watch can go back; older ones answer 410.</summary>
    public int HistoryLimit
    {
        get => _store.HistoryLimit;
        set => _store.HistoryLimit = value;
    }

    /// <summary>Revision of the last committed change.</summary>
    public long ResourceVersion => _store.Revision;

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
        lock (_store.Gate)
            _admission.Add(admission);
    }

    /// <summary>The stored object, or null. Not to be mutated.</summary>
    public JsonObject? Get(ResourceType type, string? ns, string name) => GetStored(type, ns, name)?.Object;

    /// <summary>All objects in key order; null namespace for all namespaces. Not to be mutated.</summary>
    public IReadOnlyList<JsonObject> List(ResourceType type, string? ns, LabelSelector? labels = null, FieldSelector? fields = null) =>
        [.. _store.Snapshot(type, ns).Items.Select(s => s.Object)
            .Where(o => (labels is null || labels.Matches(o)) && (fields is null || fields.Matches(o)))];

    /// <summary>
    /// Creates an object: field validation, mutating admission, name generation, schema, validating admission, commit.
    /// Returns the stored object (for a dry run, what would have been stored).
    /// </summary>
    /// <exception cref="ApiException">400, 403, 404, 409, 422 as a real server answers.</exception>
    public JsonObject Create(ResourceType type, string? ns, JsonObject obj, RequestInfo who) => _writer.Create(type, ns, obj, who);

    /// <summary>
    /// Replaces an object, or only its status. A stale resourceVersion is refused with 409; custom resources must carry one.
    /// Nothing is written, and no event sent, when nothing changes.
    /// </summary>
    /// <exception cref="ApiException">400, 403, 404, 409, 422 as a real server answers.</exception>
    public JsonObject Update(ResourceType type, string? ns, string name, JsonObject obj, RequestInfo who, string? subresource = null) =>
        UpdateWith(type, ns, name, obj.Copy(), who, subresource);

    /// <summary>Patches an object or its status; server-side apply creates what is missing.</summary>
    /// <exception cref="ApiException">As <see cref="Update"/>; 415 for a strategic merge of a custom resource.</exception>
    public JsonObject Patch(
        ResourceType type, string? ns, string name, PatchType patchType, JsonNode patch, RequestInfo who, string? subresource = null) =>
        Patch(type, ns, name, patchType, patch, type.StorageVersion, who, subresource).Object;

    /// <summary>
    /// Deletes an object. With finalizers (its own, or the one of the propagation policy) it is only marked, and the marked
    /// object is returned; otherwise it is gone and a Status of success is returned. What it owns is collected by the
    /// garbage collector afterwards.
    /// </summary>
    /// <exception cref="ApiException">404; 409 when a precondition fails; what admission refuses.</exception>
    public JsonObject Delete(ResourceType type, string? ns, string name, DeleteRequest request, RequestInfo who) =>
        _remover.Delete(type, ns, name, request, who);

    /// <summary>
    /// Calls back for every committed change, in order, on the writer's thread and before the write returns. A callback
    /// may write; the change it makes is delivered after the current one has reached every subscriber.
    /// </summary>
    public IDisposable Subscribe(Action<StoreEvent> onEvent) => _store.Subscribe(onEvent);

    /// <summary>Forgets the history up to a revision, as etcd's compaction does: older watches and continues answer 410.</summary>
    public void Compact(long resourceVersion) => _store.Compact(resourceVersion);

    /// <summary>A random uid from the server's seed.</summary>
    public string NewUid() => _ids.Uid();

    /// <summary>A random suffix as Kubernetes generates names with: lower-case consonants and digits.</summary>
    public string NewSuffix(int length = 5) => _ids.Suffix(length);

    /// <summary>Now, as API objects write it.</summary>
    public string Timestamp() => JsonAccess.Timestamp(Clock.GetUtcNow());

    internal StoredObject? GetStored(ResourceType type, string? ns, string name) => _store.Find(type, ns, name);

    internal (List<StoredObject> Items, long Revision) Snapshot(ResourceType type, string? ns, long? at = null) => _store.Snapshot(type, ns, at);

    internal (List<StoreEvent>? Changes, long Revision, Task Next, long Oldest) ChangesAfter(ResourceType type, long revision) =>
        _store.ChangesAfter(type, revision);

    /// <summary><see cref="Update"/> with an object that the caller gives away.</summary>
    internal JsonObject UpdateWith(ResourceType type, string? ns, string name, JsonObject obj, RequestInfo who, string? subresource) =>
        _writer.Update(type, ns, name, obj, who, subresource);

    internal (JsonObject Object, bool Created) Patch(
        ResourceType type, string? ns, string name, PatchType patchType, JsonNode patch, string version, RequestInfo who, string? subresource) =>
        _writer.Patch(type, ns, name, patchType, patch, version, who, subresource);

    internal void Purge(ResourceType type, string? ns, string name) => _remover.Purge(type, ns, name);
}
