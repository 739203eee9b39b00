namespace KubeVirtClone.Engine.Tests.Support;

/// <summary>Time that passes only when a test says so.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private TimeSpan _ahead;
    private DateTimeOffset _now = new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now + _ahead;
    }

    public override long GetTimestamp()
    {
        lock (_gate)
            return _now.Ticks;
    }

    /// <summary>Sets what the clock shows, as people and NTP do; no time passes.</summary>
    public void Set(TimeSpan ahead)
    {
        lock (_gate)
            _ahead = ahead;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan time)
    {
        var end = new DateTimeOffset(GetTimestamp(), TimeSpan.Zero) + time;
        while (true)
        {
            ManualTimer? next;
            lock (_gate)
            {
                next = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
                _now = next?.Due > _now ? next.Due.Value : next is null && end > _now ? end : _now;
                next?.Rearm();
            }

            if (next is null)
                return;
            next.Fire();
        }
    }

    /// <summary>Lets time pass in small steps until <paramref name="task"/> is done, giving other threads their turn after each.</summary>
    public async Task RunUntilDoneAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            Advance(TimeSpan.FromMilliseconds(250));
            await Task.WhenAny(task, Task.Delay(1));
        }

        await task;
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                _period = period;
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
                clock._timers.Remove(this);
                if (Due is not null)
                    clock._timers.Add(this);
            }

            return true;
        }

        public void Rearm()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
            }
            else
            {
                Due = null;
                clock._timers.Remove(this);
            }
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock._gate)
                clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
