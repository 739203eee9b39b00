using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Power;

/// <summary>
/// Starts the machine of a restore only when the restore is complete. KubeVirt starts a machine whose run strategy says so the moment it is made,
/// and a restore that is not complete by then wants it off, waits for that, and fails after five minutes (seen on KubeVirt 1.9: with 8 of 20 restores
/// posted at once). The restore therefore makes the machine stopped, and remembers in an annotation what it is to become.
/// </summary>
internal static class HeldStart
{
    /// <summary>Value of the annotation for machines that say <c>spec.running</c> instead of a run strategy.</summary>
    private const string Running = "running";

    /// <summary>Patches that leave the machine stopped where others would start it, and what to start it with later; null where nothing starts it.</summary>
    /// <param name="machine">The machine as it was snapshotted, with all other patches applied. It is as KubeVirt leaves it, except that it may be on.</param>
    /// <param name="patches">Those other patches: only what they set counts, since KubeVirt itself makes every restored machine stopped.</param>
    public static (PatchOperation? Hold, string? Start) Of(JsonObject machine, IReadOnlyList<PatchOperation> patches)
    {
        var spec = machine["spec"] as JsonObject;
        if (!patches.Any(p => p.Path is "/spec/runStrategy" or "/spec/running" or "/spec"))
            return (null, null);
        if (spec?["runStrategy"] is JsonValue strategy && strategy.TryGetValue(out string? name) && CloneRequest.StartingStrategies.Contains(name, StringComparer.Ordinal))
            return (PatchOperation.With("replace", "/spec/runStrategy", "Halted"), name);
        return spec?["running"] is JsonValue running && running.TryGetValue(out bool on) && on
            ? (PatchOperation.With("replace", "/spec/running", false), Running)
            : (null, null);
    }

    /// <summary>Whether the machine of a restore is still to be started.</summary>
    public static bool IsPending(KubernetesObject restore) => restore.Kind == SourceKinds.VirtualMachineRestore && restore.Annotations.ContainsKey(CloneLabels.Start);

    /// <summary>Starts the machine of a complete restore. Done again it changes nothing, and it leaves alone a machine that is no longer the restore's.</summary>
    /// <returns>Null when the machine has what it was to have.</returns>
    public static async Task<Fault?> CarryOutAsync(KubeVirtCluster cluster, CloneRecord clone, CancellationToken ct)
    {
        var machine = new MachineReference(clone.Namespace, clone.TargetName);
        try
        {
            var kind = KubeVirtKinds.Restore((await cluster.GetSnapshotKindAsync(ct)).Version);
            // Read anew: another run may have started the machine since, and its user may have stopped it again.
            if (await cluster.Client.FindAsync(kind, clone.Namespace, clone.Name, ct) is not { } restore || !restore.Annotations.TryGetValue(CloneLabels.Start, out var start))
                return null;
            var vm = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, clone.Namespace, clone.TargetName, ct);
            if (vm is not null && CloneRecord.WasMadeBy(vm, clone.Name))
                vm = await new MachineLock(cluster).AwaitReleaseAsync(vm, ct);
            if (vm is null || !CloneRecord.WasMadeBy(vm, clone.Name))
                return null;
            var spec = start == Running ? new JsonObject { ["running"] = true } : new JsonObject { ["runStrategy"] = start };
            await PatchAsync(cluster, KubeVirtKinds.VirtualMachine, vm, new JsonObject { ["spec"] = spec }, ct);
            var done = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [CloneLabels.Start] = null } } };
            await PatchAsync(cluster, kind, restore, done, ct);
            return null;
        }
        catch (KubernetesException e)
        {
            return PowerFaults.From(e, PowerAction.Start, machine);
        }
    }

    private static async Task PatchAsync(KubeVirtCluster cluster, ResourceKind kind, KubernetesObject item, JsonObject patch, CancellationToken ct)
    {
        var options = new WriteOptions { FieldManager = CloneLabels.FieldManager };
        try
        {
            await cluster.Client.PatchAsync(kind, item.Namespace, item.Name, PatchKind.Merge, patch, options, ct);
        }
        catch (AnswerLostException)
        {
            // The same once more changes nothing.
            await cluster.Client.PatchAsync(kind, item.Namespace, item.Name, PatchKind.Merge, patch.DeepClone(), options, ct);
        }
    }
}
