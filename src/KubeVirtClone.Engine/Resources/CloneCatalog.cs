using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Resources;

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
    /// Clones, streamed. An exact name that does not exist gives a fault in its place (<see cref="FaultIds.VMCloneNotFound"/>).
    /// </summary>
    /// <param name="query">Names, namespace, selector.</param>
    /// <param name="batch">Only clones of this batch; null for all.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses, or serves no clones.</exception>
    public async IAsyncEnumerable<Found<CloneRecord>> ListAsync(ListQuery query, string? batch, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        var kind = await _cluster.GetCloneKindAsync(ct);
        if (batch is not null)
        {
            if (NameRules.WhyNotLabelValue(batch) is { } why)
                throw new EngineException(BadBatch(batch, why));
            query = query with { LabelSelector = string.Join(',', new[] { query.LabelSelector, $"{CloneLabels.Batch}={batch}" }.OfType<string>()) };
        }

        var lister = new ObjectLister(_cluster, kind, FaultIds.VMCloneNotFound, "clone");
        await foreach (var found in lister.ListAsync(query, ct))
            yield return new(found.Value is { } clone ? CloneRecord.From(clone) : null, found.Fault);
    }

    /// <summary>One clone, or null when it does not exist.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Name of the clone object.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async Task<CloneRecord?> FindAsync(string ns, string name, CancellationToken ct)
    {
        var kind = await _cluster.GetCloneKindAsync(ct);
        return await KubeVirtCluster.GuardAsync(async () =>
            await _cluster.Client.FindAsync(kind, ns, name, ct) is { } clone ? CloneRecord.From(clone) : null);
    }

    /// <summary>
    /// Removes a clone object, and with <paramref name="includeTarget"/> the virtual machine it made. Deleting the clone alone leaves the
    /// machine; deleting it before its volumes are bound takes away the snapshot they are filled from.
    /// </summary>
    /// <param name="clone">The clone as read; only that very object is removed, not a later one of its name.</param>
    /// <param name="includeTarget">Also delete the target machine. Only for a clone that succeeded: before, a machine of that name is not its own.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null when it is gone (also when it was gone already), else what went wrong.</returns>
    public async Task<Fault?> RemoveAsync(CloneRecord clone, bool includeTarget, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(clone);
        var kind = await _cluster.GetCloneKindAsync(ct);
        if (includeTarget && await RemoveTargetAsync(clone, ct) is { } fault)
            return fault;
        return await DeleteAsync(kind, clone.Namespace, clone.Name, clone.Uid, ct);
    }

    internal async Task<Fault?> DeleteAsync(ResourceKind kind, string ns, string name, string uid, CancellationToken ct)
    {
        try
        {
            await _cluster.Client.DeleteAsync(
                kind,
                ns,
                name,
                new DeleteOptions { PreconditionUid = uid.Length > 0 ? uid : null, PropagationPolicy = "Background" },
                ct);
            return null;
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            return null;
        }
        catch (ApiStatusException e) when (e.IsConflict)
        {
            // The precondition failed: what has the name now is another object, and ours is gone.
            return null;
        }
        catch (KubernetesException e)
        {
            return FaultMapper.From(e, $"{ns}/{name}");
        }
    }

    private async Task<Fault?> RemoveTargetAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Phase != ClonePhase.Succeeded || clone.TargetName.Length == 0)
            return null;
        try
        {
            var vm = await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, clone.TargetName, ct);
            if (vm is null)
                return null;
            if (vm.CreationTimestamp < clone.CreationTimestamp)
            {
                return FaultMapper.Make(
                    FaultIds.VMCloneTargetInvalid,
                    FaultCategory.InvalidOperation,
                    $"The virtual machine {clone.Namespace}/{clone.TargetName} is older than the clone {clone.Name}, so the clone did not make it; it was left alone.",
                    "Remove the clone without its target, and the machine by itself if that is what you want.",
                    $"{clone.Namespace}/{clone.TargetName}");
            }

            return await DeleteAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, vm.Name, vm.Uid, ct);
        }
        catch (KubernetesException e)
        {
            return FaultMapper.From(e, $"{clone.Namespace}/{clone.TargetName}");
        }
    }

    private static Fault BadBatch(string batch, string why) => FaultMapper.Make(
        FaultIds.VMCloneLabelInvalid,
        FaultCategory.InvalidArgument,
        $"'{batch}' cannot be a batch id: {why}.",
        "Give a batch id of letters, digits, '-', '_' and '.'.",
        batch);
}
