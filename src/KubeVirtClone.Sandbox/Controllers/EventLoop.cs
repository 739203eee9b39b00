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

    /// <summary>A key to be worked on, or the end of the work on it.</summary>
    internal readonly record struct WorkItem(WorkQueue Queue, string Key, bool Done = false);

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

            if (item.Done)
                item.Queue.Release(item.Key);
            else
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
