using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Controllers;
using KubeVirtClone.Sandbox.Http;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Resources;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>A sandbox in virtual time, without nodes, with the storage classes of the recording, that notes what happens.</summary>
internal sealed class ReplaySandbox : IReplayTarget
{
    private readonly VirtualClock _clock;
    private readonly ControllerHost _host;
    private readonly GarbageCollector _collector;
    private readonly IDisposable _subscription;
    private readonly Authorizer _authorizer;
    private readonly string _namespace;
    private readonly List<(double Ms, StoreEvent Event)> _changes = [];
    private DateTimeOffset _origin;

    public ReplaySandbox(string @namespace)
        : this(@namespace, nodes: false)
    {
    }

    /// <summary>As the recordings' cluster, which has no nodes, or with them.</summary>
    public ReplaySandbox(string @namespace, bool nodes)
    {
        _namespace = @namespace;
        _clock = new VirtualClock(new DateTimeOffset(2026, 11, 20, 8, 0, 0, TimeSpan.Zero));
        var profile = Profile.Load("1.9");
        Api = new ApiMachinery(ResourceCatalog.For(profile), _clock, seed: 1);
        Api.AddAdmission(new BuiltInAdmission(Api));
        DefaultRoles.Install(Api);
        _authorizer = new Authorizer(Api, []);
        _host = new ControllerHost(Api, profile, new ControllerSettings(pacing: true, scale: 1, nodes));
        _collector = new GarbageCollector(Api);
        _origin = _clock.GetUtcNow();
        _subscription = Api.Subscribe(Note);
        Post(Api.Type("", "namespaces"), null, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = @namespace } });
        foreach (var storage in StorageSeed.Objects())
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
        if (e.Namespace == _namespace)
            _changes.Add((Ms, e));
    }

    public ResourceType Find(JsonObject o) => Api.TypeOf(o.TextAt("apiVersion") ?? "", o.Kind()) ?? throw new InvalidOperationException($"{o.TextAt("apiVersion")} {o.Kind()} is not served");

    public ResourceType Find(string kind) => Api.Types.First(t => t.Kind == kind);

    public JsonObject? Get(string kind, string name) => Api.Get(Find(kind), Find(kind).Namespaced ? _namespace : null, name);

    public IReadOnlyList<JsonObject> List(string kind) => Find(kind).Namespaced ? Api.List(Find(kind), _namespace) : Api.List(Find(kind), null);

    public JsonObject Post(ResourceType type, string? @namespace, JsonObject body, string? query = null, string? user = null)
    {
        if (Refusal(user, "create", type, "") is { } refused)
            return refused;
        var who = new RequestInfo(user ?? "admin", user is null ? ["system:masters"] : ["system:authenticated"], DryRun: query?.Contains("dryRun=All", StringComparison.Ordinal) is true, FieldValidation: query?.Contains("fieldValidation=Strict", StringComparison.Ordinal) is true ? "Strict" : "Warn");
        return Try(
            () => new JsonObject { ["httpStatus"] = 201, ["stored"] = Api.Create(type, @namespace, body.Copy(), who).Copy() },
            who);
    }

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

    public JsonObject? Refusal(string user, string verb, ResourceType type) => Refusal(user, verb, type, "");

    private JsonObject? Refusal(string? user, string verb, ResourceType type, string name)
    {
        if (user is null)
            return null;
        var path = new ApiPath { Verb = verb, IsResource = true, Group = type.Group, Version = type.StorageVersion, Namespace = type.Namespaced ? _namespace : null, Resource = type.Plural, Name = name };
        var call = new CallUser(user, ["system:authenticated"]);
        return _authorizer.Allows(call, path) ? null : new JsonObject { ["httpStatus"] = 403, ["response"] = Authorizer.Forbidden(call, path).Status.Copy() };
    }

    public JsonObject Delete(string kind, string name, string? user = null, bool dryRun = false) => Refusal(user, "delete", Find(kind), name) ?? Try(
        () =>
        {
            Api.Delete(Find(kind), _namespace, name, new DeleteRequest(), new RequestInfo("admin", ["system:masters"], DryRun: dryRun));
            return new JsonObject { ["httpStatus"] = 200 };
        },
        null);

    public JsonObject Merge(string kind, string name, JsonNode patch, string? user = null) => Refusal(user, "patch", Find(kind), name) ?? Try(
        () => new JsonObject
        {
            ["httpStatus"] = 200,
            ["response"] = Api.Patch(Find(kind), Find(kind).Namespaced ? _namespace : null, name, PatchType.Merge, patch.DeepClone(), new RequestInfo("admin", ["system:masters"])).Copy(),
        },
        null);

    public JsonObject Subresource(string name, string verb) => Try(
        () =>
        {
            _host.Subresources.Invoke(_namespace, name, verb, null, new RequestInfo("admin", ["system:masters"]));
            return new JsonObject { ["httpStatus"] = 202, ["response"] = null };
        },
        null);

    private static JsonObject Try(Func<JsonObject> write, RequestInfo? who)
    {
        try
        {
            var result = write();
            if (who?.Warnings.Count > 0)
                result["warnings"] = JsonAccess.StringArray(who.Warnings.Select(w => $"299 - \"{w.Replace("\"", "\\\"", StringComparison.Ordinal)}\""));
            return result;
        }
        catch (ApiException e)
        {
            return new JsonObject { ["httpStatus"] = e.Code, ["response"] = e.Status.Copy() };
        }
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
        _authorizer.Dispose();
        await _host.DisposeAsync();
    }
}
