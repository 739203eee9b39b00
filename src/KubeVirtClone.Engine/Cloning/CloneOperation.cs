using System.Threading.Channels;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Transfers;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Carries out a batch: plans, creates, follows, and streams what comes of it. An operation runs once.</summary>
public sealed class CloneOperation
{
    private readonly KubeVirtCluster _cluster;
    private readonly CloneOptions _options;
    private int _created;

    /// <summary>Prepares an operation; nothing is sent before <see cref="RunAsync"/>.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="options">How to carry it out.</param>
    public CloneOperation(KubeVirtCluster cluster, CloneOptions options)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        _cluster = cluster;
        _options = options;
        Batch = string.IsNullOrEmpty(options.Batch) ? CloneNames.NewBatch(cluster.Clock.GetUtcNow()) : options.Batch;
    }

    /// <summary>The batch id, given or generated.</summary>
    public string Batch { get; }

    /// <summary>Clones made or taken over so far; still true after cancellation, which leaves them alone.</summary>
    public int Created => Volatile.Read(ref _created);

    /// <summary>
    /// Carries out the batch. Each request gives one <see cref="ItemUpdateKind.Record"/>, <see cref="ItemUpdateKind.Planned"/>,
    /// <see cref="ItemUpdateKind.Skipped"/> or <see cref="ItemUpdateKind.Fault"/>; updates come in the order things happen, not in that of
    /// the requests. Nothing is sent before the result is enumerated.
    /// </summary>
    /// <param name="batch">The requests; see <see cref="CloneNaming"/> for making many of one.</param>
    /// <param name="ct">Stops creating and waiting within a second; what was created stays.</param>
    /// <exception cref="EngineException">Nothing can work: no connection, no clone API, not allowed; or options for other namespaces, and no clone is to be in one.</exception>
    public IAsyncEnumerable<ItemUpdate<CloneRecord>> RunAsync(IReadOnlyList<CloneRequest> batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return ItemStream.RunAsync<CloneRecord>((updates, stop) => ExecuteAsync(batch, updates, stop), ct);
    }

    private async Task ExecuteAsync(IReadOnlyList<CloneRequest> batch, ChannelWriter<ItemUpdate<CloneRecord>> updates, CancellationToken ct)
    {
        if (batch.Count == 0)
            return;
        if (TransferFaults.Idle(batch, _options.CopySecrets, _options.HandOver) is { } idle)
            throw new EngineException(idle);
        var meter = new ProgressMeter(batch.Count, _cluster.Clock);
        var total = batch.Count;
        var transfers = new TransferStage(_cluster, _options, Batch, updates);
        batch = await transfers.RunAsync(batch, succeeded => meter.End(new object(), succeeded), ct);
        if (batch.Count == 0 && transfers.Copied.Count == 0)
            return;
        var plan = await new ClonePlanner(_cluster, _options, Batch).PlanAsync(batch, ct);
        plan = plan with { Clones = [.. plan.Clones, .. transfers.Copied] };
        foreach (var update in plan.Updates)
        {
            if (update.Kind == ItemUpdateKind.Fault)
                meter.End(update, success: false);
            else if (update.Kind == ItemUpdateKind.Skipped)
                meter.Skipped();
            updates.TryWrite(update);
        }

        var window = new InFlightWindow(_options.ThrottleLimit ?? CloneOptions.DefaultThrottleLimit, _cluster.Clock);
        _cluster.Callbacks.Verbose?.Invoke($"Batch {Batch}: {plan.Clones.Count} of {total} to make, at most {window.Size} in flight");
        await ItemStream.WithProgressAsync(() => MakeAllAsync(plan, window, meter, updates, ct), meter, updates, _cluster.Clock);
        await transfers.FinishAsync(ct);
    }

    private async Task MakeAllAsync(ClonePlan plan, InFlightWindow window, ProgressMeter meter, ChannelWriter<ItemUpdate<CloneRecord>> updates, CancellationToken ct)
    {
        if (plan.Clones.Count == 0)
            return;
        using var ending = new FirstFailure(ct);
        using var observed = _cluster.ObserveTraces(trace =>
        {
            // The client repeats throttled requests by itself; the window must hear of them all the same.
            if (trace.StatusCode is 429 or >= 500 && window.Trouble())
                _cluster.Callbacks.Verbose?.Invoke($"The server is busy (status {trace.StatusCode}); at most {window.Size} clones in flight now");
        });
        var snapshotVersion = await _cluster.GetSnapshotVersionAsync(ct);
        var kubeVirt = await KubeVirtCluster.GuardAsync(() => _cluster.GetKubeVirtVersionAsync(ct));
        var run = new BatchRun(window, meter, updates, plan, () => Interlocked.Increment(ref _created)) { KubeVirt = kubeVirt };
        var clones = _options.DryRun ? plan.Clones : await new FailedClones(_cluster, run).RenewAsync(plan.Clones, ct);
        var mayPost = await MayPostAsync(GroupPlanner.Candidates(_options, clones), ct);
        var groups = new GroupPlanner(_options, Batch, kubeVirt, snapshotVersion is not null, mayPost, _cluster.Callbacks.Verbose).Plan(clones);
        await using var maker = new CloneMaker(_cluster, _options, run, ending);
        groups = [.. groups.Select(g => g with { Clones = maker.Capable(g) }).Where(g => g.Clones.Count > 0)];
        await maker.StartAsync(groups.SelectMany(g => g.Clones).ToList());
        await ending.WatchAsync(MakeGroupsAsync(groups, maker, ending));
        // What is purged has gone with its times.
        if (_options is { Wait: true, DryRun: false, PurgeOnSuccess: false })
            await new MomentKeeper(_cluster).KeepAsync(maker.Delivered, ct);
    }

    private async Task<HashSet<string>> MayPostAsync(IReadOnlyList<string> namespaces, CancellationToken ct)
    {
        var answers = await Task.WhenAll(namespaces.Select(async ns => (Namespace: ns, May: await AccessReview.MayPostAsync(_cluster, ns, ct))));
        return answers.Where(a => a.May).Select(a => a.Namespace).ToHashSet(StringComparer.Ordinal);
    }

    private async Task MakeGroupsAsync(IReadOnlyList<SourceGroup> groups, CloneMaker maker, FirstFailure ending)
    {
        var prepared = groups.Where(g => g.NeedsPreparation).Select(g => ending.GuardAsync(new GroupRunner(_cluster, _options, maker, g).RunAsync(ending.Token))).ToList();
        var others = groups.Where(g => !g.NeedsPreparation).SelectMany(g => g.Clones).ToList();
        prepared.Add(ending.GuardAsync(maker.MakeAsync(others, made: null, ending.Token)));
        await Task.WhenAll(prepared);
    }
}
