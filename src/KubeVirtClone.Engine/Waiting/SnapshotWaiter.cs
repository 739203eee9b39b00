using System.Runtime.CompilerServices;
using System.Threading.Channels;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>Waits until snapshots are ready to use: one watch per namespace, however many.</summary>
/// <param name="cluster">The connection.</param>
public sealed class SnapshotWaiter(KubeVirtCluster cluster)
{
    private static readonly TimeSpan WarningPatience = TimeSpan.FromSeconds(10);

    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>
    /// Waits. Each snapshot gives one record when it is ready to use, or one fault as soon as it can no longer become so (failed, deleted) or its
    /// time is up. What it waits for meanwhile (the machine's lock, its volumes) comes as a warning, once.
    /// </summary>
    /// <param name="snapshots">The snapshots; each is read anew, by uid where that is known.</param>
    /// <param name="options">How long.</param>
    /// <param name="ct">Stops within a second.</param>
    /// <exception cref="EngineException">Nothing can work: no connection, no snapshot API, not allowed.</exception>
    public IAsyncEnumerable<ItemUpdate<SnapshotRecord>> WaitAsync(IReadOnlyList<SnapshotReference> snapshots, SnapshotWaitOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(snapshots);
        ArgumentNullException.ThrowIfNull(options);
        return ExplainAsync(ItemStream.RunAsync<SnapshotRecord>((updates, stop) => WaitAllAsync(snapshots, options, updates, stop), ct), ct);
    }

    private async IAsyncEnumerable<ItemUpdate<SnapshotRecord>> ExplainAsync(IAsyncEnumerable<ItemUpdate<SnapshotRecord>> updates, [EnumeratorCancellation] CancellationToken ct)
    {
        var explainer = new FaultExplainer(_cluster);
        await foreach (var update in updates)
        {
            yield return update is { Fault: { Id: FaultIds.VMSnapshotFailed } fault, Record: { } record }
                ? update with { Fault = await explainer.ExplainAsync(fault, record, ct) }
                : update;
        }
    }

    /// <summary>Waits for one snapshot.</summary>
    internal async Task<ListedItem<SnapshotRecord>> WaitOneAsync(SnapshotReference snapshot, TimeSpan? timeout, Action<Advice>? warn, CancellationToken ct)
    {
        await foreach (var update in WaitAsync([snapshot], new SnapshotWaitOptions { Timeout = timeout }, ct))
        {
            if (update.Kind == ItemUpdateKind.Warning)
                warn?.Invoke(update.Message!);
            else
                return new(update.Record, update.Fault);
        }

        return new(null, SnapshotFaults.Deleted(snapshot));
    }

    private async Task WaitAllAsync(
        IReadOnlyList<SnapshotReference> snapshots,
        SnapshotWaitOptions options,
        ChannelWriter<ItemUpdate<SnapshotRecord>> updates,
        CancellationToken ct)
    {
        var kind = await _cluster.GetSnapshotKindAsync(ct);
        await using var caches = new WatchedCaches(_cluster, ct);
        var groups = snapshots.DistinctBy(s => (s.Namespace, s.Name, s.Uid)).GroupBy(s => s.Namespace, StringComparer.Ordinal);
        await Task.WhenAll(groups.SelectMany(group =>
        {
            var names = group.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
            var scope = names.Count == 1 ? new WatchOptions { FieldSelector = $"metadata.name={names.First()}" } : new WatchOptions();
            var records = caches.Watch(kind, group.Key, scope, item => names.Contains(item.Name) ? SnapshotRecord.From(item) : null);
            return group.Select(s => WaitForAsync(s, caches, records, options.Timeout, updates, ct)).ToList();
        }));
    }

    private async Task WaitForAsync(
        SnapshotReference snapshot,
        WatchedCaches caches,
        ObjectCache<SnapshotRecord> records,
        TimeSpan? timeout,
        ChannelWriter<ItemUpdate<SnapshotRecord>> updates,
        CancellationToken ct)
    {
        SnapshotRecord? last = null;
        Deadline? patience = null;
        var warned = false;
        var outcome = await caches.UntilAsync(snapshot.Name, new Deadline(_cluster.Clock, timeout), Look, ct);
        updates.TryWrite(new()
        {
            Kind = outcome.Fault is null ? ItemUpdateKind.Record : ItemUpdateKind.Fault,
            Record = outcome.Value,
            Fault = outcome.Fault,
            Input = snapshot.Input,
        });

        ListedItem<SnapshotRecord>? Look(bool late)
        {
            var record = records[snapshot.Name];
            if (record is null && last is null && !records.Synced)
                return late ? new(null, SnapshotFaults.Timeout(snapshot, null, timeout!.Value)) : null;
            if (Judge(snapshot, record, last) is { } outcome)
                return outcome;
            last = record!;
            if (late)
                return new(last, SnapshotFaults.Timeout(snapshot, last, timeout!.Value));
            // Every snapshot waits for its lock for a moment; only what lasts is worth a word, and one word is enough.
            patience = last.Message.Length == 0 ? null : patience ?? new Deadline(_cluster.Clock, WarningPatience);
            if (patience?.IsOver == true && !warned)
            {
                warned = true;
                updates.TryWrite(new() { Kind = ItemUpdateKind.Warning, Record = last, Input = snapshot.Input, Message = $"The snapshot {snapshot} waits: {last.Message}" });
            }

            return null;
        }
    }

    // What is there now, of all there is, and what was there before it.
    private static ListedItem<SnapshotRecord>? Judge(SnapshotReference snapshot, SnapshotRecord? record, SnapshotRecord? last)
    {
        if (record is null)
            return last is null ? new(null, SnapshotFaults.NotFound(snapshot.ToString())) : new(last, SnapshotFaults.Deleted(snapshot));
        if (ReplacedFaults.OfSnapshot(record.Raw, snapshot.Uid) is { } another)
            return new(record, another with { Id = FaultIds.VMSnapshotDeleted });
        if (record.Phase == SnapshotPhase.Deleting)
            return new(record, SnapshotFaults.Deleted(snapshot));
        if (record.Failed)
            return new(record, SnapshotFaults.Failed(record));
        return record.ReadyToUse ? new(record, null) : null;
    }
}
