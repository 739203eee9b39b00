namespace KubeVirtClone.Engine.Cluster;

/// <summary>
/// Caches over watches, and the waits for what they show. Everything happens under one lock: a cache takes an event, then the waits it may end are judged;
/// all are judged now and then, for what only time decides. A cache that ends, for whatever reason, ends every wait with its cause.
/// </summary>
internal sealed class WatchedCaches : IAsyncDisposable
{
    /// <summary>Name of waits that an event of any object may end.</summary>
    public const string Any = "";

    private static readonly TimeSpan JudgeInterval = TimeSpan.FromMilliseconds(250);

    private readonly object _gate = new();
    private readonly Dictionary<string, List<Wait>> _waits = new(StringComparer.Ordinal);
    private readonly List<Task> _watches = [];
    private readonly CancellationTokenSource _stop;
    private readonly ITimer _timer;
    private Fault? _ended;

    /// <summary>Over a connection.</summary>
    /// <param name="cluster">The connection.</param>
    /// <param name="ct">Ends the watches.</param>
    /// <param name="passed">Called under the lock now and then, before all waits are judged for what only time decides.</param>
    public WatchedCaches(KubeVirtCluster cluster, CancellationToken ct, Action? passed = null)
    {
        Cluster = cluster;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Stopped = _stop.Token;
        _timer = cluster.Clock.CreateTimer(_ => Do(passed ?? (static () => { })), state: null, JudgeInterval, JudgeInterval);
    }

    /// <summary>The connection.</summary>
    public KubeVirtCluster Cluster { get; }

    /// <summary>Ended when nobody waits any more.</summary>
    public CancellationToken Stopped { get; }

    /// <summary>A cache that is filled from now on.</summary>
    /// <typeparam name="T">What is kept of an object.</typeparam>
    /// <param name="kind">What is watched.</param>
    /// <param name="ns">Where.</param>
    /// <param name="scope">Which.</param>
    /// <param name="read">What is kept of an object; null keeps nothing.</param>
    /// <param name="optional">Whether waits go on where the server does not let us watch.</param>
    public ObjectCache<T> Watch<T>(ResourceKind kind, string ns, WatchOptions scope, Func<KubernetesObject, T?> read, bool optional = false)
        where T : class
    {
        var cache = new ObjectCache<T>(this, kind, ns, scope, read, optional);
        cache.Start();
        return cache;
    }

    /// <summary>Waits until a judge has an answer.</summary>
    /// <param name="name">Name of the objects whose events may bring it, or <see cref="Any"/>. When a list is complete, and now and then, all are judged.</param>
    /// <param name="deadline">When the judge is told that it is late, and to answer.</param>
    /// <param name="judge">Null while the wait goes on. Called under the lock: must not block.</param>
    /// <param name="ct">Ends this wait.</param>
    /// <exception cref="EngineException">A cache has ended.</exception>
    public async Task<T> UntilAsync<T>(string name, Deadline deadline, Func<bool, T?> judge, CancellationToken ct)
        where T : struct
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var wait = new Wait(Judge, fault => answer.TrySetException(new EngineException(fault)));
        try
        {
            lock (_gate)
            {
                if (!_waits.TryGetValue(name, out var ofName))
                    _waits[name] = ofName = [];
                ofName.Add(wait);
                if (_ended is not null)
                    wait.End(_ended);
                Judge();
            }

            return await answer.Task.WaitAsync(ct);
        }
        finally
        {
            lock (_gate)
            {
                if (_waits.TryGetValue(name, out var ofName) && ofName.Remove(wait) && ofName.Count == 0)
                    _waits.Remove(name);
            }
        }

        void Judge()
        {
            try
            {
                if (!answer.Task.IsCompleted && judge(deadline.IsOver) is { } found)
                    answer.TrySetResult(found);
            }
#pragma warning disable CA1031 // Whatever it is, who waits has to hear of it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                answer.TrySetException(e);
            }
        }
    }

    /// <summary>Changes what judges go by, and judges.</summary>
    /// <param name="change">Called under the lock: must not block.</param>
    /// <param name="name">Name of the waits it matters to; null for all.</param>
    public void Do(Action change, string? name = null)
    {
        lock (_gate)
        {
            change();
            string[] names = name is null ? [.. _waits.Keys] : [name, Any];
            foreach (var of in names)
            {
                foreach (var wait in _waits.GetValueOrDefault(of)?.ToList() ?? [])
                    wait.Judge();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _stop.CancelAsync();
        Task[] ending;
        lock (_gate)
            ending = [.. _watches];
        await Task.WhenAll(ending);
        _stop.Dispose();
    }

    /// <summary>Begins a watch that has not begun yet.</summary>
    internal void Begin(ref Task? run, Func<Task> watch)
    {
        lock (_gate)
        {
            if (run is null)
                _watches.Add(run = Task.Run(watch));
        }
    }

    /// <summary>Ends every wait. Called under the lock.</summary>
    internal void End(Fault fault)
    {
        _ended ??= fault;
        foreach (var wait in _waits.Values.SelectMany(w => w))
            wait.End(_ended);
    }

    private sealed record Wait(Action Judge, Action<Fault> End);
}

/// <summary>How long something may take, by a clock that nobody sets.</summary>
/// <param name="clock">The clock.</param>
/// <param name="limit">How long from now; null for ever.</param>
internal sealed class Deadline(TimeProvider clock, TimeSpan? limit)
{
    private long _since = clock.GetTimestamp();

    /// <summary>Whether the time is up.</summary>
    public bool IsOver => limit is { } time && clock.GetElapsedTime(_since) >= time;

    /// <summary>Has the time begin now.</summary>
    public void Restart() => _since = clock.GetTimestamp();
}
