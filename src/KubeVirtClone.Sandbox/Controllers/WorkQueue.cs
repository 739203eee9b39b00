namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// One controller's queue: a key waits at most once, is delayed on request (the earliest moment counts), and comes back with growing delay after errors, as
/// Kubernetes' rate-limited work queues do. With a number of workers a look at a key keeps one of them busy for as long as its calls to
/// the API server take; what it wrote is there at once.
/// </summary>
/// <param name="loop">Does the work.</param>
/// <param name="limiter">How long a key waits that is added with a limit, or that failed.</param>
/// <param name="reconcile">Looks at a key; returns when to look again, if at all.</param>
/// <param name="workers">How many keys are worked on at a time.</param>
/// <param name="spent">The time all calls so far have taken; null when calls take none.</param>
internal sealed class WorkQueue(EventLoop loop, RateLimiter limiter, Func<string, TimeSpan?> reconcile, int workers = 1, Func<TimeSpan>? spent = null)
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _waiting = [];
    private readonly Dictionary<string, DateTimeOffset> _delayed = [];
    private readonly Queue<string> _line = [];
    private readonly HashSet<string> _busy = [];
    private readonly HashSet<string> _again = [];

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

    public void Add(IEnumerable<string> keys)
    {
        foreach (var key in keys)
            Add(key);
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
        {
            if (_busy.Count >= workers && !_busy.Contains(key))
            {
                _line.Enqueue(key);
                return;
            }

            _waiting.Remove(key);
            if (_busy.Contains(key))
            {
                _again.Add(key);
                return;
            }
        }

        Work(key);
        TakeNext();
    }

    private void Work(string key)
    {
        var before = spent?.Invoke() ?? TimeSpan.Zero;
        try
        {
            var again = reconcile(key);
            limiter.Forget(key);
            var took = Keep(key, before);
            if (again is { } delay)
                AddAfter(key, took + delay);
        }
#pragma warning disable CA1031 // Whatever goes wrong with one key must not stop the loop for all others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed?.Invoke(key, e);
            AddAfter(key, Keep(key, before) + limiter.WhenFailed(key));
        }
    }

    // Keeps a worker busy with the key for as long as its calls take.
    private TimeSpan Keep(string key, TimeSpan before)
    {
        var took = spent is null ? TimeSpan.Zero : spent() - before;
        if (took <= TimeSpan.Zero)
            return TimeSpan.Zero;
        lock (_lock)
            _busy.Add(key);
        loop.EnqueueAt(new(this, key, Done: true), loop.Now + took);
        return took;
    }

    /// <summary>The calls made for a key are over: its worker takes the next in line, and the key itself if it was added meanwhile.</summary>
    internal void Release(string key)
    {
        bool again;
        lock (_lock)
        {
            _busy.Remove(key);
            again = _again.Remove(key);
        }

        TakeNext();
        if (again)
            Add(key);
    }

    private void TakeNext()
    {
        string? next;
        lock (_lock)
        {
            if (_busy.Count >= workers || !_line.TryDequeue(out next))
                return;
        }

        loop.Enqueue(new(this, next));
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
