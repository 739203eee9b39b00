using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>Names the cause from what was read: asks nothing, so that recorded states can be diagnosed as live ones are.</summary>
internal static class Diagnoser
{
    /// <summary>Time within which nothing is made of a controller that has not acted yet.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const string NoSource = "Source doesnt exist";

    public static CloneDiagnosis Diagnose(CloneCase clone)
    {
        if (clone.Record.Raw.DeletionTimestamp is { } deleted)
            return clone.Diagnosis(CloneHealth.InProgress, CauseCodes.CloneDeleting, "The clone is being deleted.", canEnd: true, [], deleted);
        if (clone.Record is { Method: CloneMethod.Clone, Phase: not (ClonePhase.Pending or ClonePhase.Succeeded or ClonePhase.Failed) } && clone.Record.Message.StartsWith(NoSource, StringComparison.Ordinal))
            return SourceGone(clone);
        if (clone.Record.Phase == ClonePhase.RestoreInProgress && clone.Record.Method.StandsAsMachine())
            return Incomplete(clone);
        return clone.Record.Phase switch
        {
            ClonePhase.Succeeded => FinishedStage.Diagnose(clone),
            ClonePhase.Failed => Failed(clone),
            ClonePhase.Pending when clone.Record.Method == CloneMethod.Clone => Pending(clone),
            ClonePhase.SnapshotInProgress => SnapshotStage.Diagnose(clone),
            _ => RestoreStage.Diagnose(clone),
        };
    }

    /// <summary>What there is to say about a clone that does not exist, or whose name another has.</summary>
    public static CloneDiagnosis Gone(CloneReference reference, KubernetesObject? another, NamespaceReading reading) => new()
    {
        Reference = reference,
        TargetName = "",
        Health = CloneHealth.Failed,
        Code = CauseCodes.CloneGone,
        Cause = another is not null && ReplacedFaults.OfClone(another, reference.Uid) is { } replaced ? replaced.Message : $"There is no clone {reference}. KubeVirt also deletes a finished clone when its virtual machine is deleted.",
        Evidence = [],
        NextStep = "Check name and namespace, or clone again.",
        NotRead = reading.NotRead,
    };

    // Whoever makes a machine makes its claims within moments, unless he is stopped in between.
    private static CloneDiagnosis Incomplete(CloneCase clone)
    {
        var evidence = new[] { new DiagnosisEvidence($"VirtualMachine {clone.Record.TargetName}", $"annotation {CloneLabels.Claims}", clone.Record.Message, clone.Record.CreationTimestamp) };
        return clone.Age < Patience
            ? clone.Diagnosis(CloneHealth.InProgress, CauseCodes.InProgress, "The clone's disks are being made.", canEnd: true, evidence)
            : clone.Diagnosis(CloneHealth.Stuck, CauseCodes.ClaimsNotMade, $"The clone was made directly, and whoever made it was interrupted: {clone.Record.Message}.", canEnd: false, evidence);
    }

    private static CloneDiagnosis Pending(CloneCase clone)
    {
        var text = clone.Record.Message;
        var seen = new[] { CloneCase.Condition(clone.Record.Raw, "Ready") };
        if (text.StartsWith(NoSource, StringComparison.Ordinal))
        {
            return clone.Diagnosis(
                CloneHealth.Waiting,
                CauseCodes.SourceMissing,
                $"The source {clone.SourceText} does not exist; the clone waits for somebody to make it.",
                canEnd: false,
                seen);
        }

        if (text.Contains("snapshot", StringComparison.OrdinalIgnoreCase) && text.Contains("volume", StringComparison.OrdinalIgnoreCase))
            return Unsnapshottable(clone, text, seen);
        return clone.Age < Patience || text.Length > 0
            ? clone.Diagnosis(CloneHealth.InProgress, CauseCodes.InProgress, text.Length > 0 ? StuckReasons.Shorten(text) : "The clone was just made.", canEnd: true, seen)
            : clone.Diagnosis(
                CloneHealth.Waiting,
                CauseCodes.ControllerSilent,
                $"KubeVirt has not acted on the clone in {Durations.Duration(clone.Age)}.",
                canEnd: true,
                [new DiagnosisEvidence($"VirtualMachineClone {clone.Record.Name}", "status", "empty", clone.Record.CreationTimestamp)]);
    }

    // KubeVirt looks for the source first, each time, and gets no further without it.
    private static CloneDiagnosis SourceGone(CloneCase clone)
    {
        var made = clone.Restore?.IsTrueAt("status", "complete") == true && clone.Target is not null;
        var diagnosis = clone.Diagnosis(
            CloneHealth.Stuck,
            CauseCodes.SourceDeleted,
            $"The source {clone.SourceText} was deleted {(made ? $"before KubeVirt had finished the clone; its machine '{clone.Record.TargetName}' is made" : "while the clone still needed it")}. KubeVirt gets no further without it.",
            canEnd: false,
            [CloneCase.Condition(clone.Record.Raw, "Ready")]);
        return diagnosis with
        {
            NextStep = !made ? "Remove the clone, and clone another source."
                : clone.HasUnfilledClaims ? diagnosis.NextStep
                : "Nothing is missing in the machine: remove the clone, which takes its temporary snapshot with it.",
        };
    }

    private static CloneDiagnosis Unsnapshottable(CloneCase clone, string text, IEnumerable<DiagnosisEvidence> seen)
    {
        var machine = clone.SourceMachine?.ToJsonObject();
        var bad = (clone.SourceMachine?.ItemsAt("status", "volumeSnapshotStatuses") ?? [])
            .Where(s => s.Member("enabled") is not { ValueKind: System.Text.Json.JsonValueKind.True })
            .Select(s => (Name: s.Text("name") ?? "", Reason: s.Text("reason") ?? ""))
            .Where(s => text.Contains($"volume {s.Name} ", StringComparison.Ordinal))
            .ToList();
        var missing = SourceMachine.Copied(machine).Concat(SourceMachine.MemoryDumps(machine)).FirstOrDefault(v => bad.Exists(b => b.Name == v.Name) && clone.Reading.Claims.Lacks(v.Claim));
        var evidence = seen.Concat(bad.Select(b => new DiagnosisEvidence(
            $"VirtualMachine {clone.Record.SourceName}", $"status.volumeSnapshotStatuses[{b.Name}]", b.Reason)));
        return missing is null
            ? clone.Diagnosis(CloneHealth.Waiting, CauseCodes.SourceVolumeNotSnapshottable, $"{StuckReasons.Shorten(text)}{(bad.Count > 0 ? $": {string.Join("; ", bad.Select(b => b.Reason).Distinct(StringComparer.Ordinal))}" : "")}", canEnd: false, evidence)
            : clone.Diagnosis(CloneHealth.Waiting, CauseCodes.SourceClaimMissing, $"The claim '{missing.Claim}' of the source's volume '{missing.Name}' does not exist.", canEnd: false, evidence);
    }

    private static CloneDiagnosis Failed(CloneCase clone)
    {
        if (clone.Record.Method == CloneMethod.Restore)
            return RestoreStage.Diagnose(clone);
        var reported = clone.CloneEvents.FirstOrDefault(e => e.Reason is "SourceVMWithBackendStorageInvalid" or "SnapshotContentInvalid" or "SnapshotDeleted");
        var text = reported?.Message ?? clone.Record.Message;
        var evidence = new[] { reported is null ? null : CloneCase.Event(reported), CloneCase.Condition(clone.Record.Raw, "Ready") };
        var unclonable = SourceMachine.Unclonable(clone.SourceMachine?.ToJsonObject());
        if (reported?.Reason == "SourceVMWithBackendStorageInvalid" || text.Contains("backendstorage", StringComparison.OrdinalIgnoreCase) || (text.Length == 0 && unclonable is not null))
            return clone.Diagnosis(CloneHealth.Failed, CauseCodes.SourceUnsupported, $"'{clone.Record.SourceName}' has {unclonable ?? "state in backend storage (persistent TPM or EFI)"}, which KubeVirt cannot clone.", canEnd: false, evidence);
        return reported?.Reason == "SnapshotDeleted" || text.Contains("does not exist anymore", StringComparison.Ordinal)
            ? clone.Diagnosis(CloneHealth.Failed, CauseCodes.SnapshotDeleted, "The clone's snapshot was deleted before the clone was done.", canEnd: false, evidence)
            : clone.Diagnosis(CloneHealth.Failed, CauseCodes.SnapshotUnusable, $"The snapshot cannot be used for a clone: {(text.Length > 0 ? StuckReasons.Shorten(text) : "KubeVirt's reason was overwritten and its event is gone")}.", canEnd: false, evidence);
    }
}
