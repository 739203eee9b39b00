using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Lists and removes clones.</summary>
public sealed class CloneCatalog
{
    private readonly KubeVirtCluster _cluster;

    /// <summary>Over a connection.</summary>
    /// <param name="cluster">The connection.</param>
    public CloneCatalog(KubeVirtCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _cluster = cluster;
    }

    /// <summary>
    /// Clones, streamed, whichever way they are made. An exact name that does not exist gives a fault in its place (<see cref="FaultIds.VMCloneNotFound"/>).
    /// </summary>
    /// <param name="query">Names, namespace, selector.</param>
    /// <param name="batch">Only clones of this batch; null for all.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses, or serves no clones.</exception>
    public async IAsyncEnumerable<ListedItem<CloneRecord>> ListAsync(ListQuery query, string? batch, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        var kind = await _cluster.GetCloneKindAsync(ct);
        if (batch is not null)
        {
            if (NameRules.WhyNotLabelValue(batch) is { } why)
                throw new EngineException(BadBatch(batch, why));
            query = query with { LabelSelector = string.Join(',', new[] { query.LabelSelector, $"{CloneLabels.Batch}={batch}" }.OfType<string>()) };
        }

        var missing = new Dictionary<string, Fault>(StringComparer.Ordinal);
        var lister = new ObjectLister(_cluster, kind, FaultIds.VMCloneNotFound, "clone");
        await foreach (var found in lister.ListAsync(query, ct))
        {
            if (found.Value is { } clone)
                yield return new(CloneRecord.From(clone), null);
            else
                missing[found.Fault!.TargetName ?? ""] = found.Fault;
        }

        await foreach (var record in ListRestoresAsync(query, ct))
        {
            missing.Remove(query.AllNamespaces ? record.Name : $"{record.Namespace}/{record.Name}");
            yield return new(record, null);
        }

        await foreach (var record in ListMachinesAsync(query, ct))
        {
            missing.Remove(query.AllNamespaces ? record.Name : $"{record.Namespace}/{record.Name}");
            yield return new(record, null);
        }

        foreach (var fault in missing.Values)
            yield return new(null, fault);
    }

    /// <summary>One clone, or null when it does not exist.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Name of the clone object.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async Task<CloneRecord?> FindAsync(string ns, string name, CancellationToken ct)
    {
        var kind = await _cluster.GetCloneKindAsync(ct);
        var clone = await KubeVirtCluster.GuardAsync(async () => await _cluster.Client.FindAsync(kind, ns, name, ct) is { } c ? CloneRecord.From(c) : null);
        if (clone is not null)
            return clone;
        return await KubeVirtCluster.GuardAsync(async () =>
        {
            if (await _cluster.GetSnapshotVersionAsync(ct) is { } version
                && await _cluster.Client.FindAsync(KubeVirtKinds.Restore(version), ns, name, ct) is { } restore && CloneRecord.IsCloneRestore(restore))
            {
                return CloneRecord.From(restore);
            }

            return await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, ns, name, ct) is { } machine && CloneRecord.IsDirect(machine)
                ? await new BindingLookup(_cluster).CompleteAsync(CloneRecord.From(machine), ct)
                : null;
        });
    }

    // Machines that were made directly: they stand for themselves.
    private async IAsyncEnumerable<CloneRecord> ListMachinesAsync(ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        var selector = string.Join(',', new[] { query.LabelSelector, CloneRecord.DirectSelector }.OfType<string>());
        var lister = new ObjectLister(_cluster, KubeVirtKinds.VirtualMachine, FaultIds.VMCloneNotFound, "clone");
        var binding = new BindingLookup(_cluster);
        await using var found = lister.ListAsync(query with { LabelSelector = selector }, ct).GetAsyncEnumerator(ct);
        while (await MayMoveNextAsync(found))
        {
            if (found.Current.Value is { } machine && CloneRecord.IsDirect(machine))
                yield return await binding.CompleteAsync(CloneRecord.From(machine), ct);
        }
    }

    // Who may read clones only, sees those.
    private async Task<bool> MayMoveNextAsync(IAsyncEnumerator<ListedItem<KubernetesObject>> found)
    {
        try
        {
            return await found.MoveNextAsync();
        }
        catch (EngineException e) when (e.Fault.Id == FaultIds.ApiForbidden)
        {
            _cluster.Callbacks.Verbose?.Invoke($"Clones made directly cannot be seen: {e.Message}");
            return false;
        }
    }

    private async IAsyncEnumerable<CloneRecord> ListRestoresAsync(ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        if (await _cluster.GetSnapshotVersionAsync(ct) is not { } version)
            yield break;
        var selector = string.Join(',', new[] { query.LabelSelector, $"{CloneLabels.Method}={CloneMethod.Restore}" }.OfType<string>());
        var lister = new ObjectLister(_cluster, KubeVirtKinds.Restore(version), FaultIds.VMCloneNotFound, "clone");
        var binding = new BindingLookup(_cluster);
        await foreach (var found in lister.ListAsync(query with { LabelSelector = selector }, ct))
        {
            if (found.Value is { } restore)
                yield return await binding.CompleteAsync(CloneRecord.From(restore), ct);
        }
    }

    internal async Task<Fault?> DeleteAsync(ResourceKind kind, string ns, string name, string uid, CancellationToken ct)
    {
        const int attempts = 3;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var options = new DeleteOptions { PreconditionUid = uid.Length > 0 ? uid : null, PropagationPolicy = "Background" };
                await _cluster.Client.DeleteAsync(kind, ns, name, options, ct);
                return null;
            }
            catch (ApiStatusException e) when (e.IsNotFound)
            {
                return null;
            }
            catch (ApiStatusException e) when (e.IsConflict && attempt < attempts)
            {
                try
                {
                    // When what has the name now is another object, ours is gone. Else somebody changed it in the same moment.
                    if (await _cluster.Client.FindAsync(kind, ns, name, ct) is not { } there || (uid.Length > 0 && there.Uid != uid))
                        return null;
                }
                catch (KubernetesException unread)
                {
                    return FaultMapper.From(unread, $"{ns}/{name}");
                }
            }
            catch (KubernetesException e)
            {
                return FaultMapper.From(e, $"{ns}/{name}");
            }
        }
    }

    /// <summary>That there are no clones of a batch: for who waits for it or measures it, and would wait for nothing.</summary>
    /// <param name="ns">The namespace; null where all were searched.</param>
    /// <param name="batch">The batch.</param>
    public static Fault NoneOfBatch(string? ns, string batch) => FaultMapper.Make(
        FaultIds.VMCloneBatchNotFound,
        FaultCategory.ObjectNotFound,
        $"There are no clones of batch '{batch}'{(ns is null ? "" : $" in namespace '{ns}'")}.",
        $"Check the batch id and the namespace. {OptionName.PurgeOnSuccess} removes clone objects as soon as they are done, and KubeVirt deletes a finished clone with its machine.",
        batch);

    internal static Fault BadBatch(string batch, string why) => FaultMapper.Make(
        FaultIds.VMCloneLabelInvalid,
        FaultCategory.InvalidArgument,
        $"'{batch}' cannot be a batch id: {why}.",
        "Give a batch id of letters, digits, '-', '_' and '.'.",
        batch);
}
