using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Power;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>A snapshot that can be used, and what clones of it become now that its content is known.</summary>
internal sealed class SnapshottedSource(KubeVirtCluster cluster, BatchRun run, SnapshotRecord snapshot, SnapshotContent content, DirectSource? direct)
{
    private static readonly TimeSpan LongestRemoval = TimeSpan.FromMinutes(1);

    /// <summary>The clone with the object to post, or why there can be none. What an earlier run left is taken over, woken, or cleared away.</summary>
    public async Task<(PlannedClone Clone, Fault? Fault)> PrepareAsync(PlannedClone clone, CancellationToken ct)
    {
        if (clone.Method == CloneMethod.Direct)
            return await PrepareDirectAsync(clone, ct);
        if (clone.Existing is { } existing)
        {
            if (clone.Method == CloneMethod.Clone)
                return (clone, null);
            if (existing.StringAt("spec", "virtualMachineSnapshotName") == snapshot.Name && !(existing.CreationTimestamp < snapshot.CreationTimestamp))
            {
                // Whatever it stumbled over, it may get by now; by itself it would try again only after its back-off.
                if (CloneRecord.From(existing).Message.Length > 0)
                    await new RestoreKeeper(cluster).WakeAsync(existing.Namespace!, existing.Name, ct);
                return (clone, null);
            }

            // Its snapshot is gone, so it can never finish; and while it is there no other restore into its target is taken.
            cluster.Callbacks.Verbose?.Invoke($"The restore {existing.Namespace}/{existing.Name} of an earlier run has lost its snapshot; clearing it away");
            if (await new RestoreKeeper(cluster).ClearAsync(existing, ct) is { } uncleared)
                return (clone, uncleared);
            clone = clone with { Existing = null };
        }

        var compiled = run.Plan.Compiler.Compile(clone.Checked, clone.Asked, content.Machine);
        if (compiled.Fault is { } fault)
            return (clone, fault);
        clone = clone.Of(compiled);
        if (clone.Method == CloneMethod.Clone)
            return (OfSnapshot(clone), null);
        return AsRestore(clone, snapshot.Name, content.Machine, (await cluster.GetSnapshotKindAsync(ct)).Version, holdStart: true);
    }

    // A machine of an earlier run that lacks claims is completed from the snapshot it was begun with. Of another one it is made anew: it has never run.
    private async Task<(PlannedClone Clone, Fault? Fault)> PrepareDirectAsync(PlannedClone clone, CancellationToken ct)
    {
        if (clone.Existing is { } existing && !direct!.Began(existing))
        {
            cluster.Callbacks.Verbose?.Invoke($"The unfinished machine {clone.DisplayName} of an earlier run has lost its snapshot; clearing it away");
            if (await new CloneCatalog(cluster).DeleteAsync(KubeVirtKinds.VirtualMachine, existing.Namespace!, existing.Name, existing.Uid, ct) is { } uncleared)
                return (clone, uncleared);
            if (await new OutlivingClaims(cluster).RemoveAsync(existing, ct) is { } unremoved)
                return (clone, unremoved);
            await new RemovalWaiter(cluster).WaitAsync([new(KubeVirtKinds.VirtualMachine, existing.Namespace!, existing.Name, existing.Uid)], LongestRemoval, ct);
            clone = clone with { Existing = null };
        }

        var compiled = run.Plan.Compiler.Compile(clone.Checked, clone.Asked, content.Machine);
        return compiled.Fault is { } fault ? (clone, fault) : direct!.Prepare(clone.Of(compiled));
    }

    /// <summary>The clone as a restore of a snapshot, with the patches that make it of the machine as it was snapshotted; or why it cannot be made.</summary>
    /// <param name="clone">The clone.</param>
    /// <param name="snapshotName">The snapshot.</param>
    /// <param name="machine">The machine as it was snapshotted.</param>
    /// <param name="version">API version of restores.</param>
    /// <param name="holdStart">Leave starting the machine to <see cref="HeldStart"/>. Not where nobody will be there to do that.</param>
    public static (PlannedClone Clone, Fault? Fault) AsRestore(
        PlannedClone clone,
        string snapshotName,
        JsonObject machine,
        string version,
        bool holdStart)
    {
        // KubeVirt's version was asked when the method was chosen.
        if (VolumeOwnership.Refusal(clone.Request, CloneMethod.Restore, machine, kubeVirt: null, clone.DisplayName) is { } unable)
            return (clone, unable);
        var userPatches = clone.Checked.Patches;
        var patches = RestorePatches.For(machine, clone.Request, userPatches);
        // Only an inapplicable patch is noticed after the volumes were made, and then the restore hangs.
        var outcome = clone.Checked.Compiled?.OutcomeOf(machine, clone.Checked) ?? RestoreOutcome.Of(machine, patches);
        if (outcome is { Failing: { } operation, Why: { } why })
            return (clone, Inapplicable(clone, operation.For(clone.Request.Wishes), why));
        if (!holdStart || HeldStart.Of(outcome.RunState, userPatches) is not ({ } hold, { } start))
            return (WithBody(clone, snapshotName, patches, version, machine), null);
        clone = WithBody(clone, snapshotName, [.. patches, hold], version, machine);
        clone.Body["metadata"]!["annotations"]![CloneLabels.Start] = start;
        return (clone, null);
    }

    /// <summary>The clone as a restore of a snapshot.</summary>
    public static PlannedClone WithBody(PlannedClone clone, string snapshotName, IReadOnlyList<PatchOperation> patches, string version, JsonObject? machine)
    {
        if (clone.Method == CloneMethod.Clone)
            return clone;
        var body = RestoreManifest.Build(clone.Request, snapshotName, patches, KubeVirtKinds.Restore(version).ApiVersion, machine);
        RequestFingerprint.Mark(body, clone.Fingerprint, clone.Request);
        RequestFingerprint.MarkGrowth(body, clone.Request);
        body["metadata"]!["annotations"]![CloneLabels.CloneSpec] = CloneManifest.Build(clone.Request, "")["spec"]!.ToJsonString();
        return clone with { Body = body };
    }

    private PlannedClone OfSnapshot(PlannedClone clone)
    {
        clone.Body["spec"]!["source"] = new JsonObject
        {
            ["apiGroup"] = KubeVirtKinds.SnapshotGroup,
            ["kind"] = SourceKinds.VirtualMachineSnapshot,
            ["name"] = snapshot.Name,
        };
        return clone;
    }

    /// <summary>What there is to say of a patch that does not fit the machine.</summary>
    public static Fault Inapplicable(PlannedClone clone, PatchOperation operation, string why) => FaultMapper.Make(
        FaultIds.VMClonePatchInvalid,
        FaultCategory.InvalidArgument,
        $"The patch {operation.ToWebhookText()} cannot be applied to '{clone.Request.SourceName}' as it was snapshotted: {why}.",
        "Correct the path; filters, MAC addresses and serial are applied before patches.",
        clone.DisplayName);
}
