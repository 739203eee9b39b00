namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// What a ResourceQuota counts: <c>persistentvolumeclaims</c>, <c>requests.storage</c>, both by class
/// (<c>CLASS.storageclass.storage.k8s.io/…</c>), <c>count/RESOURCE.GROUP</c> of everything served, and the old names
/// <c>configmaps</c>, <c>secrets</c>, <c>resourcequotas</c>, <c>pods</c>. CPU, memory and scopes are not: nothing runs here.
/// </summary>
internal sealed class Quotas
{
    private const string ClassMark = ".storageclass.storage.k8s.io/";
    private const string Claims = "persistentvolumeclaims";
    private static readonly string[] CountedByName = [Claims, "configmaps", "secrets", "resourcequotas", "pods"];
    private readonly ApiMachinery _api;
    private readonly ResourceType _type;
    private readonly HashSet<string> _namespaces = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public Quotas(ApiMachinery api)
    {
        _api = api;
        _type = api.Type("", "resourcequotas");
    }

    public ResourceType Type => _type;

    /// <summary>The quotas of a namespace, by name; most namespaces have none, and asking then costs nothing.</summary>
    public IReadOnlyList<JsonObject> Of(string? ns)
    {
        lock (_lock)
        {
            if (ns is null || !_namespaces.Contains(ns))
                return [];
        }

        return _api.List(_type, ns);
    }

    public void Note(string ns)
    {
        lock (_lock)
            _namespaces.Add(ns);
    }

    /// <summary>The limits of a quota that an object of this type counts towards, with the amounts.</summary>
    public static Dictionary<string, Amount> Charge(JsonObject quota, ResourceType type, JsonObject o)
    {
        var charged = new Dictionary<string, Amount>(StringComparer.Ordinal);
        foreach (var (name, _) in quota["spec"]?["hard"] as JsonObject ?? [])
        {
            if (Charge(name, type, o) is { } amount)
                charged[name] = amount;
        }

        return charged;
    }

    /// <summary>What is used of each limit of a quota.</summary>
    public SortedDictionary<string, Amount> Used(JsonObject quota)
    {
        var used = new SortedDictionary<string, Amount>(StringComparer.Ordinal);
        var ns = quota.TextAt("metadata", "namespace");
        foreach (var (name, _) in quota["spec"]?["hard"] as JsonObject ?? [])
        {
            var type = _api.Types.FirstOrDefault(t => Counts(name, t));
            if (type is null && name != "requests.storage" && !name.Contains(ClassMark, StringComparison.Ordinal))
                continue;
            type ??= _api.Type("", Claims);
            used[name] = _api.List(type, ns).Aggregate(Amount.Zero, (sum, o) => sum + (Charge(name, type, o) ?? Amount.Zero));
        }

        return used;
    }

    private static Amount? Charge(string limit, ResourceType type, JsonObject o)
    {
        if (Counts(limit, type))
            return Amount.One;
        if (type.Plural != Claims || type.Group.Length > 0)
            return null;
        var what = limit;
        if (limit.IndexOf(ClassMark, StringComparison.Ordinal) is > 0 and var mark)
        {
            if (o.TextAt("spec", "storageClassName") != limit[..mark])
                return null;
            what = limit[(mark + ClassMark.Length)..];
        }

        return what switch
        {
            Claims => Amount.One,
            "requests.storage" => Amount.Parse(o.TextAt("spec", "resources", "requests", "storage") ?? "0"),
            _ => null,
        };
    }

    private static bool Counts(string limit, ResourceType type) =>
        limit.StartsWith("count/", StringComparison.Ordinal)
            ? limit.AsSpan(6).SequenceEqual(type.QualifiedResource)
            : type.Group.Length == 0 && limit == type.Plural && Array.IndexOf(CountedByName, limit) >= 0;
}

/// <summary>The last of a server's own admission steps: refuses what would exceed a quota of the namespace.</summary>
internal sealed class QuotaAdmission(Quotas quotas, Func<AdmissionRequest, bool> refuseAnyway) : IAdmission
{
    public bool Mutates => false;

    public bool Handles(AdmissionRequest request) => request.Object is not null && request.Subresource is null && request.Type.Namespaced;

    public void Mutate(AdmissionRequest request)
    {
    }

    public void Validate(AdmissionRequest request)
    {
        foreach (var quota in quotas.Of(request.Namespace))
            Check(request, quota);
        if (request.Operation == "CREATE" && request.Type.Plural == "persistentvolumeclaims" && refuseAnyway(request))
        {
            var asked = Amount.Parse(request.Object.TextAt("spec", "resources", "requests", "storage") ?? "0");
            throw Refusal(request, "sandbox-fault", [("requests.storage", asked, asked, asked)]);
        }
    }

    private void Check(AdmissionRequest request, JsonObject quota)
    {
        var charged = Quotas.Charge(quota, request.Type, request.Object!);
        if (charged.Count == 0)
            return;
        var before = request.OldObject is null ? [] : Quotas.Charge(quota, request.Type, request.OldObject);
        SortedDictionary<string, Amount>? used = null;
        var exceeded = new List<(string Limit, Amount Asked, Amount Used, Amount Hard)>();
        foreach (var (limit, amount) in charged.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            var asked = amount - before.GetValueOrDefault(limit, Amount.Zero);
            if (asked.Value <= 0)
                continue;
            used ??= quotas.Used(quota);
            var hard = Amount.Parse(quota.TextAt("spec", "hard", limit) ?? "0");
            if (used[limit].Value + asked.Value > hard.Value)
                exceeded.Add((limit, asked, used[limit], hard));
        }

        if (exceeded.Count > 0)
            throw Refusal(request, quota.TextAt("metadata", "name") ?? "", exceeded);
    }

    private static ApiException Refusal(AdmissionRequest request, string quota, List<(string Limit, Amount Asked, Amount Used, Amount Hard)> exceeded)
    {
        string Listed(Func<(string Limit, Amount Asked, Amount Used, Amount Hard), Amount> amount) => string.Join(",", exceeded.Select(e => $"{e.Limit}={amount(e)}"));
        return ApiException.Forbidden(
            request.Type, request.Name, $"exceeded quota: {quota}, requested: {Listed(e => e.Asked)}, used: {Listed(e => e.Used)}, limited: {Listed(e => e.Hard)}");
    }
}

/// <summary>Keeps <c>status.hard</c> and <c>status.used</c> of quotas current.</summary>
internal sealed class QuotaController : IDisposable
{
    private static readonly RequestInfo Me = RequestInfo.Controller("resourcequota-controller");
    private readonly ApiMachinery _api;
    private readonly Quotas _quotas;
    private readonly IDisposable _subscription;

    public QuotaController(ApiMachinery api, Quotas quotas)
    {
        _api = api;
        _quotas = quotas;
        _subscription = api.Subscribe(OnChange);
    }

    public void Dispose() => _subscription.Dispose();

    private void OnChange(StoreEvent change)
    {
        if (change.Namespace is not { } ns)
            return;
        if (change.Resource == _quotas.Type)
        {
            _quotas.Note(ns);
            if (change.Type != StoreEventType.Deleted)
                Refresh(ns, change.Name);
            return;
        }

        foreach (var quota in _quotas.Of(ns))
        {
            if (Quotas.Charge(quota, change.Resource, change.Object).Count > 0)
                Refresh(ns, quota.TextAt("metadata", "name")!);
        }
    }

    private void Refresh(string ns, string name)
    {
        if (_api.Get(_quotas.Type, ns, name) is not { } quota)
            return;
        var status = new JsonObject { ["hard"] = quota["spec"]?["hard"]?.DeepClone() ?? new JsonObject() };
        var used = new JsonObject();
        foreach (var (limit, amount) in _quotas.Used(quota))
            used[limit] = amount.ToString();
        status["used"] = used;
        if (JsonNode.DeepEquals(status, quota["status"]))
            return;
        var copy = (JsonObject)quota.DeepClone();
        copy["status"] = status;
        _api.Update(_quotas.Type, ns, name, copy, Me, "status");
    }
}
