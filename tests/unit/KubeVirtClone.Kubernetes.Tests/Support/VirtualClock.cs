namespace KubeVirtClone.Kubernetes.Tests.Support;

/// <summary>Time that moves only when told, or at once to the end of every short wait.</summary>
internal sealed class VirtualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<VirtualTimer> _timers = [];
    private readonly List<TimeSpan> _waits = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Waits shorter than this end at once, and move time by their length. Deadlines in tests are longer.</summary>
    public TimeSpan SkipWaitsUnder { get; init; } = TimeSpan.Zero;

    /// <summary>The waits that were skipped, in order.</summary>
    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_gate)
                return [.. _waits];
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public void Advance(TimeSpan by)
    {
        List<VirtualTimer> due;
        lock (_gate)
        {
            _now += by;
            due = [.. _timers.Where(timer => timer.Due <= _now)];
            foreach (var timer in due)
                _timers.Remove(timer);
        }

        foreach (var timer in due)
            timer.Fire();
    }

    /// <summary>Moves time on in steps until the task has ended.</summary>
    public async Task AdvanceUntilAsync(Task task, TimeSpan step)
    {
        while (!task.IsCompleted)
        {
            Advance(step);
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(2)));
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Set(VirtualTimer timer, TimeSpan dueTime)
    {
        lock (_gate)
        {
            _timers.Remove(timer);
            if (dueTime == Timeout.InfiniteTimeSpan)
                return;
            if (dueTime < SkipWaitsUnder)
            {
                _waits.Add(dueTime);
                _now += dueTime;
            }
            else
            {
                timer.Due = _now + dueTime;
                _timers.Add(timer);
                return;
            }
        }

        // Timers fire after the caller has let go of its locks, as real ones do.
        ThreadPool.QueueUserWorkItem(_ => timer.Fire());
    }

    private void Remove(VirtualTimer timer)
    {
        lock (_gate)
            _timers.Remove(timer);
    }

    private sealed class VirtualTimer(VirtualClock clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Set(this, dueTime);
            return true;
        }

        public void Dispose() => clock.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
