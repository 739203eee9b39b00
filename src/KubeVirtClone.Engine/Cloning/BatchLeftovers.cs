using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Transfers;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Clears away what batches left: snapshots their clones shared, and volumes nobody owns.</summary>
/// <param name="cluster">The connection.</param>
public sealed class BatchLeftovers(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>
    /// Deletes the snapshots that clones of a batch shared, as far as nothing needs them any more: for batches whose wait was interrupted, or whose
    /// volumes were bound only when the machines started. One that is not tied to its clones yet, because they are still being made, stays:
    /// <see cref="CollectBatchAsync"/> takes that too.
    /// </summary>
    /// <param name="ns">Namespace; null is the connection's.</param>
    /// <param name="batch">The batch; null is every batch.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Names of the snapshots that are still needed, with what needs them.</returns>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public Task<IReadOnlyList<string>> CollectSnapshotsAsync(string? ns, string? batch, CancellationToken ct) =>
        CollectSnapshotsAsync(ns, batch, tiedOnly: true, ct);

    /// <summary>
    /// Clears away what a batch may have left that no clone stands for: its shared snapshots, also one that was begun for clones that never came;
    /// what it took of sources in other namespaces to bring them here; and volumes made for its machines whose restore is gone and which no machine uses. For a batch that is removed
    /// as a whole.
    /// </summary>
    /// <param name="ns">Namespace; null is the connection's.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="includeTarget">Also such volumes with data in them. Without it only those that were never filled.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Names of what is still needed, with what needs it, and of what could not be removed, with why.</returns>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async Task<IReadOnlyList<string>> CollectBatchAsync(string? ns, string batch, bool includeTarget, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (NameRules.WhyNotLabelValue(batch) is { } why)
            throw new EngineException(CloneCatalog.BadBatch(batch, why));
        var unmoved = new List<string>();
        await KubeVirtCluster.GuardAsync(async () =>
        {
            await TransferRemains.CollectAsync(_cluster, ns ?? _cluster.Namespace, batch, text => unmoved.Add(text.ToString()), ct);
            return true;
        });
        await CollectTakenAsync(ns ?? _cluster.Namespace, batch, ct);
        var left = await KubeVirtCluster.GuardAsync(() => new OrphanedVolumes(_cluster).RemoveAsync(ns ?? _cluster.Namespace, batch, includeTarget, ct));
        return [.. unmoved, .. await CollectSnapshotsAsync(ns, batch, tiedOnly: false, ct), .. left];
    }

    /// <summary>Says of a batch whose clones are gone which claims were restored for its machines and stay, though neither a machine nor a restore needs them.</summary>
    /// <param name="ns">Namespace; null is the connection's.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What a user should know; null when there are none.</returns>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async Task<Advice?> DescribeVolumesAsync(string? ns, string batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        const int mostNamed = 20;
        var (volumes, _) = await KubeVirtCluster.GuardAsync(() => new OrphanedVolumes(_cluster).FindAsync(ns ?? _cluster.Namespace, batch, ct));
        var names = volumes.Where(v => v.Kind == KubeVirtKinds.PersistentVolumeClaim).Select(v => v.Item.Name).Order(StringComparer.Ordinal).ToList();
        if (names.Count == 0)
            return null;
        var some = string.Join(", ", names.Take(mostNamed)) + (names.Count > mostNamed ? $" and {names.Count - mostNamed} more" : "");
        return $"Of batch '{batch}' claims are left that no machine uses: {some}. {CommandName.RemoveVMClone} {OptionName.Batch} {batch} {OptionName.IncludeTarget} removes them with their data.";
    }

    // Where a call was killed before anything was in the namespace, what it took beside its source is all there is of it.
    private async Task CollectTakenAsync(string ns, string batch, CancellationToken ct)
    {
        if (await _cluster.GetSnapshotVersionAsync(ct) is null)
            return;
        var taken = new List<SnapshotRecord>();
        try
        {
            var query = new ListQuery { AllNamespaces = true, LabelSelector = $"{CloneLabels.SharedSnapshot}=true,{CloneLabels.Batch}={batch}" };
            await foreach (var item in new SnapshotCatalog(_cluster).ListAsync(query, ct))
            {
                if (item.Value is { } snapshot && snapshot.Namespace != ns && snapshot.Annotations.GetValueOrDefault(CloneLabels.TakenFor)?.Split(',').Contains(ns) == true)
                    taken.Add(snapshot);
            }
        }
        catch (EngineException e) when (e.Fault.Exception is ApiStatusException { IsForbidden: true } refused)
        {
            _cluster.Callbacks.Verbose?.Invoke($"Whether batch '{batch}' has left a snapshot in the namespace of its source cannot be seen: {refused.ApiMessage}");
        }

        foreach (var snapshot in taken)
            await new SharedSnapshot(_cluster, snapshot.Namespace, snapshot.Name, snapshot.SourceName, snapshot.Batch).CollectAsync(new HashSet<string>(StringComparer.Ordinal), ct);
    }

    internal async Task<IReadOnlyList<string>> CollectSnapshotsAsync(string? ns, string? batch, bool tiedOnly, CancellationToken ct)
    {
        if (await _cluster.GetSnapshotVersionAsync(ct) is null)
            return [];
        var selector = CloneLabels.SharedSnapshot + "=true" + (batch is null ? "" : $",{CloneLabels.Batch}={batch}");
        try
        {
            return await CollectSelectedAsync(ns, selector, tiedOnly, ct);
        }
        catch (EngineException e) when (e.Fault.Exception is ApiStatusException { IsForbidden: true } refused)
        {
            // What was asked for is done; this is for tidiness.
            return [$"snapshots that {(batch is null ? "batches" : $"batch '{batch}'")} shared may be left over: {refused.ApiMessage}"];
        }
    }

    private async Task<IReadOnlyList<string>> CollectSelectedAsync(string? ns, string selector, bool tiedOnly, CancellationToken ct)
    {
        var kept = new List<string>();
        var found = new List<SnapshotRecord>();
        await foreach (var item in new SnapshotCatalog(_cluster).ListAsync(new ListQuery { Namespace = ns, LabelSelector = selector }, ct))
        {
            // One that has no owner yet is for clones that are still to come.
            if (item.Value is { } snapshot && (!tiedOnly || SharedSnapshot.IsDoneWith(snapshot.Raw)))
                found.Add(snapshot);
        }

        foreach (var snapshot in found)
        {
            var shared = new SharedSnapshot(_cluster, snapshot.Namespace, snapshot.Name, snapshot.SourceName, snapshot.Batch);
            if (await shared.CollectAsync(new HashSet<string>(StringComparer.Ordinal), ct) is { Count: > 0 } uses)
                kept.Add($"{snapshot.Namespace}/{snapshot.Name}: {SnapshotUses.Describe(uses)}");
        }

        return kept;
    }
}
