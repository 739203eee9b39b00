using KubeVirtClone.Sandbox.Cdi;
using KubeVirtClone.Sandbox.Http;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// KubeVirt, CDI and storage over one API machinery: registers their admission, builds their controllers, and runs them, either on
/// a thread of its own in real time or step by step in a test's virtual time.
/// </summary>
internal sealed class ControllerHost : IAsyncDisposable
{
    private readonly Cluster _cluster;
    private readonly QuotaController _quotas;
    private readonly Authorizer _authorizer;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _work = new(0);
    private Task? _run;

    /// <summary>Builds everything over an API machinery; nothing runs yet.</summary>
    /// <param name="api">The machinery.</param>
    /// <param name="profile">The release to behave like.</param>
    /// <param name="settings">How the controllers run.</param>
    /// <param name="faults">What goes wrong; null for nothing.</param>
    /// <param name="users">Those who have rights by name beside those by roles.</param>
    public ControllerHost(ApiMachinery api, Profile profile, ControllerSettings settings, FaultPlan? faults = null, IReadOnlyList<SandboxUser>? users = null)
    {
        Loop = new EventLoop(api.Clock);
        _cluster = new Cluster(api, profile, Loop, settings, new StorageFaults(faults));
        Subresources = new MachineSubresources(api);
        api.AddAdmission(new CloneWebhook(api, profile));
        api.AddAdmission(new SnapshotWebhook(api, profile));
        api.AddAdmission(new RestoreWebhook(api, profile, settings));
        api.AddAdmission(new MachineWebhook(api, profile));
        _authorizer = new Authorizer(api, users ?? []);
        var authorization = new CloneAuthorization(api, _authorizer);
        var tokens = new CloneTokens(api.Clock);
        if (profile.HasCdi)
            api.AddAdmission(new DataVolumeWebhook(api, authorization, tokens));
        api.AddAdmission(new ClaimRules(api));
        api.AddAdmission(new ClaimAdmission(api));
        api.AddAdmission(new LimitRangeAdmission(api));
        // A server asks its quotas last, after every webhook.
        var quotas = new Quotas(api);
        _quotas = new QuotaController(api, quotas);
        api.AddAdmission(new QuotaAdmission(
            quotas, r => _cluster.StorageFaults.RefusesClaim(r.Namespace ?? "", r.Name, r.Object.TextAt("spec", "storageClassName"))));
        var storage = new StorageLookups(_cluster);
        // The order decides who of several sees a change first, and is fixed so that runs are repeatable.
        _ = new MachineController(_cluster, authorization);
        _ = new SnapshotController(_cluster, storage);
        _ = new CloneController(_cluster);
        _ = new RestoreController(_cluster, storage, Subresources);
        _ = new ClaimController(_cluster);
        if (profile.HasCdi)
            _ = new DataVolumeController(_cluster, new CloneDataVolumes(_cluster, tokens));
        _ = new VolumeSnapshotController(_cluster);
        _ = new InstanceController(_cluster);
        if (!profile.HasCdi)
            return;
        _ = new StorageProfileController(_cluster);
        _ = new DataSourceController(_cluster);
        _ = new ClonePopulator(_cluster, tokens);
        _ = new HostCopyController(_cluster);
    }

    public EventLoop Loop { get; }

    public ControllerSettings Settings => _cluster.Settings;

    public MachineSubresources Subresources { get; }

    /// <summary>Makes the first objects and lets the controllers settle them at once, with no delay simulated.</summary>
    public void Seed(Action make)
    {
        const int MostSteps = 5_000_000;
        var scale = _cluster.Settings.Scale;
        var history = _cluster.Api.HistoryLimit;
        _cluster.Settings.Scale = 0;
        // Nobody can watch yet, and every version of thousands of VMs would have to be kept.
        _cluster.Api.HistoryLimit = 0;
        _cluster.StorageFaults.Paused = true;
        make();
        for (var i = 0; i < MostSteps && Loop.Step(); i++)
        {
            // until nothing is left to do at this moment
        }

        _cluster.Settings.Scale = scale;
        _cluster.Api.HistoryLimit = history;
        _cluster.StorageFaults.Paused = false;
    }

    /// <summary>Starts working in real time.</summary>
    public void Start()
    {
        Loop.Added = () =>
        {
            if (_work.CurrentCount == 0)
                _work.Release();
        };
        _run = Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Loop.RunReady();
            var wait = Loop.NextDue is { } due ? due - Loop.Now : Timeout.InfiniteTimeSpan;
            if (wait != Timeout.InfiniteTimeSpan && wait <= TimeSpan.Zero)
                continue;
            try
            {
                await _work.WaitAsync(wait, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_run is not null)
            await _run;
        _quotas.Dispose();
        _authorizer.Dispose();
        _cluster.Dispose();
        _work.Dispose();
        _stop.Dispose();
    }
}
