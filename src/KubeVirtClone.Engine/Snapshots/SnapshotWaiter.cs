using System.Threading.Channels;
using KubeVirtClone.Engine.Execution;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Snapshots;

/// <summary>Waits until snapshots are ready to use: one watch per namespace, however many.</summary>
public sealed class SnapshotWaiter
{
    private readonly KubeVirtCluster _cluster;

    /// <summary>Over a connection.</summary>
    /// <param name="cluster">The connection.</param>
    public SnapshotWaiter(KubeVirtCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _cluster = cluster;
    }

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
        return ItemStream.RunAsync<SnapshotRecord>((updates, stop) => WaitAllAsync(snapshots, options, updates, stop), ct);
    }

    /// <summary>Waits for one snapshot.</summary>
    internal async Task<Found<SnapshotRecord>> WaitOneAsync(SnapshotReference snapshot, TimeSpan? timeout, Action<string>? warn, CancellationToken ct)
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
        using var ending = new Ending(ct);
        var groups = snapshots.DistinctBy(s => (s.Namespace, s.Name, s.Uid)).GroupBy(s => s.Namespace, StringComparer.Ordinal);
        await ending.WatchAsync(Task.WhenAll(groups.Select(g => ending.GuardAsync(WaitInNamespaceAsync(kind, g.Key, [.. g], options, updates, ending.Token)))));
    }

    private async Task WaitInNamespaceAsync(
        ResourceKind kind,
        string ns,
        List<SnapshotReference> waiting,
        SnapshotWaitOptions options,
        ChannelWriter<ItemUpdate<SnapshotRecord>> updates,
        CancellationToken ct)
    {
        var seen = new Dictionary<string, SnapshotRecord>(StringComparer.Ordinal);
        var warned = new HashSet<string>(StringComparer.Ordinal);
        var scope = waiting is [{ } only] ? new WatchOptions { FieldSelector = $"metadata.name={only.Name}" } : new WatchOptions();
        var wait = new DeadlineWatch(_cluster, kind, ns, scope, options.Timeout);
        await wait.RunAsync(
            change =>
            {
                foreach (var snapshot in waiting.Where(w => change.Object is null || w.Name == change.Object.Name).ToList())
                {
                    if (Judge(snapshot, change, seen) is { } update)
                        End(snapshot, update);
                    else if (seen.TryGetValue(snapshot.Name, out var record) && record.Message.Length > 0 && warned.Add($"{snapshot}: {record.Message}"))
                        updates.TryWrite(new() { Kind = ItemUpdateKind.Warning, Record = record, Input = snapshot.Input, Message = $"The snapshot {snapshot} waits: {record.Message}" });
                }

                return waiting.Count > 0;
            },
            () =>
            {
                foreach (var snapshot in waiting.ToList())
                {
                    var record = seen.GetValueOrDefault(snapshot.Name);
                    End(snapshot, new() { Kind = ItemUpdateKind.Fault, Record = record, Fault = SnapshotFaults.Timeout(snapshot, record, options.Timeout!.Value) });
                }
            },
            ct);

        void End(SnapshotReference snapshot, ItemUpdate<SnapshotRecord> update)
        {
            waiting.Remove(snapshot);
            updates.TryWrite(update with { Input = snapshot.Input });
        }
    }

    private static ItemUpdate<SnapshotRecord>? Judge(SnapshotReference snapshot, ResourceEvent change, Dictionary<string, SnapshotRecord> seen)
    {
        if (change.Object is not { } item)
        {
            // Everything there is has been shown.
            return seen.ContainsKey(snapshot.Name) ? null : Fault(SnapshotFaults.NotFound(snapshot.ToString()), null);
        }

        var record = SnapshotRecord.From(item);
        var same = snapshot.Uid is not { Length: > 0 } uid || uid == record.Uid;
        if (change.Kind == ResourceEventKind.Deleted || record.Phase == SnapshotPhase.Deleting || !same)
            return change.Kind == ResourceEventKind.Deleted && !same ? null : Fault(SnapshotFaults.Deleted(snapshot), record);
        seen[snapshot.Name] = record;
        if (record.Failed)
            return Fault(SnapshotFaults.Failed(record), record);
        return record.ReadyToUse ? new() { Kind = ItemUpdateKind.Record, Record = record } : null;
    }

    private static ItemUpdate<SnapshotRecord> Fault(Fault fault, SnapshotRecord? record) => new() { Kind = ItemUpdateKind.Fault, Fault = fault, Record = record };
}
