namespace KubeVirtClone.Engine.Cloning;

/// <summary>Bounds how many clones are in flight. Halves when the cluster is in trouble, and grows by one for each window of successes.</summary>
internal sealed class InFlightWindow
{
    // Trouble reported in bunches is one trouble.
    private static readonly TimeSpan TroubleSpacing = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private readonly int _limit;
    private readonly TimeProvider _clock;
    private double _window;
    private int _inFlight;
    private long? _lastTrouble;

    public InFlightWindow(int limit, TimeProvider clock)
    {
        _limit = Math.Clamp(limit, 1, 1000);
        _window = _limit;
        _clock = clock;
    }

    /// <summary>How many may be in flight now.</summary>
    public int Size
    {
        get
        {
            lock (_gate)
                return (int)_window;
        }
    }

    public async Task AcquireAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (_inFlight < (int)_window && _waiting.Count == 0)
            {
                _inFlight++;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
        }

        await using var registration = ct.Register(() => turn.TrySetCanceled(ct));
        await turn.Task;
    }

    public void Release()
    {
        lock (_gate)
        {
            _inFlight--;
            Admit();
        }
    }

    /// <summary>One clone got where it should.</summary>
    public void Success()
    {
        lock (_gate)
        {
            _window = Math.Min(_limit, _window + (1 / _window));
            Admit();
        }
    }

    /// <summary>The server throttles or fails, or storage does.</summary>
    /// <returns>True when the window was halved.</returns>
    public bool Trouble()
    {
        lock (_gate)
        {
            var now = _clock.GetTimestamp();
            if (_lastTrouble is { } last && _clock.GetElapsedTime(last, now) < TroubleSpacing)
                return false;
            _lastTrouble = now;
            if (_window <= 1)
                return false;
            _window = Math.Max(1, Math.Floor(_window / 2));
            return true;
        }
    }

    private void Admit()
    {
        while (_inFlight < (int)_window && _waiting.TryDequeue(out var turn))
        {
            if (turn.TrySetResult())
                _inFlight++;
        }
    }
}
