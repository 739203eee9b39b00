using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Objects;

/// <summary>
/// Gives the disks of a clone the size that was asked for, where KubeVirt has made them like the source's: a claim that is bound is given a larger request.
/// What is still to grow is noted on the object that stands for the clone, so that whoever comes next completes it.
/// </summary>
internal sealed class DiskGrowth(KubeVirtCluster cluster)
{
    private static readonly WriteOptions Write = new() { FieldManager = CloneLabels.FieldManager };

    /// <summary>Has the claims of a clone ask for more. Done again it changes nothing; a claim that is not the clone's own is left alone.</summary>
    /// <param name="clone">The clone, whose volumes are bound.</param>
    /// <param name="sizes">Sizes by disk, as <see cref="CloneRequest.DiskSizes"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What each claim is to have, in bytes; or what is in the way.</returns>
    public async Task<GrowthOutcome> CarryOutAsync(CloneRecord clone, IReadOnlyDictionary<string, string> sizes, CancellationToken ct)
    {
        var display = $"{clone.Namespace}/{clone.TargetName}";
        try
        {
            if (await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, clone.TargetName, ct) is not { } machine)
            {
                return new(FaultMapper.Make(
                    FaultIds.VMCloneDeleted, FaultCategory.ObjectNotFound, $"The virtual machine {display} was deleted before its disks had grown.", "Clone again if it is still wanted.", display));
            }

            var grown = new Dictionary<string, decimal>(StringComparer.Ordinal);
            foreach (var volume in SourceMachine.Copied(machine.ToJsonObject()))
            {
                if (DiskWish.SizeOf(sizes, volume.Name) is not { } size)
                    continue;
                if (await GrowAsync(clone, machine, volume, size, ct) is { } fault)
                    return new(fault);
                grown[volume.Claim] = size;
            }

            return new(grown);
        }
        catch (KubernetesException e)
        {
            return new(FaultMapper.From(e, display));
        }
    }

    private async Task<Fault?> GrowAsync(CloneRecord clone, KubernetesObject machine, CopiedVolume volume, decimal size, CancellationToken ct)
    {
        var claim = await cluster.Client.FindAsync(KubeVirtKinds.PersistentVolumeClaim, clone.Namespace, volume.Claim, ct);
        if (claim is null)
            return NotGrown(clone, volume, size, $"its claim '{volume.Claim}' does not exist", "Clone again: a machine without its disk is of no use.");
        var (name, has) = ($"its claim '{volume.Claim}'", claim.AsClaim()?.Spec?.Resources?.Requests.Amount("storage"));
        if (has >= size)
            return null;
        if (!clone.HasMade(claim) || (ClaimState.Of(claim).Machine is { } owner && owner != machine.Uid))
            return NotGrown(clone, volume, size, $"{name} was not made for it, and was left alone", "Look at whose it is; a disk can be given more by hand: kubectl patch pvc");
        if (!claim.IsBound())
            return NotGrown(clone, volume, size, $"{name} is not bound yet", $"Start the machine, then wait for the clone: {CommandName.WaitVMClone} {clone.Name}.");
        var larger = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = claim.Uid },
            ["spec"] = new JsonObject { ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = Quantity.Write(size) } } },
        };
        try
        {
            cluster.Callbacks.Verbose?.Invoke($"{clone.Namespace}/{clone.TargetName}: disk '{volume.Name}' grows to {Quantity.Write(size)} (claim {volume.Claim})");
            await PatchAsync(KubeVirtKinds.PersistentVolumeClaim, clone.Namespace, volume.Claim, larger, ct);
            return null;
        }
        catch (ApiStatusException e) when (e.IsForbidden && e.ApiMessage.Contains("must support resize", StringComparison.Ordinal))
        {
            return NotGrown(
                clone,
                volume,
                size,
                $"storage class '{claim.StringAt("spec", "storageClassName")}' does not allow expansion",
                $"Remove the clone ({CommandName.RemoveVMClone} {OptionName.IncludeTarget}) and have it made directly: {OptionName.Method} Direct. Or have the class allow expansion, and make the same call again.");
        }
    }

    /// <summary>Takes away what is noted on a clone whose disks have grown.</summary>
    /// <param name="clone">The clone.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Its object without the note; null where that is gone, or not the user's to change: the disks have grown all the same.</returns>
    public async Task<KubernetesObject?> UnmarkAsync(CloneRecord clone, CancellationToken ct)
    {
        var done = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = clone.Uid, ["annotations"] = new JsonObject { [CloneLabels.Grow] = null } },
        };
        try
        {
            return await PatchAsync(await cluster.GetKindAsync(clone.Method, ct), clone.Namespace, clone.Name, done, ct);
        }
        catch (KubernetesException e)
        {
            cluster.Callbacks.Verbose?.Invoke($"The clone {clone.Namespace}/{clone.Name} goes on saying that its disks are to grow: {e.Message}");
            return null;
        }
    }

    private async Task<KubernetesObject> PatchAsync(ResourceKind kind, string ns, string name, JsonObject patch, CancellationToken ct)
    {
        try
        {
            return await cluster.Client.PatchAsync(kind, ns, name, PatchKind.Merge, (JsonObject)patch.DeepClone(), Write, ct);
        }
        catch (AnswerLostException)
        {
            // The same once more changes nothing.
            return await cluster.Client.PatchAsync(kind, ns, name, PatchKind.Merge, patch, Write, ct);
        }
    }

    private static Fault NotGrown(CloneRecord clone, CopiedVolume volume, decimal size, string why, Advice action) => FaultMapper.Make(
        FaultIds.VMCloneDiskUnsupported,
        FaultCategory.InvalidOperation,
        $"The clone {clone.Namespace}/{clone.TargetName} was made, but its disk '{volume.Name}' does not get the {Quantity.Write(size)} that were asked for: {why}.",
        action,
        $"{clone.Namespace}/{clone.TargetName}");
}

/// <summary>What came of growing the disks of a clone.</summary>
/// <param name="Claims">What each of its claims is to have, in bytes; none where something is in the way.</param>
/// <param name="Fault">What is in the way, or null.</param>
internal readonly record struct GrowthOutcome(IReadOnlyDictionary<string, decimal> Claims, Fault? Fault = null)
{
    public GrowthOutcome(Fault fault)
        : this(new Dictionary<string, decimal>(StringComparer.Ordinal), fault)
    {
    }
}
