namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>Who needs a plugin's credentials.</summary>
/// <param name="Interaction">Asked when the plugin is about to run.</param>
/// <param name="Output">Gets what it writes to standard error, line by line; null lets it write to this process's own.</param>
internal sealed record PluginCaller(Func<PluginInteraction> Interaction, Action<string>? Output);

/// <summary>The credentials of one plugin: run when they are needed, once for all who wait, and again when they expire or are refused.</summary>
internal sealed class PluginLogin(CredentialPlugin plugin, TimeProvider clock)
{
    /// <summary>A server that refuses what was renewed because of a refusal is not asked again before this has passed.</summary>
    private static readonly TimeSpan RefusalStands = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private Held? _current;
    private SharedRun? _running;

    /// <summary>The plugin, for messages.</summary>
    public string Name => ExecCredential.Name(plugin);

    /// <summary>What was given last; null before anything was.</summary>
    public RequestCredential? Latest
    {
        get
        {
            lock (_gate)
                return _current?.Credential;
        }
    }

    public async ValueTask<RequestCredential> GetAsync(PluginCaller caller, CancellationToken ct)
    {
        SharedRun run;
        lock (_gate)
        {
            if (_running is null && _current is { } held && (held.Expires is null || clock.GetUtcNow() <= held.Expires))
                return held.Credential;
            run = Join(caller, isAfterRefusal: false);
        }

        return await WaitAsync(run, ct);
    }

    /// <summary>Runs the plugin again after a refusal, unless somebody else has already. False when there is nothing new to try.</summary>
    public async ValueTask<bool> RenewAsync(RequestCredential refused, PluginCaller caller, CancellationToken ct)
    {
        SharedRun run;
        lock (_gate)
        {
            if (_running is null)
            {
                if (_current is not { } held || !ReferenceEquals(held.Credential, refused))
                    return true;
                if (held.IsAfterRefusal && !refused.WasAccepted && clock.GetUtcNow() - held.Since < RefusalStands)
                    return false;
            }

            run = Join(caller, isAfterRefusal: true);
        }

        return !(await WaitAsync(run, ct)).IsSameAs(refused);
    }

    private SharedRun Join(PluginCaller caller, bool isAfterRefusal)
    {
        if (_running is null)
        {
            var run = new SharedRun();
            run.Task = Task.Run(() => ExecuteAsync(run, caller, isAfterRefusal));
            _running = run;
        }

        _running.Waiters++;
        return _running;
    }

    private async Task<RequestCredential> WaitAsync(SharedRun run, CancellationToken ct)
    {
        var hasLeft = 0;
        try
        {
            // By the canceller's own thread: a process that is about to exit may not get round to anything else.
            await using var leaving = ct.Register(Leave);
            return await run.Task.WaitAsync(ct);
        }
        finally
        {
            Leave();
        }

        void Leave()
        {
            if (Interlocked.Exchange(ref hasLeft, 1) == 0)
                LeaveRun(run);
        }
    }

    /// <summary>When nobody waits any more, the process has gone on return.</summary>
    private void LeaveRun(SharedRun run)
    {
        lock (_gate)
        {
            if (--run.Waiters > 0 || !ReferenceEquals(_running, run))
                return;
            _running = null;
        }

        run.Stop.Cancel();
    }

    private async Task<RequestCredential> ExecuteAsync(SharedRun run, PluginCaller caller, bool isAfterRefusal)
    {
        try
        {
            var isInteractive = IsInteractive(caller.Interaction());
            var output = await PluginProcess.RunAsync(plugin, isInteractive, isInteractive ? null : caller.Output, run.Stop.Token);
            var answer = ExecCredential.Read(plugin, output);
            lock (_gate)
            {
                if (ReferenceEquals(_running, run))
                    _current = new Held(answer.Credential, answer.Expires, clock.GetUtcNow(), isAfterRefusal);
            }

            return answer.Credential;
        }
        finally
        {
            lock (_gate)
            {
                if (ReferenceEquals(_running, run))
                    _running = null;
            }
        }
    }

    private bool IsInteractive(PluginInteraction interaction) => (plugin.InteractiveMode, interaction) switch
    {
        (PluginInteractiveMode.Never, _) => false,
        (_, PluginInteraction.Forbidden) => throw new CredentialException(
            CredentialProblem.NotNow, $"{ExecCredential.Name(plugin)} may ask the user, who does not expect that now: it was not run."),
        (PluginInteractiveMode.Always, PluginInteraction.NoTerminal) => throw new CredentialException(
            CredentialProblem.NeedsTerminal,
            $"{ExecCredential.Name(plugin)} needs a terminal (interactiveMode: Always), and standard input is not a terminal: it was not run."),
        (_, PluginInteraction.Terminal) => true,
        _ => false,
    };

    private sealed record Held(RequestCredential Credential, DateTimeOffset? Expires, DateTimeOffset Since, bool IsAfterRefusal);

    /// <summary>One run that several wait for.</summary>
    private sealed class SharedRun
    {
        public Task<RequestCredential> Task { get; set; } = null!;

        public int Waiters { get; set; }

        public CancellationTokenSource Stop { get; } = new();
    }
}
