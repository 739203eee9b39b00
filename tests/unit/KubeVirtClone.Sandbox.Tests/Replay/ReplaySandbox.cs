using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Controllers;
using KubeVirtClone.Sandbox.Http;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Resources;
using KubeVirtClone.Sandbox.Seeding;
using KubeVirtClone.Sandbox.Tests.Replay.Live;
using Microsoft.AspNetCore.Http;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>A sandbox in virtual time, without nodes, with the storage classes of the recording, that notes what happens.</summary>
internal sealed class ReplaySandbox : IReplayTarget
{
    private const string AdminToken = "admin-token";
    private static readonly Lazy<Certificates> Certificates = new(() => new Certificates());
    private readonly VirtualClock _clock;
    private readonly ControllerHost _host;
    private readonly GarbageCollector _collector;
    private readonly IDisposable _subscription;
    private readonly ApiServer _server;
    private readonly string _namespace;
    private readonly IReadOnlyList<string> _namespaces;
    private readonly List<(double Ms, StoreEvent Event)> _changes = [];
    private DateTimeOffset _origin;

    public ReplaySandbox(string @namespace)
        : this(@namespace, nodes: false)
    {
    }

    /// <summary>As the recordings' cluster, which has no nodes, or with them.</summary>
    public ReplaySandbox(string @namespace, bool nodes)
        : this([@namespace], nodes)
    {
    }

    /// <summary>With several namespaces, all of which are watched; requests that name none are for the first.</summary>
    public ReplaySandbox(IReadOnlyList<string> namespaces, bool nodes = false)
    {
        _namespaces = namespaces;
        _namespace = namespaces[0];
        _clock = new VirtualClock(new DateTimeOffset(2026, 11, 20, 8, 0, 0, TimeSpan.Zero));
        var profile = Profile.Load("1.9");
        Api = new ApiMachinery(ResourceCatalog.For(profile), _clock, seed: 1);
        Api.AddAdmission(new BuiltInAdmission(Api));
        DefaultRoles.Install(Api);
        _host = new ControllerHost(Api, profile, new ControllerSettings(pacing: true, scale: 1, nodes));
        _collector = new GarbageCollector(Api);
        var admin = new SandboxUser { Name = "admin", Token = AdminToken, Groups = ["system:masters"] };
        _server = new ApiServer(Api, profile, new FaultPlan(1, []), [admin], Certificates.Value, port: 0);
        _origin = _clock.GetUtcNow();
        _subscription = Api.Subscribe(Note);
        foreach (var @namespace in namespaces)
            Post(Api.Type("", "namespaces"), null, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = @namespace } });
        foreach (var storage in StorageSeed.Drivers().Concat(StorageSeed.Objects()))
            Post(Find(storage), null, storage);
        Run(TimeSpan.FromSeconds(1));
    }

    public ApiMachinery Api { get; }

    public bool IsLive => false;

    public IReadOnlyList<(double Ms, StoreEvent Event)> Changes => _changes;

    public ControllerSettings Settings => _host.Settings;

    public double Ms => (_clock.GetUtcNow() - _origin).TotalMilliseconds;

    public MachineSubresources Subresources => _host.Subresources;

    public DateTimeOffset Now => _clock.GetUtcNow();

    /// <summary>When the controllers have something to do next; null when nothing is planned.</summary>
    public DateTimeOffset? NextDue => _host.Loop.NextDue;

    /// <summary>Lets the controllers do one thing that is to be done now; false when there is none.</summary>
    public bool Step() => _host.Loop.Step();

    /// <summary>Moves the time; nothing is done by it.</summary>
    public void AdvanceTo(DateTimeOffset moment) => _clock.AdvanceTo(moment);

    /// <summary>What follows counts from here.</summary>
    public void StartRecording()
    {
        _origin = _clock.GetUtcNow();
        _changes.Clear();
    }

    private void Note(StoreEvent e)
    {
        if (e.Namespace is not null && _namespaces.Contains(e.Namespace))
            _changes.Add((Ms, e));
    }

    public ResourceType Find(JsonObject o) => Api.TypeOf(o.TextAt("apiVersion") ?? "", o.Kind()) ?? throw new InvalidOperationException($"{o.TextAt("apiVersion")} {o.Kind()} is not served");

    public ResourceType Find(string kind) => Api.Types.First(t => t.Kind == kind);

    public JsonObject? Get(string kind, string name) => Api.Get(Find(kind), Find(kind).Namespaced ? _namespace : null, name);

    public IReadOnlyList<JsonObject> List(string kind) => Find(kind).Namespaced ? Api.List(Find(kind), _namespace) : Api.List(Find(kind), null);

    public JsonObject Post(ResourceType type, string? @namespace, JsonObject body, string? query = null, string? user = null)
    {
        var version = body.TextAt("apiVersion")?.Split('/')[^1] ?? type.StorageVersion;
        return Send(HttpMethod.Post, LiveConnection.Path(type, version, @namespace), body, "application/json", "stored", query, user);
    }

    /// <summary>
    /// Any request as a client sends it: the HTTP status, what came back under <paramref name="part"/> (of a refusal under
    /// <c>response</c>), and warnings.
    /// </summary>
    public JsonObject Request(HttpMethod method, ResourceType type, string version, string? @namespace, string? name, string? subresource, JsonNode? body, string contentType, string part, string? query, string? user) =>
        Send(method, LiveConnection.Path(type, version, @namespace, name, subresource), body, contentType, part, query, user);

    public void TakeChances(RecordedChances chances)
    {
        Settings.MapOrder = chances.Order;
        Settings.WebhookSees = chances.WebhookSaw;
    }

    public void TakeSnapshotTime(double seconds)
    {
        var delay = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        foreach (var snapshotClass in List("VolumeSnapshotClass"))
            Merge("VolumeSnapshotClass", snapshotClass.Name(), new JsonObject { ["parameters"] = new JsonObject { ["delay"] = delay } });
    }

    public JsonObject? Refusal(string user, string verb, ResourceType type)
    {
        var answer = verb == "list"
            ? Send(HttpMethod.Get, PathOf(type, null), null, "", "response", null, user)
            : Send(HttpMethod.Delete, PathOf(type, null), null, "", "response", "dryRun=All", user);
        return answer["httpStatus"]!.GetValue<int>() == 403 ? answer : null;
    }

    public JsonObject Delete(string kind, string name, string? user = null, bool dryRun = false)
    {
        var answer = Send(HttpMethod.Delete, PathOf(Find(kind), name), null, "", "response", dryRun ? "dryRun=All" : null, user);
        return answer["httpStatus"]!.GetValue<int>() < 300 ? new JsonObject { ["httpStatus"] = 200 } : answer;
    }

    public JsonObject Merge(string kind, string name, JsonNode patch, string? user = null) =>
        Send(HttpMethod.Patch, PathOf(Find(kind), name), patch, "application/merge-patch+json", "response", null, user);

    public JsonObject Subresource(string name, string verb)
    {
        try
        {
            _host.Subresources.Invoke(_namespace, name, verb, null, new RequestInfo("admin", ["system:masters"]));
            return new JsonObject { ["httpStatus"] = 202, ["response"] = null };
        }
        catch (ApiException e)
        {
            return new JsonObject { ["httpStatus"] = e.Code, ["response"] = e.Status.Copy() };
        }
    }

    private string PathOf(ResourceType type, string? name) => LiveConnection.Path(type, type.StorageVersion, type.Namespaced ? _namespace : null, name);

    // The server's own handling of a request, only without a connection: everything but TLS and sockets is as over the network.
    private JsonObject Send(HttpMethod method, string path, JsonNode? body, string contentType, string part, string? query, string? user)
    {
        var http = new DefaultHttpContext();
        http.Request.Method = method.Method;
        http.Request.Path = path;
        if (query is not null)
            http.Request.QueryString = new QueryString("?" + query.TrimStart('?'));
        http.Request.Headers.Authorization = "Bearer " + AdminToken;
        http.Request.Headers.Accept = "application/json";
        if (user is not null)
            http.Request.Headers["Impersonate-User"] = user;
        if (body is not null)
        {
            http.Request.ContentType = contentType;
            http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body.ToJsonString()));
        }

        using var answer = new MemoryStream();
        http.Response.Body = answer;
        _server.Handle(http).GetAwaiter().GetResult();
        var text = Encoding.UTF8.GetString(answer.ToArray());
        var status = http.Response.StatusCode;
        var result = new JsonObject { ["httpStatus"] = status };
        result[status < 300 ? part : "response"] = text.StartsWith('{') ? JsonNode.Parse(text) : text;
        if (http.Response.Headers["Warning"] is { Count: > 0 } warnings)
            result["warnings"] = JsonAccess.StringArray(warnings.OfType<string>());
        return result;
    }

    public void Run(TimeSpan time) => RunTo(_clock.GetUtcNow() + time);

    public void RunToMs(double ms) => RunTo(_origin + TimeSpan.FromMilliseconds(ms));

    // Jumps from one due time to the next.
    private void RunTo(DateTimeOffset end)
    {
        _host.Loop.RunReady();
        while (_host.Loop.NextDue is { } due && due <= end)
        {
            _clock.AdvanceTo(due);
            _host.Loop.RunReady();
        }

        _clock.AdvanceTo(end);
    }

    public bool RunUntil(Func<bool> holds, TimeSpan atMost)
    {
        var end = _clock.GetUtcNow() + atMost;
        while (true)
        {
            if (holds())
                return true;
            if (_host.Loop.Step())
                continue;
            if (_host.Loop.NextDue is not { } due || due > end)
            {
                _clock.AdvanceTo(end);
                return holds();
            }

            _clock.AdvanceTo(due);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        _collector.Dispose();
        await _server.DisposeAsync();
        await _host.DisposeAsync();
    }
}
