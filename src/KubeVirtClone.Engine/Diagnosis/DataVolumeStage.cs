using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Causes;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>Where a clone stands whose disks CDI copies: its machine is there, and its data volumes are made and filled.</summary>
internal static class DataVolumeStage
{
    /// <summary>What keeps its disks; null when they are all there, or nothing can be seen of them.</summary>
    public static CloneDiagnosis? Diagnose(CloneCase clone)
    {
        if (clone.Record.Bound || !clone.Reading.DataVolumes.IsRead)
            return null;
        var unfilled = clone.Record.ClaimNames.Where(n => !clone.IsFilled(n)).Order(StringComparer.Ordinal).ToList();
        return unfilled.Select(n => WhyNever(clone, n)).FirstOrDefault(d => d is not null)
            ?? (unfilled.Count == 0 ? null : UnderWay(clone, unfilled));
    }

    private static CloneDiagnosis? WhyNever(CloneCase clone, string name)
    {
        if (clone.Reading.DataVolumes.Find(name) is not { } dataVolume)
            return NotMade(clone, name);
        if (ClaimState.OfDataVolume(dataVolume).Machine != clone.Record.Uid)
        {
            return clone.Diagnosis(
                CloneHealth.Stuck, CauseCodes.DataVolumeFailed, $"A data volume '{name}' exists that is not of the machine '{clone.Record.TargetName}'.", canEnd: false, [Phase(dataVolume)]) with
            {
                NextStep = "Remove that data volume if nobody needs it, or remove the clone, and clone under another name.",
            };
        }

        var events = clone.Reading.EventsOf(RelatedKinds.DataVolume.Kind, name).Where(e => e.IsOf(dataVolume)).ToList();
        // What the populator says is said of the claim.
        var ofClaim = clone.Reading.EventsOf(KubeVirtKinds.PersistentVolumeClaim.Kind, name).Where(e => e.IsOf(dataVolume)).ToList();
        if (DataVolumeCause.Of(dataVolume, events.Select(e => (e.Reason, e.Message)), ofClaim.Select(e => (e.Reason, e.Message))) is { } cause)
        {
            return clone.Diagnosis(
                CloneHealth.Stuck,
                cause.Category == FaultCategory.LimitsExceeded ? CauseCodes.QuotaExceeded : CauseCodes.DataVolumeFailed,
                $"The disk '{name}' is never filled: {cause.Cause}",
                canEnd: false,
                [new DiagnosisEvidence($"DataVolume {name}", "conditions and events", cause.Text), Phase(dataVolume)]) with
            {
                NextStep = cause.Action,
            };
        }

        // Where pods copy without a populator, it is said of the data volume.
        return ofClaim.Concat(events).FirstOrDefault(e => e.Reason == "CloneSourceInUse") is { } used && IsInUse(clone)
            ? clone.Diagnosis(
                CloneHealth.Stuck,
                CauseCodes.SourceInUse,
                $"CDI waits until nothing uses the disks of '{clone.Record.SourceName}' ({used.Message}): it copies those of a stopped machine only.",
                canEnd: false,
                [CloneCase.Event(used), Phase(dataVolume)]) with
            {
                NextStep = $"Stop the source ({CommandName.StopVM} {clone.Record.SourceName}); the clone goes on by itself then. Or remove the clone.",
            }
            : null;
    }

    private static CloneDiagnosis? NotMade(CloneCase clone, string name)
    {
        var why = clone.CloneEvents.Where(e => e.Reason is "FailedDataVolumeCreate" or "UnauthorizedDataVolumeCreate" && e.Message.Contains(name, StringComparison.Ordinal)).MaxBy(e => e.Last);
        if (why is null)
        {
            return clone.Age < Diagnoser.Patience ? null : clone.Diagnosis(
                CloneHealth.Waiting, CauseCodes.ControllerSilent, $"virt-controller has not made the data volume '{name}' in {Durations.Duration(clone.Age)}.", canEnd: true, []);
        }

        var quota = why.Message.Contains("exceeded quota", StringComparison.Ordinal);
        return clone.Diagnosis(
            CloneHealth.Stuck,
            quota ? CauseCodes.QuotaExceeded : CauseCodes.DataVolumeFailed,
            $"The disk '{name}' is not made: {StuckReasons.Shorten(why.Message)}",
            canEnd: false,
            [CloneCase.Event(why)]);
    }

    private static bool IsInUse(CloneCase clone)
    {
        var source = clone.Record.SourceName;
        // What runs in another namespace is not read; as long as the copy has not begun, CDI's word holds.
        if (clone.Record.SourceNamespace is not null)
            return clone.Record.ClaimNames.Any(n => clone.Reading.DataVolumes.Find(n)?.StringAt("status", "phase") is null or "Pending" or "CloneScheduled");
        return clone.Reading.Instances.IsRead ? clone.Reading.Instances.Find(source) is not null : clone.SourceMachine?.IsTrueAt("status", "created") != false;
    }

    private static CloneDiagnosis UnderWay(CloneCase clone, List<string> names)
    {
        var found = names.Select(n => clone.Reading.DataVolumes.Find(n)).OfType<KubernetesObject>().ToList();
        var evidence = found.ConvertAll(Phase);
        evidence.AddRange(found.SelectMany(f => new[] { RelatedKinds.DataVolume, KubeVirtKinds.PersistentVolumeClaim }
            .Select(k => clone.Reading.EventsOf(k.Kind, f.Name).Where(e => e.IsTrouble && e.IsOf(f)).MaxBy(e => e.Last))).OfType<ObjectEvent>().Select(CloneCase.Event));
        if (found.Count == names.Count && found.TrueForAll(d => ClaimState.OfDataVolume(d).WaitsForConsumer))
        {
            return clone.Diagnosis(
                CloneHealth.Waiting,
                CauseCodes.WaitsForFirstConsumer,
                $"The clone has succeeded; its disks {string.Join(", ", names)} are filled when '{clone.Record.TargetName}' starts for the first time.",
                canEnd: false,
                evidence) with
            {
                NextStep = $"Start the machine once. Until then keep '{clone.Record.SourceName}', and stopped.",
            };
        }

        var progress = found.Select(d => d.StringAt("status", "progress")).FirstOrDefault(p => p is { Length: > 0 } and not "N/A");
        return clone.Diagnosis(
            CloneHealth.InProgress,
            CauseCodes.InProgress,
            $"CDI copies the disks {string.Join(", ", names)}{(progress is null ? "" : $" ({progress})")}. '{clone.Record.SourceName}' has to stay off until that is done.",
            canEnd: true,
            evidence);
    }

    private static DiagnosisEvidence Phase(KubernetesObject dataVolume) =>
        new($"DataVolume {dataVolume.Name}", "status.phase", dataVolume.StringAt("status", "phase") ?? "", dataVolume.CreationTimestamp);
}
