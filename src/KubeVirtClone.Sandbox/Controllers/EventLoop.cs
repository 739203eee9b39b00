namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// All controllers' work, one item at a time in the order it became due, over one clock. Deterministic: with equal inputs and a
/// virtual clock it does the same steps. Keys may be added from any thread; steps run on the caller's.
/// </summary>
internal sealed class EventLoop(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly Queue<WorkItem> _ready = new();
    private readonly PriorityQueue<WorkItem, (DateTimeOffset Due, long Order)> _later = new();
    private long _order;

    internal readonly record struct WorkItem(WorkQueue Queue, string Key);

    /// <summary>Called when something was added; from any thread.</summary>
    public Action? Added { get; set; }

    public TimeProvider Clock => clock;

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>When the next delayed item is due; null when none is.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (_lock)
                return _later.TryPeek(out _, out var when) ? when.Due : null;
        }
    }

    internal void Enqueue(WorkItem item)
    {
        lock (_lock)
            _ready.Enqueue(item);
        Added?.Invoke();
    }

    internal void EnqueueAt(WorkItem item, DateTimeOffset due)
    {
        lock (_lock)
            _later.Enqueue(item, (due, _order++));
        Added?.Invoke();
    }

    /// <summary>Does the next item that is ready; false when nothing is.</summary>
    public bool Step()
    {
        while (true)
        {
            WorkItem item;
            DateTimeOffset due;
            lock (_lock)
            {
                if (!_later.TryPeek(out item, out var when) || when.Due > Now)
                    break;
                _later.Dequeue();
                due = when.Due;
            }

            item.Queue.Due(item.Key, due);
        }

        WorkItem next;
        lock (_lock)
        {
            if (!_ready.TryDequeue(out next))
                return false;
        }

        next.Queue.Process(next.Key);
        return true;
    }

    /// <summary>Works until nothing is ready at this instant.</summary>
    public void RunReady()
    {
        while (Step())
        {
            // each step may make more ready
        }
    }
}

/// <summary>
/// One controller's queue: a key waits at most once, is delayed on request (the earliest moment counts), and comes back with growing delay after errors, as
/// Kubernetes' rate-limited work queues do.
/// </summary>
internal sealed class WorkQueue(EventLoop loop, RateLimiter limiter, Func<string, TimeSpan?> reconcile)
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _waiting = [];
    private readonly Dictionary<string, DateTimeOffset> _delayed = [];

    /// <summary>Called with what went wrong in a reconcile; the key is tried again later.</summary>
    public Action<string, Exception>? Failed { get; set; }

    public void Add(string key)
    {
        lock (_lock)
        {
            if (!_waiting.Add(key))
                return;
        }

        loop.Enqueue(new(this, key));
    }

    public void AddAfter(string key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }

        var due = loop.Now + delay;
        lock (_lock)
        {
            if (_delayed.TryGetValue(key, out var earlier) && earlier <= due)
                return;
            _delayed[key] = due;
        }

        loop.EnqueueAt(new(this, key), due);
    }

    /// <summary>The moment a key was delayed to has come, unless an earlier one replaced it.</summary>
    internal void Due(string key, DateTimeOffset due)
    {
        lock (_lock)
        {
            if (!_delayed.TryGetValue(key, out var expected) || expected != due)
                return;
            _delayed.Remove(key);
        }

        Add(key);
    }

    public void AddRateLimited(string key) => AddAfter(key, limiter.When(key));

    internal void Process(string key)
    {
        lock (_lock)
            _waiting.Remove(key);
        try
        {
            var again = reconcile(key);
            limiter.Forget(key);
            if (again is { } delay)
                AddAfter(key, delay);
        }
#pragma warning disable CA1031 // Whatever goes wrong with one key must not stop the loop for all others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed?.Invoke(key, e);
            AddAfter(key, limiter.WhenFailed(key));
        }
    }
}

/// <summary>A reconcile could not go on; the key is tried again.</summary>
internal sealed class ReconcileException : Exception
{
    public ReconcileException()
    {
    }

    public ReconcileException(string message)
        : base(message)
    {
    }

    public ReconcileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// client-go's default controller rate limiter: per key 5 ms doubling to 1000 s, and one bucket for all keys of 10 a second after
/// a burst of 100. Without pacing only the growing delay after errors is left.
/// </summary>
internal sealed class RateLimiter(TimeProvider clock, ControllerSettings settings)
{
    private const double PerSecond = 10;
    private const double Burst = 100;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _tries = [];
    private double _tokens = Burst;
    private DateTimeOffset? _last;

    public TimeSpan When(string key) => settings.Pacing ? WhenFailed(key) : TimeSpan.Zero;

    public TimeSpan WhenFailed(string key)
    {
        lock (_lock)
        {
            var tries = _tries.GetValueOrDefault(key);
            _tries[key] = tries + 1;
            var growing = TimeSpan.FromMilliseconds(Math.Min(5 * Math.Pow(2, Math.Min(tries, 30)), 1_000_000));
            var turn = settings.Pacing ? Bucket() : TimeSpan.Zero;
            return (growing > turn ? growing : turn) * settings.Scale;
        }
    }

    public void Forget(string key)
    {
        lock (_lock)
            _tries.Remove(key);
    }

    // A token bucket that is drawn on in advance: each caller gets the time at which its token will be there.
    private TimeSpan Bucket()
    {
        var now = clock.GetUtcNow();
        if (settings.Scale <= 0)
            return TimeSpan.Zero;
        if (_last is { } last)
            _tokens = Math.Min(Burst, _tokens + ((now - last).TotalSeconds / settings.Scale * PerSecond));
        _last = now;
        _tokens--;
        return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / PerSecond);
    }
}

/// <summary>A clock that stands still until it is told to move: five minutes cost nothing.</summary>
public sealed class VirtualClock(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset _now = start;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _now;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now.UtcTicks;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Moves to a later moment; an earlier one changes nothing.</summary>
    public void AdvanceTo(DateTimeOffset moment)
    {
        if (moment > _now)
            _now = moment;
    }
}
