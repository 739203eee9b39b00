using System.Collections.Concurrent;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Objects;

/// <summary>
/// Removes clones of any method without taking away what is needed, or leaving behind what is not. One for all clones that are removed
/// together: what a namespace holds is then read once, not once per clone. Safe to use from several tasks at a time.
/// </summary>
public sealed class CloneRemoval
{
    private readonly KubeVirtCluster _cluster;
    private readonly bool _includeTarget;
    private readonly bool _force;
    private readonly bool _keepVolumes;
    private readonly KeptVolumes _kept;
    private readonly CloneCatalog _catalog;
    private readonly RestoreKeeper _keeper;
    private readonly ConcurrentBag<RemovedObject> _removed = [];
    private readonly ConcurrentBag<KubernetesObject> _staying = [];
    private readonly ConcurrentDictionary<string, bool> _removedMachines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task<NamespaceVolumes>>> _volumes = new(StringComparer.Ordinal);

    /// <summary>Over a connection.</summary>
    /// <param name="cluster">The connection.</param>
    /// <param name="includeTarget">
    /// Also delete the machine a clone made, with the volumes made for it that no other machine uses. Only of a clone that succeeded: before, a
    /// machine of that name is not its own.
    /// </param>
    /// <param name="force">Remove a clone although its volumes still need it.</param>
    /// <param name="keepVolumes">Leave the volumes of the machines that are deleted, with their data; nobody owns them then.</param>
    public CloneRemoval(KubeVirtCluster cluster, bool includeTarget = false, bool force = false, bool keepVolumes = false)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _cluster = cluster;
        _includeTarget = includeTarget;
        _force = force;
        _keepVolumes = keepVolumes;
        _kept = new KeptVolumes(cluster);
        _catalog = new CloneCatalog(cluster);
        _keeper = new RestoreKeeper(cluster);
    }

    /// <summary>Everything that was told to go so far: clones, machines, claims, data volumes.</summary>
    public IReadOnlyCollection<RemovedObject> Removed => _removed;

    /// <summary>What was left of the machines that went, because it was asked for when the clones were made (<c>VolumeOwnershipPolicy None</c>); one text for each namespace.</summary>
    public IEnumerable<Advice> DescribeStaying() => OutlivingClaims.Describe(_staying);

    /// <summary>
    /// Removes the object that stands for a clone. Without its machine, a clone whose volumes are not bound yet is not removed
    /// (<see cref="FaultIds.VMCloneInUse"/>) unless forced: its snapshot could go with it, and the volumes could then never be filled. A clone
    /// that is not finished is ended, and what was made for it so far is removed.
    /// </summary>
    /// <param name="clone">The clone as read; only that very object is removed, not a later one of its name.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null when it is going (also when it was gone already), else what went wrong.</returns>
    public async Task<Fault?> RemoveAsync(CloneRecord clone, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(clone);
        try
        {
            if (clone.Method.StandsAsMachine())
                return await RemoveMachineAsync(clone, ct);
            if (clone.Method == CloneMethod.Restore && clone.Phase != ClonePhase.Succeeded)
                return await RemoveUnfinishedAsync(clone, ct);
            if (clone.Method == CloneMethod.Clone && clone.Phase is not (ClonePhase.Succeeded or ClonePhase.Unknown))
                return await RemoveUnfinishedCloneAsync(clone, ct);
            if ((!_includeTarget || _keepVolumes) && !_force && await WhyNeededAsync(clone, ct) is { } needed)
                return needed;
            if (_includeTarget && await RemoveTargetAsync(clone, ct) is { } fault)
                return fault;
            if (!_includeTarget)
                await MarkVolumesAsync(clone, ct);
            return await DeleteObjectAsync(clone, ct);
        }
        catch (KubernetesException e)
        {
            return FaultMapper.From(e, $"{clone.Namespace}/{clone.Name}");
        }
    }

    // The machine is the clone. To remove that without the machine is to forget that it was one; a machine that never got all its claims is ended.
    private async Task<Fault?> RemoveMachineAsync(CloneRecord clone, CancellationToken ct)
    {
        var now = await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, clone.TargetName, ct);
        if (now is null || now.Uid != clone.Uid || !CloneRecord.IsMachine(now))
            return null;
        var isUnfinished = clone.Phase != ClonePhase.Succeeded && await IsUnfinishedAsync(CloneRecord.From(now), ct);
        if (_includeTarget && !isUnfinished && IsToKeep(now))
            return await DeleteKeepingAsync(now, ct);
        if (_includeTarget || isUnfinished)
        {
            // Claims that it owns go with it. Others are what an unfinished one is to take along, and a finished one to leave.
            var outliving = new OutlivingClaims(_cluster);
            if (isUnfinished && await outliving.RemoveAsync(now, ct) is { } unremoved)
                return unremoved;
            var staying = isUnfinished ? [] : await outliving.FindAsync(now, ct);
            var fault = await DeleteAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, now.Name, now.Uid, ct);
            if (fault is null)
                Stay(staying);
            return fault;
        }

        var forgotten = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["uid"] = now.Uid,
                ["labels"] = new JsonObject { [CloneLabels.Method] = null, [CloneLabels.Batch] = null },
                ["annotations"] = new JsonObject(CloneLabels.OfMachine.Select(a => KeyValuePair.Create<string, JsonNode?>(a, null))),
            },
        };
        await _cluster.Client.PatchAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, now.Name, PatchKind.Merge, forgotten, new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
        return null;
    }

    private async Task<bool> IsUnfinishedAsync(CloneRecord clone, CancellationToken ct) =>
        (await new BindingLookup(_cluster).CompleteAsync(clone, ct)).Phase != ClonePhase.Succeeded;

    private async Task<Fault?> RemoveUnfinishedAsync(CloneRecord clone, CancellationToken ct)
    {
        var kind = await RestoreKindAsync(ct);
        var now = await _cluster.Client.FindAsync(kind, clone.Namespace, clone.Name, ct);
        if (now is null || now.Uid != clone.Uid)
            return null;
        // It may have become complete since it was read; then its machine stands, and only the object goes.
        return now.IsTrueAt("status", "complete") ? await DeleteObjectAsync(clone, ct) : await _keeper.ClearAsync(now, ct);
    }

    // Its restore goes with it, and what that made so far would be left without an owner.
    private async Task<Fault?> RemoveUnfinishedCloneAsync(CloneRecord clone, CancellationToken ct)
    {
        var restore = await FindTemporaryRestoreAsync(clone, ct);
        if (await DeleteObjectAsync(clone, ct) is { } fault)
            return fault;
        restore ??= await FindTemporaryRestoreAsync(clone, ct);
        return restore is null || restore.IsTrueAt("status", "complete") ? null : await _keeper.ClearAsync(restore, ct);
    }

    private async Task<KubernetesObject?> FindTemporaryRestoreAsync(CloneRecord clone, CancellationToken ct) =>
        await _cluster.GetSnapshotVersionAsync(ct) is { } version
            ? await _cluster.Client.FindAsync(KubeVirtKinds.Restore(version), clone.Namespace, clone.RestoreName ?? $"tmp-restore-{clone.Uid}", ct)
            : null;

    private async Task<Fault?> DeleteObjectAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Raw.Kind == SourceKinds.VirtualMachine)
            return null;
        var kind = clone.Method == CloneMethod.Restore ? await RestoreKindAsync(ct) : await _cluster.GetCloneKindAsync(ct);
        return await DeleteAsync(kind, clone.Namespace, clone.Name, clone.Uid, ct);
    }

    private async Task<Fault?> DeleteAsync(ResourceKind kind, string ns, string name, string uid, CancellationToken ct)
    {
        var fault = await _catalog.DeleteAsync(kind, ns, name, uid, ct);
        if (fault is null)
            _removed.Add(new RemovedObject(kind, ns, name, uid));
        return fault;
    }

    // Also where an earlier removal was to keep them, and did not come to its end.
    private bool IsToKeep(KubernetesObject machine) => _keepVolumes || KeptVolumes.IsHeld(machine);

    private async Task<Fault?> DeleteKeepingAsync(KubernetesObject machine, CancellationToken ct)
    {
        try
        {
            foreach (var volume in await _kept.DeleteMachineAsync(machine, new DeleteOptions(), ct))
                _cluster.Callbacks.Verbose?.Invoke($"{volume}, which {machine.Name} owned, stays with its data");
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            return null;
        }

        _removed.Add(new RemovedObject(KubeVirtKinds.VirtualMachine, machine.Namespace!, machine.Name, machine.Uid));
        return null;
    }

    private async Task<ResourceKind> RestoreKindAsync(CancellationToken ct) => KubeVirtKinds.Restore((await _cluster.GetSnapshotKindAsync(ct)).Version);

    private async Task<Fault?> WhyNeededAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Phase != ClonePhase.Succeeded)
            return null;
        if (clone is { Bound: true, IsGrowing: true })
        {
            return FaultMapper.Make(
                FaultIds.VMCloneInUse,
                FaultCategory.ResourceBusy,
                $"The clone {clone.Namespace}/{clone.Name} is still needed: the disks of {clone.TargetName} are to grow ({GrowthNote.Describe(clone.Raw)}), which nothing else notes.",
                $"Wait for it ({CommandName.WaitVMClone} {clone.Name}), or remove the machine too ({OptionName.IncludeTarget}). {OptionName.Force} removes the clone all the same, and the disks stay as they are.",
                $"{clone.Namespace}/{clone.Name}");
        }

        if (clone.Bound)
            return null;
        var unbound = clone.Method == CloneMethod.Restore
            ? await _keeper.UnboundAsync(clone.Raw, ct)
            : await UnboundOfMachineAsync(clone, ct);
        return unbound.Count == 0 ? null : FaultMapper.Make(
            FaultIds.VMCloneInUse,
            FaultCategory.ResourceBusy,
            $"The clone {clone.Namespace}/{clone.Name} is still needed: its volume{(unbound.Count == 1 ? "" : "s")} {string.Join(", ", unbound)} wait{(unbound.Count == 1 ? "s" : "")} for the first start of {clone.TargetName}.",
            $"Start the machine once, or remove it too ({OptionName.IncludeTarget}). {OptionName.Force} removes the clone all the same, and those volumes can then never be filled.",
            $"{clone.Namespace}/{clone.Name}");
    }

    private async Task<IReadOnlyList<string>> UnboundOfMachineAsync(CloneRecord clone, CancellationToken ct)
    {
        var vm = await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, clone.TargetName, ct);
        var unbound = new List<string>();
        foreach (var volume in (vm is null ? null : VirtualMachineRecord.From(vm))?.Volumes.Where(v => v is { IsCopied: true, Reference: not null }) ?? [])
        {
            if (await _cluster.Client.FindClaimAsync(clone.Namespace, volume.Reference!, ct) is { } claim && claim.IsPending())
                unbound.Add(volume.Reference!);
        }

        return unbound;
    }

    private async Task<Fault?> RemoveTargetAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Phase != ClonePhase.Succeeded || clone.TargetName.Length == 0)
            return null;
        var vm = await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, clone.TargetName, ct);
        if (vm is null)
            return _keepVolumes ? null : await RemoveVolumesOfGoneMachineAsync(clone, ct);
        if (clone.Method == CloneMethod.Restore ? !CloneRecord.WasMadeBy(vm, clone.Name) : vm.CreationTimestamp < clone.CreationTimestamp || IsLater(vm, clone))
        {
            return FaultMapper.Make(
                FaultIds.VMCloneTargetInvalid,
                FaultCategory.InvalidOperation,
                $"The virtual machine {clone.Namespace}/{clone.TargetName} was not made by the clone {clone.Name}; it was left alone.",
                "Remove the machine by itself if that is what you want.",
                $"{clone.Namespace}/{clone.TargetName}");
        }

        if (IsToKeep(vm))
            return await DeleteKeepingAsync(vm, ct);
        // Read before the first machine goes, so that nothing made for it is missed.
        var volumes = await _volumes.GetOrAdd(clone.Namespace, ns => new(() => NamespaceVolumes.ReadAsync(_cluster, ns, ct))).Value;
        if (volumes.Unseen is { } unseen)
            _cluster.Callbacks.Warning?.Invoke($"{char.ToUpperInvariant(unseen[0])}{unseen[1..]}.");
        var mark = vm.Annotations.GetValueOrDefault(CloneLabels.LastRestore);
        // A clone goes with its machine, and with both whatever would tell that these volumes were theirs.
        if (mark is not null && clone.Batch is { } batch && clone.Method == CloneMethod.Clone)
            await BatchClaims.MarkAsync(_cluster, clone.Namespace, batch, volumes.UnusedOf(mark, RestoreKeeper.Names(clone.Raw), name => name == vm.Name || IsRemoved(name)), ct);
        if (await DeleteAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, vm.Name, vm.Uid, ct) is { } fault)
            return fault;
        _removedMachines[$"{clone.Namespace}/{vm.Name}"] = true;
        // KubeVirt deletes only what came from templates; a claim that was restored for this machine serves no other.
        if (mark is null)
            return null;
        var staying = clone.Raw.StringAt("spec", "volumeOwnershipPolicy") == VolumeOwnership.None;
        var all = volumes.UnusedOf(mark, RestoreKeeper.Names(clone.Raw), IsRemoved).ToLookup(v => staying || ClaimState.IsToStay(v.Item));
        Stay(all[true].Select(v => v.Item));
        return await _keeper.RemoveVolumesAsync(all[false], _removed.Add, ct);

        bool IsRemoved(string name) => _removedMachines.ContainsKey($"{clone.Namespace}/{name}");
    }

    // The machine stays. Whoever removes it later has nothing but its claims to find them by.
    private async Task MarkVolumesAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Phase != ClonePhase.Succeeded || clone.Batch is not { } batch
            || (clone.Method == CloneMethod.Restore && BatchClaims.IsNamedFor($"{clone.Name}-{clone.Uid}", clone.Namespace, batch)))
        {
            return;
        }

        try
        {
            if (await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, clone.TargetName, ct) is not { } vm)
                return;
            foreach (var name in VirtualMachineRecord.From(vm).Volumes.Where(v => v is { IsCopied: true, Reference: not null }).Select(v => v.Reference!))
            {
                if (await _cluster.Client.FindAsync(KubeVirtKinds.PersistentVolumeClaim, clone.Namespace, name, ct) is { } claim
                    && claim.Annotations.GetValueOrDefault(CloneLabels.LastRestore) == vm.Annotations.GetValueOrDefault(CloneLabels.LastRestore))
                {
                    await BatchClaims.MarkAsync(_cluster, clone.Namespace, batch, [(KubeVirtKinds.PersistentVolumeClaim, claim)], ct);
                }
            }
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            _cluster.Callbacks.Verbose?.Invoke($"The claims of {clone.Namespace}/{clone.TargetName} are not marked as of batch '{batch}': {e.ApiMessage}");
        }
    }

    // The clone's own machine is gone, and another was given its name.
    private static bool IsLater(KubernetesObject vm, CloneRecord clone) => MachineMaker.Of(clone).IsBefore(vm);

    // Somebody removed the machine by other means, which leaves its claims, and in older versions of KubeVirt the clone. Each claim names the restore
    // that made it, and that of a clone is named after the clone.
    private async Task<Fault?> RemoveVolumesOfGoneMachineAsync(CloneRecord clone, CancellationToken ct)
    {
        var mark = clone.Method == CloneMethod.Restore ? $"{clone.Name}-{clone.Uid}" : $"{clone.RestoreName ?? $"tmp-restore-{clone.Uid}"}-";
        var volumes = await NamespaceVolumes.ReadAsync(_cluster, clone.Namespace, ct);
        return await _keeper.RemoveVolumesAsync(
            volumes.Unused(item => !ClaimState.IsToStay(item) && item.Annotations.GetValueOrDefault(CloneLabels.LastRestore)?.StartsWith(mark, StringComparison.Ordinal) == true), _removed.Add, ct);
    }

    private void Stay(IEnumerable<KubernetesObject> claims)
    {
        foreach (var claim in claims)
            _staying.Add(claim);
    }
}
