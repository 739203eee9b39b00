namespace KubeVirtClone.Methods.Tests.Virtual;

/// <summary>The sandbox's virtual time as the engine sees it: timers come due when the sandbox's clock gets there.</summary>
internal sealed class VirtualTime(Func<DateTimeOffset> now) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly HashSet<VirtualTimer> _timers = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>When the next timer is due; null when none is set.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (_gate)
                return _timers.Count == 0 ? null : _timers.Min(t => t.Due);
        }
    }

    public override DateTimeOffset GetUtcNow() => now();

    public override long GetTimestamp() => now().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets the timers that are due do their work.</summary>
    public void Fire()
    {
        while (true)
        {
            VirtualTimer? next;
            lock (_gate)
            {
                next = _timers.Where(t => t.Due <= now()).MinBy(t => t.Due);
                next?.Rearm();
            }

            if (next is null)
                return;
            next.Invoke();
        }
    }

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        // As a timer of the system's: what its callback starts belongs to whoever made the timer.
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private TimeSpan _period;

        public DateTimeOffset Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                _period = period;
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                Due = time.GetUtcNow() + dueTime;
                time._timers.Add(this);
            }

            return true;
        }

        public void Rearm()
        {
            if (_period > TimeSpan.Zero)
                Due += _period;
            else
                time._timers.Remove(this);
        }

        public void Invoke()
        {
            if (_context is null)
                callback(state);
            else
                ExecutionContext.Run(_context, s => callback(s), state);
        }

        public void Dispose()
        {
            lock (time._gate)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
