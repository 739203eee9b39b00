using System.Runtime.CompilerServices;
using System.Threading.Channels;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>Waits until snapshots are ready to use: one watch per namespace, however many.</summary>
public sealed class SnapshotWaiter
{
    private static readonly TimeSpan WarningPatience = TimeSpan.FromSeconds(10);

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
        using var ending = new FirstFailure(ct);
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
        var doubted = new HashSet<SnapshotReference>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var scope = waiting is [{ } only] ? new WatchOptions { FieldSelector = $"metadata.name={only.Name}" } : new WatchOptions();
        var wait = new DeadlineWatch(_cluster, kind, ns, scope, options.Timeout);
        await wait.RunAsync(
            change =>
            {
                lock (waiting)
                {
                    foreach (var snapshot in waiting.Where(w => change.Object is null || w.Name == change.Object.Name).ToList())
                    {
                        if (Judge(snapshot, change, seen) is { } update)
                            End(snapshot, update);
                        else if (seen.GetValueOrDefault(snapshot.Name) is { Message.Length: > 0 } && doubted.Add(snapshot))
                            _ = WarnIfItLastsAsync(snapshot);
                    }

                    return waiting.Count > 0;
                }
            },
            () =>
            {
                lock (waiting)
                {
                    foreach (var snapshot in waiting.ToList())
                    {
                        var record = seen.GetValueOrDefault(snapshot.Name);
                        End(snapshot, new() { Kind = ItemUpdateKind.Fault, Record = record, Fault = SnapshotFaults.Timeout(snapshot, record, options.Timeout!.Value) });
                    }
                }
            },
            ct);
        await over.CancelAsync();

        // Every snapshot waits for its lock for a moment; only what lasts is worth a word.
        async Task WarnIfItLastsAsync(SnapshotReference snapshot)
        {
            try
            {
                await Task.Delay(WarningPatience, _cluster.Clock, over.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            lock (waiting)
            {
                if (waiting.Contains(snapshot) && seen.GetValueOrDefault(snapshot.Name) is { Message.Length: > 0 } record)
                    updates.TryWrite(new() { Kind = ItemUpdateKind.Warning, Record = record, Input = snapshot.Input, Message = $"The snapshot {snapshot} waits: {record.Message}" });
                else
                    doubted.Remove(snapshot);
            }
        }

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
            return change.Kind == ResourceEventKind.Deleted && !same ? null : Fault(ReplacedFaults.OfSnapshot(item, snapshot.Uid) is { } another ? another with { Id = FaultIds.VMSnapshotDeleted } : SnapshotFaults.Deleted(snapshot), record);
        seen[snapshot.Name] = record;
        if (record.Failed)
            return Fault(SnapshotFaults.Failed(record), record);
        return record.ReadyToUse ? new() { Kind = ItemUpdateKind.Record, Record = record } : null;
    }

    private static ItemUpdate<SnapshotRecord> Fault(Fault fault, SnapshotRecord? record) => new() { Kind = ItemUpdateKind.Fault, Fault = fault, Record = record };
}
