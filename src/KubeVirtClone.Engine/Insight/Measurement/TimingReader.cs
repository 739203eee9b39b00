using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Insight.Measurement;

/// <summary>Reads a clone's times out of its objects, its events, and what a watch saw. Asks nothing.</summary>
internal static class TimingReader
{
    // Clocks of client and server may differ by this much, or the answer have taken so long.
    private static readonly TimeSpan LatestStart = TimeSpan.FromSeconds(30);

    public static CloneTiming Read(CloneCase clone, IReadOnlyDictionary<ClonePhase, DateTimeOffset>? seen)
    {
        var record = clone.Record;
        var spans = new List<CloneSpan>();
        var watched = Whole(record, seen);
        // Begin and end must be of one clock: the server's in whole seconds, or ours.
        var at = watched?[ClonePhase.Pending] ?? record.CreationTimestamp;
        if (at is { } started)
        {
            if (record.Method == CloneMethod.Clone && !clone.FromSnapshot)
                at = Add(spans, ClonePart.Snapshot, started, SnapshotReady(clone, watched), ended: record.Phase is not (ClonePhase.Pending or ClonePhase.SnapshotInProgress));
            if (watched is null && SawRestoreWhole(seen))
                at = Add(spans, ClonePart.Restore, seen![ClonePhase.RestoreInProgress], Made(clone, seen), ended: true);
            else if (at is { } snapshotted && record.Phase is not (ClonePhase.Pending or ClonePhase.SnapshotInProgress))
                at = Add(spans, ClonePart.Restore, snapshotted, Made(clone, watched), ended: record.Phase == ClonePhase.Succeeded);
            if (at is { } made && record.Phase == ClonePhase.Succeeded && HasVolumes(clone))
                Add(spans, ClonePart.Bind, made, Bound(clone, made), ended: false);
        }

        if (Boot(clone) is { } boot)
            spans.Add(boot);
        return new CloneTiming
        {
            Namespace = record.Namespace,
            Name = record.Name,
            TargetName = record.TargetName,
            SourceName = record.SourceName,
            Method = record.Method,
            Batch = record.Batch,
            Phase = record.Phase,
            Started = watched?[ClonePhase.Pending] ?? record.CreationTimestamp,
            Spans = spans,
        };
    }

    // Who begins to watch a clone that is under way, or done, has not seen how long it took so far.
    private static IReadOnlyDictionary<ClonePhase, DateTimeOffset>? Whole(CloneRecord record, IReadOnlyDictionary<ClonePhase, DateTimeOffset>? seen) =>
        seen is { Count: > 1 } && seen.TryGetValue(ClonePhase.Pending, out var began)
        && (began - record.CreationTimestamp)?.Duration() < LatestStart
            ? seen
            : null;

    // Who came later may still have seen this part from its beginning, which is the one of another phase before.
    private static bool SawRestoreWhole(IReadOnlyDictionary<ClonePhase, DateTimeOffset>? seen) =>
        seen is not null && seen.TryGetValue(ClonePhase.RestoreInProgress, out var began) && seen.ContainsKey(ClonePhase.Succeeded) && seen.Values.Any(t => t < began);

    // A part whose end left no trace, though it is over, is left out: the next one then begins where this one did.
    private static DateTimeOffset? Add(List<CloneSpan> spans, ClonePart part, DateTimeOffset start, (DateTimeOffset At, string Origin)? end, bool ended)
    {
        if (end is null && ended)
            return start;
        // Sources differ by up to a second, which must not make time run backwards.
        var stop = end is { } e ? (e.At < start ? start : e.At) : (DateTimeOffset?)null;
        spans.Add(new CloneSpan(part, start, stop, end?.Origin ?? "not ended"));
        return stop;
    }

    private static (DateTimeOffset At, string Origin)? SnapshotReady(CloneCase clone, IReadOnlyDictionary<ClonePhase, DateTimeOffset>? watched)
    {
        if (watched?.TryGetValue(ClonePhase.RestoreInProgress, out var seen) == true)
            return (seen, "watch");
        return Event(clone, "SnapshotReady") ?? (clone.Snapshot is { } snapshot ? Condition(snapshot, "Ready") : null) ?? Created(clone.Restore, "restore made");
    }

    private static (DateTimeOffset At, string Origin)? Made(CloneCase clone, IReadOnlyDictionary<ClonePhase, DateTimeOffset>? watched)
    {
        if (watched?.TryGetValue(ClonePhase.Succeeded, out var seen) == true)
            return (seen, "watch");
        return Event(clone, "TargetVMCreated")
            ?? At(ObjectConditions.Time(clone.Restore?.StringAt("status", "restoreTime")), "restore status.restoreTime")
            ?? Created(clone.Target, "machine made");
    }

    private static (DateTimeOffset At, string Origin)? Bound(CloneCase clone, DateTimeOffset made)
    {
        if (clone.Record.Method == CloneMethod.DataVolume)
            return Filled(clone);
        if (Event(clone, "PVCBound") is { } bound)
            return bound;
        var claims = clone.Claims;
        if (claims.Any(c => !c.IsBound()))
            return null;
        // Its claims are made after the machine; only their events tell when they were bound.
        if (clone.Record.Method == CloneMethod.Direct)
        {
            var provisioned = claims.SelectMany(c => clone.Reading.EventsOf("PersistentVolumeClaim", c.Name).Where(e => e.Reason == "ProvisioningSucceeded")).Select(e => e.Last).ToList();
            return provisioned.Count >= claims.Count ? At(provisioned.Max(), "event ProvisioningSucceeded") : null;
        }

        // With immediate binding KubeVirt binds before it makes the machine; there is no other record of the moment.
        return clone.Record.Bound || claims.Count > 0 ? (made, "bound before the machine was made") : null;
    }

    // Of one that was tidied away only its event may be left.
    private static (DateTimeOffset At, string Origin)? Filled(CloneCase clone)
    {
        if (!clone.Record.Bound)
            return null;
        var filled = clone.Record.ClaimNames.Select(n => (clone.Reading.DataVolumes.Find(n) is { } dataVolume ? Condition(dataVolume, "Ready")?.At : null)
            ?? clone.Reading.EventsOf(RelatedKinds.DataVolume.Kind, n).Where(e => e.Reason == "CloneSucceeded").Select(e => e.First).FirstOrDefault()).ToList();
        return filled.Count > 0 && filled.TrueForAll(t => t is not null) ? At(filled.Max(), "DataVolume condition Ready") : null;
    }

    private static CloneSpan? Boot(CloneCase clone)
    {
        if (clone.Reading.Instances.Find(clone.Record.TargetName) is not { CreationTimestamp: { } begun } instance)
            return null;
        var running = instance.ItemsAt("status", "phaseTransitionTimestamps")
            .Where(t => t.Text("phase") == "Running")
            .Select(t => ObjectConditions.Time(t.Text("phaseTransitionTimestamp")))
            .FirstOrDefault();
        return new CloneSpan(ClonePart.Boot, begun, running, "instance status.phaseTransitionTimestamps");
    }

    private static bool HasVolumes(CloneCase clone) =>
        clone.Claims.Count > 0 || SourceMachine.Copied(clone.Target?.ToJsonObject()).Any();

    private static (DateTimeOffset At, string Origin)? Event(CloneCase clone, string reason) =>
        clone.CloneEvents.Where(e => e.Reason == reason).Select(e => e.First).FirstOrDefault() is { } at ? (at, $"event {reason}") : null;

    private static (DateTimeOffset At, string Origin)? Condition(KubernetesObject item, string type)
    {
        var condition = item.ItemsAt("status", "conditions").FirstOrDefault(c => c.Text("type") == type && c.Text("status") == "True");
        return condition.ValueKind == System.Text.Json.JsonValueKind.Object && ObjectConditions.Time(condition.Text("lastTransitionTime")) is { } at ? (at, $"{item.Kind} condition {type}") : null;
    }

    private static (DateTimeOffset At, string Origin)? Created(KubernetesObject? item, string origin) => At(item?.CreationTimestamp, origin);

    private static (DateTimeOffset At, string Origin)? At(DateTimeOffset? time, string origin) => time is { } at ? (at, origin) : null;
}
