using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Sandbox;

namespace KubeVirtClone.Session;

/// <summary>
/// What a runspace remembers: the cluster chosen by Connect-KubeVirt, connections that are open, the sandbox it started.
/// Never shared between runspaces: two scripts running in parallel may talk to two clusters. One that has chosen nothing itself begins with
/// what its caller had chosen (<see cref="CallerConnection"/>).
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "The semaphore's wait handle is never asked for, so there is nothing to free.")]
internal sealed class KubeVirtSession
{
    private static readonly ConditionalWeakTable<Runspace, KubeVirtSession> Sessions = [];
    private static readonly KubeVirtSession Homeless = new();

    private readonly Dictionary<ConnectionSettings, SharedConnection> _open = [];
    private readonly SemaphoreSlim _opening = new(1, 1);

    // Whoever measures later may do so over another connection.
    private readonly PhaseTimes _times = new();
    private ChosenConnection? _chosen;
    private bool _hasChosen;

    /// <summary>The calling runspace's session.</summary>
    public static KubeVirtSession Current => Runspace.DefaultRunspace is { } runspace ? Sessions.GetValue(runspace, Create) : Homeless;

    /// <summary>What Connect-KubeVirt chose, here or where this runspace was started from; null when kubectl's rules decide.</summary>
    public ConnectionSettings? Chosen => Connection?.Settings;

    /// <summary>Namespace given to Connect-KubeVirt; null for the context's.</summary>
    public string? ChosenNamespace => Connection?.Namespace;

    /// <summary>Whether a cluster was chosen elsewhere, and it is not known whether the caller of this runspace meant that.</summary>
    public bool IsCallerUnclear => !_hasChosen && CallerConnection.IsUnclear(this);

    private ChosenConnection? Connection => _hasChosen ? _chosen : CallerConnection.Value;

    /// <summary>What was listed for completion.</summary>
    public CompletionCache Completions { get; } = new(TimeProvider.System);

    /// <summary>The sandbox this session runs; null when there is none.</summary>
    public SandboxProcess? Sandbox { get; set; }

    /// <summary>What was chosen before the sandbox, to go back to when it is stopped.</summary>
    public (ConnectionSettings? Chosen, string? Namespace) SandboxReplaced { get; set; }

    /// <summary>Has a runspace that works for this session be part of it: of its cluster, identity and connections, which stay when the runspace ends.</summary>
    public void Join(Runspace runspace) => Sessions.Add(runspace, this);

    /// <summary>Chooses the cluster for the commands to come, here and in runspaces and jobs started from here. Called on the pipeline's thread.</summary>
    public void Choose(ConnectionSettings settings, string? @namespace) => Remember(new ChosenConnection(settings, @namespace));

    /// <summary>Goes back to kubectl's rules. Called on the pipeline's thread.</summary>
    public void Unchoose() => Remember(connection: null);

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
            ImpersonateUid = given.ImpersonateUid ?? (given.ImpersonateUser is null ? chosen.ImpersonateUid : null),
        };
    }

    /// <summary>The use of an open connection: one that is there already, or a new one. Dispose it when nothing is asked over it any more.</summary>
    /// <exception cref="EngineException">The cluster cannot be used.</exception>
    public async Task<ConnectionUse> OpenAsync(ConnectionSettings settings, CancellationToken ct)
    {
        await _opening.WaitAsync(ct);
        try
        {
            var fingerprint = settings.Fingerprint;
            if (_open.TryGetValue(settings, out var known))
            {
                if (known.Fingerprint == fingerprint) return known.Use();
                // Whoever works over it works on: in a pipeline that may be a wait for hundreds of clones.
                _open.Remove(settings);
                await known.RetireAsync();
            }

            var cluster = await KubeVirtCluster.ConnectAsync(settings.ToOptions(), CurrentCommand.Callbacks, ct);
            cluster.Times = _times;
            var opened = new SharedConnection(cluster, fingerprint);
            _open[settings] = opened;
            return opened.Use();
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Closes every connection, those in use when they are not any more.</summary>
    public async Task CloseAsync()
    {
        List<SharedConnection> closing;
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

        foreach (var connection in closing) await connection.RetireAsync();
    }

    /// <summary>Closes one connection when nobody uses it any more; the next use connects anew.</summary>
    public async Task CloseAsync(ConnectionSettings settings)
    {
        SharedConnection? known;
        await _opening.WaitAsync();
        try
        {
            _open.Remove(settings, out known);
        }
        finally
        {
            _opening.Release();
        }

        if (known is not null) await known.RetireAsync();
    }

    private void Remember(ChosenConnection? connection)
    {
        _chosen = connection;
        _hasChosen = true;
        CallerConnection.Flow(this, connection);
    }

    private static KubeVirtSession Create(Runspace runspace)
    {
        var session = new KubeVirtSession();
        // A runspace of a pool or of ForEach-Object -Parallel ends long before its process does.
        runspace.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is not (RunspaceState.Closed or RunspaceState.Broken)) return;
            CallerConnection.Forget(session);
            session.Sandbox?.End();
            _ = session.CloseAsync();
        };
        return session;
    }
}
