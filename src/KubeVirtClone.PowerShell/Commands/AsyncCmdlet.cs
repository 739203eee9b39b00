using KubeVirtClone.Kubernetes;
using KubeVirtClone.Pipeline;
using KubeVirtClone.Session;

namespace KubeVirtClone.Commands;

/// <summary>
/// Base of every cmdlet of the module: cancellation, and the pump that lets asynchronous work speak to PowerShell's streams
/// from the one thread that may.
/// </summary>
public abstract class AsyncCmdlet : PSCmdlet, ICommandStreams, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private static readonly bool IsSessionInteractive = !Array.Exists(
        Environment.GetCommandLineArgs(), argument => argument is ['-' or '/', ..] && argument.TrimStart('-', '/').StartsWith("noni", StringComparison.OrdinalIgnoreCase));

    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    private PipelinePump? _pump;
    private PipelinePump? _begun;
    private bool _disposed;
    private bool _canAsk;

    /// <summary>Cancelled when the user stops the pipeline.</summary>
    protected CancellationToken StopToken => _stop.Token;

    /// <summary>What a call that ends with an error has not dealt with: each comes back in an error of its own, once.</summary>
    private protected virtual IReadOnlyList<object> TakeUnreached() => [];

    /// <summary>True once the user has stopped the pipeline.</summary>
    protected bool IsStopping { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    bool ICommandStreams.CanAsk => _canAsk;

    void ICommandStreams.Verbose(string text) => TryPost(() => WriteVerbose(text));

    void ICommandStreams.Debug(string text) => TryPost(() => WriteDebug(text));

    void ICommandStreams.Warning(string text) => TryPost(() => WarnOnce(text));

    void ICommandStreams.Information(string text) => TryPost(() => WriteInformation(text, ["KubeAuth"]));

    // As Write-Host would: on the screen and in the information stream, and never among the objects.
    void ICommandStreams.Tell(string line) =>
        TryPost(() => WriteInformation(new HostInformationMessage { Message = line }, ["PSHOST", "KubeAuth"]));

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        IsStopping = true;
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Ctrl+C in the very moment the command ended.
        }
    }

    /// <summary>Runs <paramref name="work"/> to its end off the pipeline thread; what it posts runs on the pipeline thread meanwhile.</summary>
    /// <param name="work">The work. It must post whatever it has to write.</param>
    /// <param name="tick">Called on the pipeline thread at least five times a second.</param>
    private protected void Run(Func<CancellationToken, Task> work, Action? tick = null)
    {
        using var pump = new PipelinePump();
        Use(pump);
        try
        {
            Carry(() => pump.Run(InThisCommand(work), tick, StopToken));
        }
        finally
        {
            _pump = null;
        }
    }

    /// <summary>
    /// Begins <paramref name="work"/> and returns: it goes on while the pipeline brings more. What it posts runs on the pipeline thread whenever more
    /// is begun, and in <see cref="FinishBegun"/>, which must follow before anything else is run.
    /// </summary>
    /// <param name="work">The work. It must post whatever it has to write.</param>
    private protected void Begin(Func<CancellationToken, Task> work)
    {
        _begun ??= new PipelinePump();
        Use(_begun);
        Carry(() =>
        {
            _begun.Begin(InThisCommand(work), StopToken);
            _begun.Drain();
            return true;
        });
    }

    /// <summary>Carries out what was begun to its end; nothing when nothing was.</summary>
    private protected void FinishBegun()
    {
        if (_begun is not { } pump) return;
        try
        {
            Carry(() => pump.Finish(tick: null, StopToken));
        }
        finally
        {
            _pump = _begun = null;
            pump.Dispose();
        }
    }

    private void Use(PipelinePump pump)
    {
        _pump = pump;
        // Other hosts read standard input themselves, or have none.
        _canAsk = IsSessionInteractive && string.Equals(Host?.Name, "ConsoleHost", StringComparison.Ordinal);
    }

    private Func<CancellationToken, Task> InThisCommand(Func<CancellationToken, Task> work) => async ct =>
    {
        CurrentCommand.Value = this;
        await work(ct);
    };

    private void Carry(Func<bool> run)
    {
        try
        {
            if (!run()) throw new PipelineStoppedException();
        }
        catch (Exception e) when (e is EngineException or KubernetesException)
        {
            End(FaultMapper.From(e));
        }
    }

    // -ErrorVariable keeps of a terminating error neither id nor target, so what was not reached comes back item by item before it; where the first
    // of those would be the last, and for catch, it comes back in the terminating error.
    private void End(Fault fault)
    {
        var left = TakeUnreached();
        if (!StopsAtErrors)
        {
            foreach (var item in left)
            {
                var message = $"'{item}' was not reached: {fault.Message}";
                WriteError(ErrorRecords.From(fault with { Message = message }, item));
            }
        }

        ThrowTerminatingError(ErrorRecords.From(fault, left switch { [] => null, [var only] => only, _ => left.ToArray() }));
    }

    private bool StopsAtErrors
    {
        get
        {
            var preference = MyInvocation.BoundParameters.TryGetValue("ErrorAction", out var given) ? given : SessionState.PSVariable.GetValue("ErrorActionPreference");
            return string.Equals(preference?.ToString(), nameof(ActionPreference.Stop), StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>Has an action run on the pipeline thread, in order.</summary>
    /// <exception cref="OperationCanceledException">The pipeline has stopped.</exception>
    private protected void Post(Action action)
    {
        var pump = _pump ?? throw new OperationCanceledException("The pipeline has ended.");
        pump.Post(action);
    }

    /// <summary>Writes a warning, but the same text only once per command.</summary>
    private protected void WarnOnce(string text)
    {
        if (_warned.Add(text)) WriteWarning(text);
    }

    /// <summary>Frees what the cmdlet holds; PowerShell calls it however the pipeline ends.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (_disposed || !disposing) return;
        _disposed = true;
        _pump?.Dispose();
        _begun?.Dispose();
        _stop.Dispose();
    }

    /// <summary>Diagnostics are dropped once the pipeline is gone; only results insist on being heard.</summary>
    private void TryPost(Action action)
    {
        try
        {
            _pump?.Post(action);
        }
        catch (OperationCanceledException)
        {
            // Stopping: nobody listens any more.
        }
    }
}
