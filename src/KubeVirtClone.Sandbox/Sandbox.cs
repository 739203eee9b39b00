using System.Security.Cryptography;
using KubeVirtClone.Sandbox.Cdi;
using KubeVirtClone.Sandbox.Controllers;
using KubeVirtClone.Sandbox.Http;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Resources;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Sandbox;

/// <summary>How a sandbox is set up.</summary>
public sealed class SandboxOptions
{
    /// <summary>TCP port on the loopback address; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Release to behave like: <c>1.9</c>, <c>1.5</c> or <c>1.2</c>.</summary>
    public string Profile { get; init; } = "1.9";

    /// <summary>Virtual machines to seed beside the demo ones.</summary>
    public int VmCount { get; init; }

    /// <summary>Whether controllers keep a real cluster's pace (rate limits, retries, the time a write takes).</summary>
    public bool Pacing { get; init; } = true;

    /// <summary>Divides the controllers' waiting times and deadlines: 10 makes five minutes thirty seconds.</summary>
    public double ClockFactor { get; init; } = 1;

    /// <summary>Makes uids, names and fault draws repeatable; null for others each time, as no two clusters share uids.</summary>
    public int? Seed { get; init; }

    /// <summary>Faults in force from the start.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>Whether there are nodes: started VMs come to run, and claims with late binding find their consumer.</summary>
    public bool Nodes { get; init; } = true;

    /// <summary>Whether the demo virtual machines are made.</summary>
    public bool Seeded { get; init; } = true;

    /// <summary>Objects of one's own to start with, as <see cref="SeedList.Parse"/> reads them.</summary>
    public IReadOnlyList<JsonObject> Objects { get; init; } = [];

    /// <summary>Users beside admin, viewer, nobody and expired.</summary>
    public IReadOnlyList<SandboxUser> Users { get; init; } = [];

    /// <summary>Source of the timestamps in objects.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

#pragma warning disable MA0049 // The namespace is the project's name, and a sandbox is what it makes.
/// <summary>A running local KubeVirt API: the API machinery behind an HTTPS server on the loopback address.</summary>
public sealed class Sandbox : IAsyncDisposable
#pragma warning restore MA0049
{
    private readonly ApiServer _server;
    private readonly Certificates _certificates;
    private readonly List<IDisposable> _parts = [];
    private readonly ControllerHost _controllers;

    private Sandbox(SandboxOptions options)
    {
        Profile = Profile.Load(options.Profile);
        Seed = options.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        Faults = new FaultPlan(Seed, options.Faults);
        Api = new ApiMachinery(ResourceCatalog.For(Profile), options.Clock, Seed);
        Api.AddAdmission(new BuiltInAdmission(Api));
        _parts.Add(new GarbageCollector(Api));
        _parts.Add(new NamespaceController(Api));
        _parts.Add(new ClaimProtectionController(Api));
        BaseObjects.Install(Api, Profile);
        var settings = new ControllerSettings(options.Pacing, 1 / options.ClockFactor, options.Nodes)
        {
            CallTime = options.Pacing ? ControllerSettings.RecordedCallTime : TimeSpan.Zero,
        };
        Users = [.. StandardUsers().Concat(options.Users).Select(WithToken)];
        _controllers = new ControllerHost(Api, Profile, settings, Faults, Users);
        _controllers.Seed(() =>
        {
            DemoSeed.InstallStorage(Api);
            if (options.Seeded || options.VmCount > 0)
                DemoSeed.InstallMachines(Api, options.Seeded, options.VmCount);
            DemoSeed.Install(Api, options.Objects);
        });
        DefaultRoles.Bind(Api, "sandbox-viewer", "view", "User", "viewer");
        _certificates = new Certificates();
        var pace = options.Pacing ? new AdmissionPace(options.Clock, settings.Scale) : null;
        _server = new ApiServer(Api, Profile, Faults, Users, _certificates, options.Port, pace);
        _server.Subresources.Add(new MachineSubresourceHandler(_controllers.Subresources));
        _controllers.Start();
    }

    /// <summary>Base address of the server.</summary>
    public Uri Server => _server.Address;

    /// <summary>What decided uids, names and fault draws: given as <see cref="SandboxOptions.Seed"/> it repeats them.</summary>
    public int Seed { get; }

    /// <summary>The machinery, for looking and changing in process.</summary>
    public ApiMachinery Api { get; }

    /// <summary>The release it behaves like.</summary>
    public Profile Profile { get; }

    /// <summary>The faults in force; rules can be added and removed at any time.</summary>
    public FaultPlan Faults { get; }

    /// <summary>Everybody who has a token.</summary>
    public IReadOnlyList<SandboxUser> Users { get; }

    /// <summary>
    /// Text of a kubeconfig with a context <c>USER@sandbox</c> for each user and for <c>admin-cert</c>, which has a client
    /// certificate instead of a token. The current context is <c>admin@sandbox</c>.
    /// </summary>
    public string KubeConfig { get; private set; } = "";

    /// <summary>Starts a sandbox; returns when it answers.</summary>
    /// <exception cref="ArgumentException">There is no such profile.</exception>
    /// <exception cref="SeedException">One of the objects to start with is refused.</exception>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<Sandbox> StartAsync(SandboxOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        var sandbox = new Sandbox(options);
        try
        {
            await sandbox._server.Start(ct);
        }
        catch
        {
            await sandbox.DisposeAsync();
            throw;
        }

        sandbox.KubeConfig = KubeConfigText.For(sandbox.Server, sandbox._certificates, sandbox.Users, "default");
        return sandbox;
    }

    /// <summary>Adds actions below <c>subresources.kubevirt.io</c>.</summary>
    public void AddSubresources(ISubresourceHandler handler) => _server.Subresources.Add(handler);

    /// <summary>Writes the kubeconfig to a file that only its owner can read.</summary>
    public async Task WriteKubeConfigAsync(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var writer = new StreamWriter(path, options);
        await writer.WriteAsync(KubeConfig);
    }

    /// <summary>Stops the server and everything behind it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _controllers.DisposeAsync();
        foreach (var part in Enumerable.Reverse(_parts))
            part.Dispose();
        _certificates.Dispose();
    }

    private static IEnumerable<SandboxUser> StandardUsers() =>
    [
        new() { Name = "admin", Groups = [CallUser.Masters] },
        new() { Name = "viewer" },
        new() { Name = "nobody" },
        new() { Name = "expired", Expired = true },
    ];

    private static SandboxUser WithToken(SandboxUser user) =>
        user.Token.Length > 0 ? user : user with { Token = user.Name + "-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)) };
}
