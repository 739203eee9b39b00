using System.Collections.Concurrent;
using KubeVirtClone.Engine.Resources;

namespace KubeVirtClone.Engine.Measurement;

/// <summary>
/// When clones were seen to reach each phase by whoever waited for them in this process: to the millisecond, by this machine's clock, where
/// objects and events count in whole seconds; and still there when KubeVirt has deleted those. Kept for the last <see cref="Most"/> clones.
/// </summary>
public sealed class PhaseTimes
{
    /// <summary>Clones remembered at most; the oldest are forgotten.</summary>
    public const int Most = 50_000;

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<ClonePhase, DateTimeOffset>> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _order = new();

    /// <summary>How many clones are remembered.</summary>
    public int Count => _seen.Count;

    /// <summary>When a clone was first seen in each phase; null when nobody watched it, or not from its beginning.</summary>
    /// <param name="uid">Uid of the clone object.</param>
    internal IReadOnlyDictionary<ClonePhase, DateTimeOffset>? Of(string uid) => _seen.GetValueOrDefault(uid);

    internal void Note(CloneRecord record, DateTimeOffset now)
    {
        if (record.Uid.Length == 0)
            return;
        if (!_seen.TryGetValue(record.Uid, out var phases))
        {
            phases = _seen.GetOrAdd(record.Uid, _ => new());
            _order.Enqueue(record.Uid);
            while (_order.Count > Most && _order.TryDequeue(out var oldest))
                _seen.TryRemove(oldest, out _);
        }

        phases.TryAdd(record.Phase, now);
    }
}
