using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using KubeVirtClone.Completion;
using KubeVirtClone.Engine;
using KubeVirtClone.Engine.Measurement;
using KubeVirtClone.Sandbox;

namespace KubeVirtClone.Session;

/// <summary>
/// What a runspace remembers: the cluster chosen by Connect-KubeVirt, connections that are open, the sandbox it started.
/// Never shared between runspaces: two scripts running in parallel may talk to two clusters.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "The semaphore's wait handle is never asked for, so there is nothing to free.")]
internal sealed class KubeVirtSession
{
    private static readonly ConditionalWeakTable<Runspace, KubeVirtSession> Sessions = [];
    private static readonly KubeVirtSession Homeless = new();

    private readonly Dictionary<ConnectionSettings, OpenConnection> _open = [];
    private readonly SemaphoreSlim _opening = new(1, 1);

    // Whoever measures later may do so over another connection.
    private readonly PhaseTimes _times = new();

    /// <summary>The calling runspace's session.</summary>
    public static KubeVirtSession Current => Runspace.DefaultRunspace is { } runspace ? Sessions.GetValue(runspace, Create) : Homeless;

    /// <summary>What Connect-KubeVirt chose; null when kubectl's rules decide.</summary>
    public ConnectionSettings? Chosen { get; private set; }

    /// <summary>Namespace given to Connect-KubeVirt; null for the context's.</summary>
    public string? ChosenNamespace { get; private set; }

    /// <summary>What was listed for completion.</summary>
    public CompletionCache Completions { get; } = new(TimeProvider.System);

    /// <summary>The sandbox this session runs; null when there is none.</summary>
    public SandboxProcess? Sandbox { get; set; }

    /// <summary>What was chosen before the sandbox, to go back to when it is stopped.</summary>
    public (ConnectionSettings? Chosen, string? Namespace) SandboxReplaced { get; set; }

    /// <summary>Chooses the cluster for the commands to come.</summary>
    public void Choose(ConnectionSettings settings, string? @namespace)
    {
        Chosen = settings;
        ChosenNamespace = @namespace;
    }

    /// <summary>
    /// The settings a command means: what it was given, on top of what the session chose. Another kubeconfig given takes
    /// nothing over from the session.
    /// </summary>
    public ConnectionSettings Complete(ConnectionSettings given)
    {
        if (Chosen is not { } chosen || given.KubeConfig is not null) return given;
        return given with
        {
            KubeConfig = chosen.KubeConfig,
            Context = given.Context ?? chosen.Context,
            ImpersonateUser = given.ImpersonateUser ?? chosen.ImpersonateUser,
            ImpersonateGroups = given.ImpersonateUser is null && given.ImpersonateGroups.Length == 0 ? chosen.ImpersonateGroups : given.ImpersonateGroups,
        };
    }

    /// <summary>An open connection: one that is there already, or a new one.</summary>
    /// <exception cref="EngineException">The cluster cannot be used.</exception>
    public async Task<KubeVirtCluster> OpenAsync(ConnectionSettings settings, CancellationToken ct)
    {
        await _opening.WaitAsync(ct);
        try
        {
            var fingerprint = settings.Fingerprint;
            if (_open.TryGetValue(settings, out var known))
            {
                if (known.Fingerprint == fingerprint) return known.Cluster;
                _open.Remove(settings);
                await known.Cluster.DisposeAsync();
            }

            var cluster = await KubeVirtCluster.ConnectAsync(settings.ToOptions(), CurrentCommand.Callbacks, ct);
            cluster.Times = _times;
            _open[settings] = new OpenConnection(cluster, fingerprint);
            return cluster;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Forgets the chosen cluster and closes every connection.</summary>
    public async Task CloseAsync()
    {
        Chosen = null;
        ChosenNamespace = null;
        List<OpenConnection> closing;
        await _opening.WaitAsync();
        try
        {
            closing = [.. _open.Values];
            _open.Clear();
        }
        finally
        {
            _opening.Release();
        }

        foreach (var connection in closing) await connection.Cluster.DisposeAsync();
    }

    /// <summary>Closes one connection, so that the next use of it connects anew.</summary>
    public async Task CloseAsync(ConnectionSettings settings)
    {
        if (!_open.Remove(settings, out var known)) return;
        await known.Cluster.DisposeAsync();
    }

    private static KubeVirtSession Create(Runspace runspace)
    {
        var session = new KubeVirtSession();
        // A runspace of a pool or of ForEach-Object -Parallel ends long before its process does.
        runspace.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is not (RunspaceState.Closed or RunspaceState.Broken)) return;
            session.Sandbox?.End();
            _ = session.CloseAsync();
        };
        return session;
    }

    private sealed record OpenConnection(KubeVirtCluster Cluster, string Fingerprint);
}
