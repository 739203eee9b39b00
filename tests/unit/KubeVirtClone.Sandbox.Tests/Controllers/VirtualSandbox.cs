using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Controllers;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Resources;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Sandbox.Tests.Controllers;

/// <summary>
/// A sandbox without a server, in virtual time: it does the same steps however busy the machine is, and an hour of waiting costs nothing.
/// It has the demo VMs, and one namespace, <c>default</c>.
/// </summary>
internal sealed class VirtualSandbox : IAsyncDisposable
{
    private static readonly RequestInfo Admin = new("admin", ["system:masters"]);
    private readonly VirtualClock _clock = new(new DateTimeOffset(2026, 11, 20, 8, 0, 0, TimeSpan.Zero));
    private readonly ControllerHost _host;
    private readonly GarbageCollector _collector;
    private readonly DateTimeOffset _origin;

    public VirtualSandbox(bool pacing = true, string profile = "1.9")
    {
        var release = Profile.Load(profile);
        Api = new ApiMachinery(ResourceCatalog.For(release), _clock, seed: 1);
        Api.AddAdmission(new BuiltInAdmission(Api));
        BaseObjects.Install(Api, release);
        _collector = new GarbageCollector(Api);
        _host = new ControllerHost(Api, release, new ControllerSettings(pacing) { CallTime = pacing ? ControllerSettings.RecordedCallTime : TimeSpan.Zero });
        _host.Seed(() =>
        {
            DemoSeed.InstallStorage(Api);
            DemoSeed.InstallMachines(Api, demo: true, more: 0);
        });
        _origin = _clock.GetUtcNow();
    }

    public ApiMachinery Api { get; }

    /// <summary>How long it has run.</summary>
    public TimeSpan Elapsed => _clock.GetUtcNow() - _origin;

    public MachineSubresources Machines => _host.Subresources;

    public ResourceType Type(string kind) => Api.Types.First(t => t.Kind == kind);

    public JsonObject? Get(string kind, string name) => Api.Get(Type(kind), Type(kind).Namespaced ? "default" : null, name);

    public IReadOnlyList<JsonObject> List(string kind) => Api.List(Type(kind), Type(kind).Namespaced ? "default" : null);

    public JsonObject Create(JsonObject o)
    {
        var type = Api.TypeOf(o.TextAt("apiVersion")!, o.Kind())!;
        return Api.Create(type, type.Namespaced ? "default" : null, o, Admin);
    }

    /// <summary>Creates what is written as YAML.</summary>
    public JsonObject Create(string yaml) => Create((JsonObject)YamlText.Parse(yaml)!);

    public JsonObject Clone(string source, string target, string kind = "VirtualMachine", string? apiVersion = null) => Create(new JsonObject
    {
        ["apiVersion"] = apiVersion ?? Type("VirtualMachineClone").StorageApiVersion,
        ["kind"] = "VirtualMachineClone",
        ["metadata"] = new JsonObject { ["name"] = "clone-" + target },
        ["spec"] = new JsonObject
        {
            ["source"] = new JsonObject { ["apiGroup"] = kind == "VirtualMachine" ? "kubevirt.io" : "snapshot.kubevirt.io", ["kind"] = kind, ["name"] = source },
            ["target"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = target },
        },
    });

    public JsonObject Snapshot(string source, string name) => Create(new JsonObject
    {
        ["apiVersion"] = Type("VirtualMachineSnapshot").StorageApiVersion,
        ["kind"] = "VirtualMachineSnapshot",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["source"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = source } },
    });

    public JsonObject Restore(string snapshot, string target) => Create(new JsonObject
    {
        ["apiVersion"] = Type("VirtualMachineRestore").StorageApiVersion,
        ["kind"] = "VirtualMachineRestore",
        ["metadata"] = new JsonObject { ["name"] = "restore-" + target },
        ["spec"] = new JsonObject
        {
            ["target"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = target },
            ["virtualMachineSnapshotName"] = snapshot,
        },
    });

    /// <summary>Does everything that comes due within a time.</summary>
    public void Run(TimeSpan time)
    {
        var end = _clock.GetUtcNow() + time;
        RunUntil(() => false, time);
        _clock.AdvanceTo(end);
    }

    /// <summary>Runs until something holds; true if it came to hold within the time.</summary>
    public bool RunUntil(Func<bool> holds, TimeSpan atMost)
    {
        var end = _clock.GetUtcNow() + atMost;
        _host.Loop.RunReady();
        while (!holds())
        {
            if (_host.Loop.NextDue is not { } due || due > end)
                return false;
            _clock.AdvanceTo(due);
            _host.Loop.RunReady();
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        _collector.Dispose();
        await _host.DisposeAsync();
    }
}
