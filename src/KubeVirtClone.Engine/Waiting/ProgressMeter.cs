namespace KubeVirtClone.Engine.Waiting;

/// <summary>Counts a batch's items and estimates the time left from their pace.</summary>
internal sealed class ProgressMeter(int total, TimeProvider clock)
{
    private readonly object _gate = new();
    private readonly long _started = clock.GetTimestamp();
    private readonly Dictionary<object, (CloneRecord? Record, long Since)> _running = [];
    private readonly PaceEstimate _pace = new();
    private int _completed;
    private int _failed;
    private int _skipped;

    public void Skipped()
    {
        lock (_gate)
            _skipped++;
    }

    public void Begin(object item)
    {
        lock (_gate)
            _running[item] = (null, clock.GetTimestamp());
    }

    public void Seen(object item, CloneRecord record)
    {
        lock (_gate)
        {
            if (_running.TryGetValue(item, out var state))
                _running[item] = (record, state.Since);
        }
    }

    /// <summary>An item ended. Items that fail before they begin count too, but say nothing about the pace.</summary>
    public void End(object item, bool success)
    {
        lock (_gate)
        {
            if (success)
                _completed++;
            else
                _failed++;
            if (!_running.Remove(item))
                return;
            _pace.Count(clock.GetElapsedTime(_started));
        }
    }

    public CloneProgress Read()
    {
        lock (_gate)
        {
            var done = _completed + _failed + _skipped;
            var weight = done + _running.Values.Sum(r => r.Record is null ? 0 : Share(r.Record.Phase));
            return new CloneProgress
            {
                Total = total,
                Completed = _completed,
                Failed = _failed,
                Skipped = _skipped,
                Running = _running.Count,
                PercentComplete = total == 0 ? 100 : Math.Min(100, 100.0 * weight / total),
                Elapsed = clock.GetElapsedTime(_started),
                Remaining = _pace.TimeFor(total - done, clock.GetElapsedTime(_started)),
                Slowest = [.. _running.Values.Where(r => r.Record is not null).OrderBy(r => r.Since).Take(3).Select(r => r.Record!)],
            };
        }
    }

    private static double Share(ClonePhase phase) => phase switch
    {
        ClonePhase.SnapshotInProgress => 0.2,
        ClonePhase.RestoreInProgress => 0.5,
        ClonePhase.CreatingTargetVM => 0.8,
        ClonePhase.Succeeded => 0.9,
        _ => 0,
    };
}
