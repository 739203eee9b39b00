using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>Gives a wait's faults their cause. Faults that come together share one reading of their namespace: a thousand timeouts cost no more than one.</summary>
internal sealed class FaultExplainer(KubeVirtCluster cluster)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private readonly Dictionary<string, (long At, Task<NamespaceReading> Reading)> _readings = new(StringComparer.Ordinal);

    /// <summary>The fault with its cause, or as it is when that cannot be found out.</summary>
    public async Task<Fault> ExplainAsync(Fault fault, CloneRecord? record, CancellationToken ct)
    {
        if (fault.Terminating || record is null || fault.Id is FaultIds.VMCloneDeleted or FaultIds.VMCloneNotFound)
            return fault;
        try
        {
            var reading = await ReadingAsync(record.Namespace, ct).WaitAsync(Longest, cluster.Clock, ct);
            var cause = CloneDoctor.Diagnose(record.Reference, reading);
            if (cause.Code is CauseCodes.CloneGone or CauseCodes.Completed)
                return fault;
            // That its deadline is exceeded is no cause.
            if (fault.Id == FaultIds.VMCloneSnapshotFailed && cause.Code == CauseCodes.SnapshotFailed)
                return fault with { Cause = cause, Message = $"The clone {record.Reference} cannot finish: {cause.Cause}", RecommendedAction = cause.NextStep };
            return fault.Id == FaultIds.VMCloneTimeout && cause.Health != CloneHealth.InProgress
                ? fault with { Cause = cause, Message = $"{fault.Message} {cause.Cause}", RecommendedAction = cause.NextStep.IsEmpty ? fault.RecommendedAction : cause.NextStep }
                : fault with { Cause = cause };
        }
        catch (Exception e) when (e is KubernetesException or EngineException or TimeoutException)
        {
            cluster.Callbacks.Verbose?.Invoke($"Why {record.Reference} did not get there could not be found out: {e.Message}");
            return fault;
        }
    }

    /// <summary>The fault of a snapshot that has failed, with the reason that the objects around it show; as it is where they show none.</summary>
    public async Task<Fault> ExplainAsync(Fault fault, SnapshotRecord record, CancellationToken ct)
    {
        try
        {
            var reading = await ReadingAsync(record.Namespace, ct).WaitAsync(Longest, cluster.Clock, ct);
            if (reading.Snapshots.Find(record.Name) is not { } snapshot || snapshot.StringAt("status", "error", "message") is not null || SnapshotFailure.Find(reading, snapshot) is not { } cause)
                return fault;
            return fault with { Message = $"{fault.Message.TrimEnd('.')}: {cause.Why}.", RecommendedAction = cause.Before("Then try again.") };
        }
        catch (Exception e) when (e is KubernetesException or EngineException or TimeoutException)
        {
            cluster.Callbacks.Verbose?.Invoke($"Why {record.Reference} has failed could not be found out: {e.Message}");
            return fault;
        }
    }

    private Task<NamespaceReading> ReadingAsync(string ns, CancellationToken ct)
    {
        lock (_gate)
        {
            if (!_readings.TryGetValue(ns, out var known) || known.Reading.IsFaulted || known.Reading.IsCanceled || cluster.Clock.GetElapsedTime(known.At) > Fresh)
                _readings[ns] = known = (cluster.Clock.GetTimestamp(), new NamespaceReader(cluster).ReadAsync(ns, ct));
            return known.Reading;
        }
    }
}
