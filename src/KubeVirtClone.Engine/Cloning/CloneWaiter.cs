using System.Collections.Concurrent;
using System.Threading.Channels;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Waits for clones that exist: one list and one watch per kind and namespace, however many.</summary>
/// <param name="cluster">The connection.</param>
public sealed class CloneWaiter(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>
    /// Waits. Each clone gives one record or one fault when it is decided; warnings and progress come in between. A clone that is named
    /// twice is waited for once.
    /// </summary>
    /// <param name="clones">The clones; each is read anew, by uid where it is known.</param>
    /// <param name="options">State and time.</param>
    /// <param name="ct">Stops within a second.</param>
    /// <exception cref="EngineException">Nothing can work: no connection, no clone API, not allowed.</exception>
    public IAsyncEnumerable<ItemUpdate<CloneRecord>> WaitAsync(IReadOnlyList<CloneReference> clones, WaitOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(clones);
        ArgumentNullException.ThrowIfNull(options);
        return ItemStream.RunAsync<CloneRecord>((updates, stop) => WaitAllAsync(clones, options, updates, stop), ct);
    }

    private async Task WaitAllAsync(IReadOnlyList<CloneReference> clones, WaitOptions options, ChannelWriter<ItemUpdate<CloneRecord>> updates, CancellationToken ct)
    {
        var distinct = clones.DistinctBy(c => (c.Namespace, c.Name, c.Uid)).ToList();
        if (distinct.Count == 0)
            return;
        var meter = new ProgressMeter(distinct.Count, _cluster.Clock);
        var scope = distinct is [{ } only] ? new WatchOptions { FieldSelector = $"metadata.name={only.Name}" } : new WatchOptions();
        var events = new TrackerEvents(
            (reference, record, text) => updates.TryWrite(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Warning, Message = text, Record = record, Input = reference }),
            (reference, record) => meter.Seen(reference, record));
        using var ending = new FirstFailure(ct);
        distinct = await FindMethodsAsync(distinct, ending.Token);
        await using var trackers = new Trackers();
        var names = distinct.Select(c => (c.Namespace, c.Name)).ToHashSet();
        foreach (var method in distinct.Select(c => c.Method!.Value).Distinct())
        {
            var kind = await _cluster.GetKindAsync(method, ending.Token);
            // Of machines only those that stand for clones.
            var watched = method.StandsAsMachine() ? scope with { LabelSelector = CloneRecord.MachineSelector } : scope;
            trackers[method] = await CloneTracker.CreateAsync(_cluster, kind, watched, options.For, events, ending.Token, (ns, name) => names.Contains((ns, name)));
        }

        // Batches whose shared snapshot may have been waited for by these clones alone.
        var shared = new ConcurrentDictionary<(string Namespace, string Batch), bool>();
        var reached = new ConcurrentQueue<CloneRecord>();
        await ItemStream.WithProgressAsync(
            () => ending.WatchAsync(Task.WhenAll(distinct.Select(reference =>
                ending.GuardAsync(WaitOneAsync(reference, options, trackers[reference.Method!.Value], shared, reached, meter, updates, ending.Token))))),
            meter,
            updates,
            _cluster.Clock);
        foreach (var (ns, batch) in shared.Keys)
            await new BatchLeftovers(_cluster).CollectSnapshotsAsync(ns, batch, tiedOnly: true, ct);
        await new MomentKeeper(_cluster).KeepAsync(reached, ct);
    }

    // A name alone does not tell which kind of object stands for the clone.
    private async Task<List<CloneReference>> FindMethodsAsync(List<CloneReference> clones, CancellationToken ct)
    {
        if (clones.TrueForAll(c => c.Method is not null))
            return clones;
        var methods = new Dictionary<(string, string), CloneMethod>();
        foreach (var ns in clones.Where(c => c.Method is null).Select(c => c.Namespace).Distinct(StringComparer.Ordinal))
        {
            await KubeVirtCluster.GuardAsync(async () =>
            {
                await AddAsync(KubeVirtKinds.VirtualMachine, ns, CloneRecord.MachineSelector, CloneRecord.IsMachine);
                if (await _cluster.GetSnapshotVersionAsync(ct) is { } version)
                    await AddAsync(KubeVirtKinds.Restore(version), ns, $"{CloneLabels.Method}={CloneMethod.Restore}", CloneRecord.IsCloneRestore);
                return methods;
            });
        }

        return clones.ConvertAll(c => c with { Method = c.Method ?? methods.GetValueOrDefault((c.Namespace, c.Name), CloneMethod.Clone) });

        async Task AddAsync(ResourceKind kind, string ns, string selector, Func<KubernetesObject, bool> standsForClone)
        {
            await foreach (var item in _cluster.Client.ListAsync(kind, ns, new ListOptions { LabelSelector = selector }, ct))
            {
                if (standsForClone(item))
                    methods[(ns, item.Name)] = CloneRecord.From(item).Method;
            }
        }
    }

    private static async Task WaitOneAsync(
        CloneReference reference,
        WaitOptions options,
        CloneTracker tracker,
        ConcurrentDictionary<(string Namespace, string Batch), bool> shared,
        ConcurrentQueue<CloneRecord> reached,
        ProgressMeter meter,
        ChannelWriter<ItemUpdate<CloneRecord>> updates,
        CancellationToken ct)
    {
        meter.Begin(reference);
        var outcome = await tracker.FollowAsync(reference, initial: null, options.Timeout, ct);
        meter.End(reference, outcome.Fault is null);
        if (outcome is { Fault: null, Record: { } record })
            reached.Enqueue(record.Kept());
        if (outcome.Record is { Bound: true, SnapshotName: not null, Batch: { } batch } bound)
            shared[(bound.Namespace, batch)] = true;
        if (outcome.Reservation is not null)
            updates.TryWrite(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Warning, Message = outcome.Reservation, Record = outcome.Record, Input = reference });
        updates.TryWrite(new ItemUpdate<CloneRecord>
        {
            Kind = outcome.Fault is null ? ItemUpdateKind.Record : ItemUpdateKind.Fault,
            Record = outcome.Record,
            Fault = outcome.Fault,
            Input = reference,
        });
    }

    private sealed class Trackers : Dictionary<CloneMethod, CloneTracker>, IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var tracker in Values)
                await tracker.DisposeAsync();
        }
    }
}
