using System.Runtime.InteropServices;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>
/// Turns SIGINT, SIGTERM and SIGHUP into cancellation, and ends the process within a second even when something does not heed it: a
/// hung connection must not keep a user from the prompt. A second signal ends it at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(700);
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action<int> _exit;
    private readonly TimeSpan _grace;
    private int _signals;

    /// <param name="exit">Ends the process with the given code.</param>
    /// <param name="grace">How long commands get to end in their own way.</param>
    public Interruption(Action<int>? exit = null, TimeSpan? grace = null)
    {
        _exit = exit ?? Environment.Exit;
        _grace = grace ?? Grace;
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Exit code for the signal that came; null when none has.</summary>
    public int? Code { get; private set; }

    /// <summary>Said on stderr before the process is ended by force; set by commands that leave something behind.</summary>
    public Action? LastWords { get; set; }

    /// <summary>
    /// Set by commands that run until they are told to stop: a signal is then what they wait for, they get all the time they need to close,
    /// and decide their own exit code.
    /// </summary>
    public bool StopIsSuccess { get; set; }

    /// <summary>
    /// Set by commands that another program started and ends: Ctrl+C in their common terminal reaches the whole process group, and is meant
    /// for what the user runs in the foreground.
    /// </summary>
    public bool LeaveCtrlCToParent { get; set; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (LeaveCtrlCToParent && context.Signal == PosixSignal.SIGINT)
            return;
        Interrupt(context.Signal == PosixSignal.SIGINT ? ExitCode.Interrupted : ExitCode.Terminated);
    }

    /// <summary>What a signal does.</summary>
    internal void Interrupt(int code)
    {
        Code ??= code;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            End();
            return;
        }

        _ = Task.Delay(_grace).ContinueWith(_ => End(), TaskScheduler.Default);

        // Cancellation callbacks run where Cancel is called: one that blocks must not hold up the signal handler. A thread of its own,
        // because a busy pool would let the grace run out first.
        new Thread(Cancel) { IsBackground = true }.Start();
    }

    private void Cancel()
    {
        try
        {
            _source.Cancel();
        }
        catch (Exception e) when (e is ObjectDisposedException or AggregateException)
        {
            // The work has just ended by itself, or a callback failed: ending goes on.
        }
    }

    private void End()
    {
        if (StopIsSuccess && Volatile.Read(ref _signals) < 2)
            return;
        LastWords?.Invoke();
        _exit(Code ?? ExitCode.Interrupted);
    }
}
