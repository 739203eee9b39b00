using KubeVirtClone.Engine.Restores;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Resources;

/// <summary>Removes clones of either method without taking away what is needed, or leaving behind what is not.</summary>
internal sealed class CloneRemoval(KubeVirtCluster cluster)
{
    private readonly CloneCatalog _catalog = new(cluster);
    private readonly RestoreKeeper _keeper = new(cluster);

    public async Task<Fault?> RemoveAsync(CloneRecord clone, bool includeTarget, bool force, CancellationToken ct)
    {
        try
        {
            if (clone.Method == CloneMethod.Restore && clone.Phase != ClonePhase.Succeeded)
                return await RemoveUnfinishedAsync(clone, ct);
            if (!includeTarget && !force && await WhyNeededAsync(clone, ct) is { } needed)
                return needed;
            if (includeTarget && await RemoveTargetAsync(clone, ct) is { } fault)
                return fault;
            return await DeleteObjectAsync(clone, ct);
        }
        catch (KubernetesException e)
        {
            return FaultMapper.From(e, $"{clone.Namespace}/{clone.Name}");
        }
    }

    private async Task<Fault?> RemoveUnfinishedAsync(CloneRecord clone, CancellationToken ct)
    {
        var kind = await RestoreKindAsync(ct);
        var now = await cluster.Client.FindAsync(kind, clone.Namespace, clone.Name, ct);
        if (now is null || now.Uid != clone.Uid)
            return null;
        // It may have become complete since it was read; then its machine stands, and only the object goes.
        return now.IsTrueAt("status", "complete") ? await DeleteObjectAsync(clone, ct) : await _keeper.ClearAsync(now, ct);
    }

    private async Task<Fault?> DeleteObjectAsync(CloneRecord clone, CancellationToken ct) => clone.Raw.Kind == SourceKinds.VirtualMachine
        ? null
        : await _catalog.DeleteAsync(
            clone.Method == CloneMethod.Restore ? await RestoreKindAsync(ct) : await cluster.GetCloneKindAsync(ct),
            clone.Namespace,
            clone.Name,
            clone.Uid,
            ct);

    private async Task<ResourceKind> RestoreKindAsync(CancellationToken ct) => KubeVirtKinds.Restore((await cluster.GetSnapshotKindAsync(ct)).Version);

    private async Task<Fault?> WhyNeededAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Bound || clone.Phase != ClonePhase.Succeeded)
            return null;
        var unbound = clone.Method == CloneMethod.Restore
            ? await _keeper.UnboundAsync(clone.Raw, ct)
            : await UnboundOfMachineAsync(clone, ct);
        return unbound.Count == 0 ? null : FaultMapper.Make(
            FaultIds.VMCloneInUse,
            FaultCategory.ResourceBusy,
            $"The clone {clone.Namespace}/{clone.Name} is still needed: its volume{(unbound.Count == 1 ? "" : "s")} {string.Join(", ", unbound)} wait{(unbound.Count == 1 ? "s" : "")} for the first start of {clone.TargetName}.",
            "Start the machine once, or remove it too (-IncludeTarget). -Force removes the clone all the same, and those volumes can then never be filled.",
            $"{clone.Namespace}/{clone.Name}");
    }

    private async Task<IReadOnlyList<string>> UnboundOfMachineAsync(CloneRecord clone, CancellationToken ct)
    {
        var vm = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, clone.TargetName, ct);
        var unbound = new List<string>();
        foreach (var volume in (vm is null ? null : VirtualMachineRecord.From(vm))?.Volumes.Where(v => v is { IsCopied: true, Reference: not null }) ?? [])
        {
            if (await cluster.Client.FindAsync(KubeVirtKinds.PersistentVolumeClaim, clone.Namespace, volume.Reference!, ct) is { } claim
                && claim.StringAt("status", "phase") is null or "Pending")
            {
                unbound.Add(volume.Reference!);
            }
        }

        return unbound;
    }

    private async Task<Fault?> RemoveTargetAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Phase != ClonePhase.Succeeded || clone.TargetName.Length == 0)
            return null;
        var vm = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, clone.TargetName, ct);
        if (vm is null)
            return null;
        if (clone.Method == CloneMethod.Restore ? !CloneRecord.WasMadeBy(vm, clone.Name) : vm.CreationTimestamp < clone.CreationTimestamp)
        {
            return FaultMapper.Make(
                FaultIds.VMCloneTargetInvalid,
                FaultCategory.InvalidOperation,
                $"The virtual machine {clone.Namespace}/{clone.TargetName} was not made by the clone {clone.Name}; it was left alone.",
                "Remove the machine by itself if that is what you want.",
                $"{clone.Namespace}/{clone.TargetName}");
        }

        var fault = await _catalog.DeleteAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, vm.Name, vm.Uid, ct);
        // KubeVirt deletes only what came from templates; a claim that was restored for this machine serves no other.
        return fault is null && vm.Annotations.TryGetValue(CloneLabels.LastRestore, out var mark)
            ? await _keeper.RemoveVolumesAsync(clone.Namespace, mark, RestoreKeeper.Names(clone.Raw), spare: vm.Name, ct)
            : fault;
    }
}
