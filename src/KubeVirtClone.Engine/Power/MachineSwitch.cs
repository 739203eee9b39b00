using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Power;

/// <summary>Sends the requests that start, stop and remove one machine, and keeps its run strategy over them.</summary>
internal sealed class MachineSwitch(KubeVirtCluster cluster, PowerOptions options, RestoredVolumes volumes, KeptVolumes keptVolumes)
{
    // What starting a stopped machine makes of it; any other strategy has to be remembered.
    private const string StrategyOfStarted = "Always";

    private static readonly string[] WordsForRunning = ["Starting", "Running", "Paused", "Migrating"];

    private readonly WriteOptions _write = new() { DryRun = options.DryRun, FieldManager = CloneLabels.FieldManager };

    public async Task<ListedItem<VirtualMachineRecord>> DoAsync(PowerAction action, MachineReference machine, CancellationToken ct)
    {
        VirtualMachineRecord? record = null;
        try
        {
            var vm = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, machine.Namespace, machine.Name, ct);
            if (vm is null)
                return new(null, PowerFaults.NotFound(machine));
            if (ReplacedFaults.OfMachine(vm, machine.Uid, machine.Maker) is { } another)
                return new(null, another);
            record = VirtualMachineRecord.From(vm);
            vm = await new MachineLock(cluster).AwaitReleaseAsync(vm, ct);
            if (vm is null)
                return new(null, PowerFaults.NotFound(machine));
            if (ReplacedFaults.OfMachine(vm, record.Uid, maker: null) is { } next)
                return new(null, next);
            record = VirtualMachineRecord.From(vm);
            if (MachineLock.Describe(vm) is { } busy)
                return new(record, PowerFaults.Busy(machine, busy));
            if (action == PowerAction.Start)
                await StartAsync(record, ct);
            else if (action == PowerAction.Stop)
                await StopAsync(record, ct);
            else if (await RemoveAsync(record, ct) is { } fault)
                return new(record, fault);
            var now = action == PowerAction.Remove
                ? null
                : await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, machine.Namespace, machine.Name, ct);
            return new(now is null ? record : VirtualMachineRecord.From(now), null);
        }
        catch (KubernetesException e)
        {
            // Where it is already, nothing needs doing. One that runs is not one that stands still before its first instruction.
            var there = e is ApiStatusException status && PowerFaults.IsThere(status, action);
            if (!there || record is null)
                return new(record, PowerFaults.From(e, action, machine));
            if (options.Paused && action == PowerAction.Start && record.Status != "Paused")
                return new(record, PowerFaults.AlreadyRunning(machine, e));
            cluster.Callbacks.Verbose?.Invoke($"{machine} {(action == PowerAction.Start ? "runs" : "is off")} already; nothing needs doing");
            return new(record, null);
        }
    }

    private async Task StartAsync(VirtualMachineRecord vm, CancellationToken ct)
    {
        var kept = vm.Annotations.GetValueOrDefault(CloneLabels.RunStrategy);
        var restoresByStart = kept is null or StrategyOfStarted || vm.RunStrategy != "Halted" || options.Paused;
        if (!restoresByStart)
        {
            // Setting the strategy starts the machine, and is one change that either happens or does not.
            await PatchAsync(vm, Strategy(kept), ct);
            return;
        }

        await PutAsync(vm, "start", options.Paused ? new JsonObject { ["paused"] = true } : [], ct);
        if (kept is not null)
            await PatchAsync(vm, kept == StrategyOfStarted || vm.RunStrategy != "Halted" ? Strategy(null) : Strategy(kept), ct);
    }

    private async Task StopAsync(VirtualMachineRecord vm, CancellationToken ct)
    {
        var body = new JsonObject();
        if (options.GracePeriod is { } grace)
            body["gracePeriod"] = (long)Math.Ceiling(grace.TotalSeconds);
        // Manual and RerunOnFailure outlive a stop; Always comes back with a start.
        var keep = vm.RunStrategy is not (null or StrategyOfStarted or "Halted" or "Manual" or "RerunOnFailure") ? vm.RunStrategy : null;
        // One that was given another strategy since it was stopped here, by whatever means, is not to get back the one before.
        var stale = keep is null && vm.RunStrategy != "Halted" && vm.Annotations.ContainsKey(CloneLabels.RunStrategy);
        if (keep is not null || stale)
            await PatchAsync(vm, Annotation(keep), ct);
        try
        {
            await PutAsync(vm, "stop", body, ct);
        }
        catch (ApiStatusException) when (keep is not null)
        {
            await PatchAsync(vm, Annotation(null), ct);
            throw;
        }
    }

    private async Task<Fault?> RemoveAsync(VirtualMachineRecord vm, CancellationToken ct)
    {
        if (!options.Force && WordsForRunning.Contains(vm.Status, StringComparer.Ordinal))
            return PowerFaults.Runs(new MachineReference(vm.Namespace, vm.Name), vm.Status);
        var delete = new DeleteOptions
        {
            PreconditionUid = vm.Uid,
            DryRun = options.DryRun,
            GracePeriodSeconds = options.GracePeriod is { } grace ? (long)Math.Ceiling(grace.TotalSeconds) : null,
        };
        // Also where the run that was to keep them did not come to its end.
        if (options.KeepVolumes || KeptVolumes.IsHeld(vm.Raw))
        {
            if (vm.Raw.DeletionTimestamp is not null && !KeptVolumes.IsHeld(vm.Raw))
                return PowerFaults.Going(new MachineReference(vm.Namespace, vm.Name));
            foreach (var volume in await keptVolumes.DeleteMachineAsync(vm.Raw, delete, ct))
                cluster.Callbacks.Verbose?.Invoke(options.DryRun ? $"{volume}, which {vm.Name} owns, would stay" : $"{volume}, which {vm.Name} owned, stays with its data");
            return null;
        }

        // Read before the machine goes: afterwards nothing tells which claims were its own.
        var restored = await volumes.ReadAsync(vm, ct);
        await cluster.Client.DeleteAsync(KubeVirtKinds.VirtualMachine, vm.Namespace, vm.Name, delete, ct);
        return restored is null ? null : await volumes.FinishAsync(vm, restored, options.IncludeVolumes, options.DryRun, ct);
    }

    private async Task PutAsync(VirtualMachineRecord vm, string subresource, JsonObject body, CancellationToken ct)
    {
        if (options.DryRun)
            body["dryRun"] = new JsonArray("All");
        var path = $"/apis/subresources.kubevirt.io/v1/namespaces/{Uri.EscapeDataString(vm.Namespace)}/virtualmachines/{Uri.EscapeDataString(vm.Name)}/{subresource}";
        try
        {
            // KubeVirt answers 406 to anybody who insists on JSON.
            await cluster.Client.SendAsync(HttpMethod.Put, path, body, "*/*", ct);
        }
        catch (AnswerLostException) when (!options.DryRun)
        {
            // Asked again, a request that was done is refused as done: that settles it.
            try
            {
                await cluster.Client.SendAsync(HttpMethod.Put, path, body.DeepClone(), "*/*", ct);
            }
            catch (ApiStatusException e) when (e.IsConflict)
            {
                cluster.Callbacks.Verbose?.Invoke($"The {subresource} of {vm.Namespace}/{vm.Name} had been done: {e.ApiMessage}");
            }
        }
    }

    private Task<KubernetesObject> PatchAsync(VirtualMachineRecord vm, JsonObject patch, CancellationToken ct) =>
        cluster.Client.PatchAsync(KubeVirtKinds.VirtualMachine, vm.Namespace, vm.Name, PatchKind.Merge, patch, _write, ct);

    private static JsonObject Annotation(string? strategy) =>
        new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [CloneLabels.RunStrategy] = strategy } } };

    // The strategy it had, and no longer a need to remember it. spec.running excludes spec.runStrategy.
    private static JsonObject Strategy(string? strategy)
    {
        var patch = Annotation(null);
        if (strategy is not null)
            patch["spec"] = new JsonObject { ["runStrategy"] = strategy, ["running"] = null };
        return patch;
    }
}
