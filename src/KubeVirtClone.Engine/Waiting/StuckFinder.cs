using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Facts;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>
/// Looks into clones that stay in a phase, with the eyes of the diagnosis: one reading of the namespace for all of them, at growing intervals.
/// A clone that is found stuck for the same cause twice is given up. Used under the namespace's lock, <see cref="ReadAsync"/> excepted.
/// </summary>
internal sealed class StuckFinder(KubeVirtCluster cluster, string ns)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private TimeSpan _pause = FirstPause;
    private DateTimeOffset _next;
    private bool _reading;

    /// <summary>Whether it is time to look; the caller then does.</summary>
    public bool IsDue(IEnumerable<TrackedClone> clones, DateTimeOffset now)
    {
        if (_reading || now < _next)
            return false;
        var slow = clones.Where(c => IsUnderWay(c) && now - c.PhaseSince >= Patience).ToList();
        if (slow.Count == 0)
            return false;
        _reading = true;
        // Who is suspected is looked at again soon.
        _pause = slow.Exists(c => c.Suspected is not null) ? FirstPause : TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, LongestPause.Ticks));
        return true;
    }

    /// <summary>Everything around the namespace's clones; null when it cannot be read.</summary>
    public async Task<NamespaceReading?> ReadAsync(CancellationToken ct)
    {
        try
        {
            return await new NamespaceReader(cluster).ReadAsync(ns, ct);
        }
        catch (Exception e) when (e is KubernetesException or EngineException or OperationCanceledException)
        {
            cluster.Callbacks.Verbose?.Invoke($"What keeps the clones in {ns} could not be looked into: {e.Message}");
            return null;
        }
        finally
        {
            _next = cluster.SteadyNow + _pause;
            _reading = false;
        }
    }

    /// <summary>What comes of following a clone by what was read, or null when it goes on.</summary>
    public static FollowOutcome? Judge(TrackedClone clone, NamespaceReading reading, DateTimeOffset now)
    {
        if (!IsUnderWay(clone) || now - clone.PhaseSince < Patience)
            return null;
        var record = clone.Record!;
        var cause = CloneDoctor.Diagnose(record.Reference, reading);
        var before = clone.Suspected;
        clone.Suspected = cause.Health == CloneHealth.Stuck ? cause.Code : null;
        return clone.Suspected is not null && before == clone.Suspected ? WaitJudge.Diagnosed(record, cause) : null;
    }

    private static bool IsUnderWay(TrackedClone clone) =>
        clone is { Gone: false, Outcome: null, Record.Phase: not (ClonePhase.Succeeded or ClonePhase.Failed) }
            // A machine that was posted is there long before its volumes are.
            or { Gone: false, Outcome: null, Record: { Method: CloneMethod.Direct or CloneMethod.DataVolume, Bound: false } };
}
