using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Power;

namespace KubeVirtClone.Engine.Images;

/// <summary>Stops a machine for its image, and puts it back as it was when the image does not come about.</summary>
internal sealed class SourceGuard(KubeVirtCluster cluster, KubernetesObject source)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private bool _stopped;

    /// <summary>Whether it was stopped here, and is to run again.</summary>
    public bool HasStopped => _stopped;

    private MachineReference Machine => new(source.Namespace!, source.Name, source.Uid);

    public async Task<Fault?> StopAsync(TimeSpan? gracePeriod, TimeSpan? timeout, CancellationToken ct)
    {
        if (!ImageAdvice.IsOn(source))
            return null;
        // From here on there may be something to undo, whether or not the answer comes.
        _stopped = true;
        var options = new PowerOptions { Wait = true, GracePeriod = gracePeriod, Timeout = timeout };
        await foreach (var update in new MachinePower(cluster).StopAsync([Machine], options, ct))
        {
            if (update.Fault is { } fault)
            {
                // Locked, it was left as it is; whoever has it locked has his own plans for it.
                if (fault.Id == FaultIds.VMBusy)
                    _stopped = false;
                return fault;
            }
        }

        return null;
    }

    /// <summary>Gives the machine back its run strategy, and has it run again if it ran.</summary>
    /// <param name="patience">How long it is tried.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null when that is done.</returns>
    public async Task<Fault?> UndoAsync(TimeSpan patience, CancellationToken ct)
    {
        if (!_stopped)
            return null;
        var started = cluster.Clock.GetTimestamp();
        while (true)
        {
            try
            {
                await RestoreAsync(ct);
                _stopped = false;
                return null;
            }
            catch (KubernetesException e) when (cluster.Clock.GetElapsedTime(started) < patience && !FaultMapper.EndsEverything(e))
            {
                // While a snapshot of it ends, the machine is locked.
                cluster.Callbacks.Verbose?.Invoke($"'{source.Name}' cannot be started again yet: {e.Message}");
                await Task.Delay(Pause, cluster.Clock, ct);
            }
            catch (KubernetesException e)
            {
                return PowerFaults.From(e, PowerAction.Start, Machine);
            }
        }
    }

    private async Task RestoreAsync(CancellationToken ct)
    {
        var now = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, source.Namespace, source.Name, ct);
        if (now is null || now.Uid != source.Uid)
            return;
        var strategy = source.StringAt("spec", "runStrategy");
        var differs = now.StringAt("spec", "runStrategy") != strategy || now.IsTrueAt("spec", "running") != source.IsTrueAt("spec", "running");
        var marked = now.Annotations.ContainsKey(CloneLabels.RunStrategy) && !source.Annotations.ContainsKey(CloneLabels.RunStrategy);
        if (differs || marked)
        {
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [CloneLabels.RunStrategy] = source.Annotations.GetValueOrDefault(CloneLabels.RunStrategy) } } };
            if (differs)
                patch["spec"] = strategy is not null ? new JsonObject { ["runStrategy"] = strategy } : new JsonObject { ["running"] = source.IsTrueAt("spec", "running") };
            await cluster.Client.PatchAsync(KubeVirtKinds.VirtualMachine, source.Namespace, source.Name, PatchKind.Merge, patch, new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
        }

        // These strategies outlive a stop, so that nothing but a start undoes it.
        if (strategy is not ("Manual" or "RerunOnFailure"))
            return;
        await foreach (var update in new MachinePower(cluster).StartAsync([Machine], new PowerOptions(), ct))
        {
            if (update.Fault is { Exception: KubernetesException e })
                throw e;
        }
    }
}
