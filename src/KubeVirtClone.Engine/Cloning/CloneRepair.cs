using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Carries out the steps of a <see cref="RepairPlan"/>, one at a time, so that each can be asked for first.</summary>
/// <param name="cluster">The connection.</param>
public sealed class CloneRepair(KubeVirtCluster cluster)
{
    private static readonly TimeSpan FinalizerPatience = TimeSpan.FromSeconds(5);

    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>Carries out one step. Whether it is still safe is looked at again first: a claim that a machine has taken meanwhile stays.</summary>
    /// <param name="action">The step.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null when it is done (also when it was done already), else what went wrong.</returns>
    /// <exception cref="EngineException">Nothing can work: no connection, no clone API.</exception>
    public async Task<Fault?> ExecuteAsync(RepairAction action, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(action);
        var snapshotVersion = await _cluster.GetSnapshotVersionAsync(ct) ?? "v1beta1";
        return action.Kind switch
        {
            RepairKind.DeleteClone => await DeleteAsync(await _cluster.GetCloneKindAsync(ct), action, ct),
            RepairKind.DeleteRestore => await DeleteAndWaitAsync(KubeVirtKinds.Restore(snapshotVersion), action, ct),
            RepairKind.DeleteSnapshot => await DeleteAsync(KubeVirtKinds.Snapshot(snapshotVersion), action, ct),
            RepairKind.DeleteDataVolume => await UnlessUsedAsync(action, ct) ?? await DeleteAsync(RelatedKinds.DataVolume, action, ct),
            RepairKind.DeleteClaim => await UnlessUsedAsync(action, ct) ?? await DeleteAsync(KubeVirtKinds.PersistentVolumeClaim, action, ct),
            RepairKind.WakeRestore => await WakeAsync(KubeVirtKinds.Restore(snapshotVersion), action, ct),
            _ => await CloneAgainAsync(action, ct),
        };
    }

    private Task<Fault?> DeleteAsync(ResourceKind kind, RepairAction action, CancellationToken ct) =>
        new CloneCatalog(_cluster).DeleteAsync(kind, action.Namespace, action.Name, action.Uid ?? "", ct);

    // Its finalizer goes within moments; until then it still holds its target.
    private async Task<Fault?> DeleteAndWaitAsync(ResourceKind kind, RepairAction action, CancellationToken ct)
    {
        if (await DeleteAsync(kind, action, ct) is { } fault)
            return fault;
        try
        {
            if (await new RemovalWaiter(_cluster).WaitAsync([new(kind, action.Namespace, action.Name, action.Uid ?? "")], FinalizerPatience, ct) is [])
                return null;
        }
        catch (EngineException e)
        {
            return e.Fault with { TargetName = action.Target };
        }

        return FaultMapper.Make(
            FaultIds.ApiConflict,
            FaultCategory.ResourceBusy,
            $"{action.Target} is deleted, but something holds it.",
            "Look at its finalizers: virt-controller removes them, so see whether that is running.",
            action.Target);
    }

    private async Task<Fault?> UnlessUsedAsync(RepairAction action, CancellationToken ct)
    {
        try
        {
            await foreach (var machine in _cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, action.Namespace, options: null, ct))
            {
                if (machine.ItemsAt("spec", "template", "spec", "volumes").Any(v =>
                    v.Member("persistentVolumeClaim")?.Text("claimName") == action.Name || v.Member("dataVolume")?.Text("name") == action.Name
                    || v.Member("ephemeral")?.Member("persistentVolumeClaim")?.Text("claimName") == action.Name))
                {
                    return FaultMapper.Make(
                        FaultIds.VMCloneVolumeExists,
                        FaultCategory.ResourceBusy,
                        $"{action.Target} is used by the virtual machine '{machine.Name}' now, so it was left alone.",
                        "Nothing needs doing.",
                        action.Target);
                }
            }

            return null;
        }
        catch (KubernetesException e)
        {
            // What cannot be seen to be unused is not deleted.
            return FaultMapper.From(e, action.Target);
        }
    }

    private async Task<Fault?> WakeAsync(ResourceKind kind, RepairAction action, CancellationToken ct)
    {
        var touch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [CloneLabels.Touched] = $"{_cluster.Clock.GetUtcNow():O}" } },
        };
        try
        {
            await _cluster.Client.PatchAsync(kind, action.Namespace, action.Name, PatchKind.Merge, touch, new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
            return null;
        }
        catch (KubernetesException e)
        {
            return FaultMapper.From(e, action.Target);
        }
    }

    private async Task<Fault?> CloneAgainAsync(RepairAction action, CancellationToken ct)
    {
        await foreach (var update in new CloneOperation(_cluster, new CloneOptions()).RunAsync([action.Request!], ct))
        {
            if (update.Fault is { } fault)
                return fault;
        }

        return null;
    }
}
