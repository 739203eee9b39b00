using System.Collections.Concurrent;
using System.Globalization;

namespace KubeVirtClone.Engine.Model.Records;

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
    /// <param name="record">The clone.</param>
    internal IReadOnlyDictionary<ClonePhase, DateTimeOffset>? Of(CloneRecord record) => _seen.GetValueOrDefault(Key(record));

    internal void Note(CloneRecord record, DateTimeOffset now)
    {
        if (record.Uid.Length > 0)
            Phases(Key(record)).TryAdd(record.Phase, now);
    }

    /// <summary>
    /// Notes that a clone which is followed was asked for. That is where its time begins: on a busy machine its answer, and every phase on the
    /// way, may only be read when it is done.
    /// </summary>
    internal void NoteSent(CloneRecord record, DateTimeOffset sent)
    {
        if (record.Uid.Length > 0)
            Phases(Key(record))[ClonePhase.Pending] = sent;
    }

    // Sandboxes with one seed give the same uids, and one session may have seen several.
    private static string Key(CloneRecord record) => string.Create(CultureInfo.InvariantCulture, $"{record.Uid} {record.CreationTimestamp:O}");

    private ConcurrentDictionary<ClonePhase, DateTimeOffset> Phases(string key)
    {
        if (!_seen.TryGetValue(key, out var phases))
        {
            phases = _seen.GetOrAdd(key, _ => new());
            _order.Enqueue(key);
            while (_order.Count > Most && _order.TryDequeue(out var oldest))
                _seen.TryRemove(oldest, out _);
        }

        return phases;
    }
}
