using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>Why a clone's restore is not made, or does not finish.</summary>
internal static class RestoreStage
{
    public static CloneDiagnosis Diagnose(CloneCase clone) =>
        clone.Restore is { } restore ? OfRestore(clone, restore) : Unmade(clone);

    private static CloneDiagnosis Unmade(CloneCase clone)
    {
        // An event stands for an hour; a refusal that was overcome is followed by another event, or by the restore itself.
        var refused = clone.CloneEvents.Where(e => e.Reason == "RestoreCreationFailed" && !e.Message.Contains("content name is nil", StringComparison.Ordinal))
            .MaxBy(e => e.Last ?? DateTimeOffset.MinValue);
        if (clone.Record.RestoreName is null && refused is not null)
            return Refused(clone, CauseText.OfRefusal(refused.Message), refused.Message, [CloneCase.Event(refused)]);
        if (clone.Record.RestoreName is null && FromSpec(clone) is var (code, text))
            return Refused(clone, code, text, [new DiagnosisEvidence($"VirtualMachineClone {clone.Record.Name}", "spec", text)]);
        if (clone.Record.RestoreName is { } name && clone.Reading.Restores.Lacks(name))
        {
            return clone.Diagnosis(
                CloneHealth.Stuck,
                CauseCodes.RestoreDeleted,
                $"The restore '{name}' was deleted before the clone was done.",
                canEnd: false,
                [new DiagnosisEvidence($"VirtualMachineClone {clone.Record.Name}", "status.restoreName", $"{name}, which does not exist")]);
        }

        return clone.Snapshot is { } snapshot && SnapshotStage.Of(clone, snapshot) is { } trouble
            ? trouble
            : clone.Diagnosis(CloneHealth.InProgress, CauseCodes.InProgress, "The restore is about to be made.", canEnd: true, []);
    }

    // Events can be gone or unreadable; what KubeVirt refuses in a restore can be seen from the clone, too.
    private static (string Code, string Text)? FromSpec(CloneCase clone)
    {
        var spec = clone.Record.Raw.At("spec");
        var target = spec?.Member("target");
        if (target?.Text("apiGroup") is not KubeVirtKinds.KubeVirtGroup and var group)
            return string.IsNullOrEmpty(group) ? (CauseCodes.TargetGroupMissing, "spec.target.apiGroup is missing") : (CauseCodes.TargetGroupWrong, $"spec.target.apiGroup is {group}");
        foreach (var mac in spec?.Member("newMacAddresses")?.EnumerateObject() ?? default)
        {
            if (mac.Value.GetString()?.Contains(':', StringComparison.Ordinal) == true)
                return (CauseCodes.MacNotation, $"spec.newMacAddresses.{mac.Name} is {mac.Value.GetString()}");
        }

        foreach (var patch in spec?.Member("patches")?.EnumerateArray() ?? default)
        {
            if (RestoreWebhookRules.WhyRefused(patch.GetString() ?? "") is var (path, why))
                return (path ? CauseCodes.PatchPath : CauseCodes.PatchForm, $"patch {patch.GetString()}: {why}");
        }

        return null;
    }

    private static CloneDiagnosis Refused(CloneCase clone, string code, string text, IEnumerable<DiagnosisEvidence> evidence)
    {
        var what = code switch
        {
            CauseCodes.MacNotation => "A MAC address is written with colons, which KubeVirt's restore does not take",
            CauseCodes.PatchForm => "A patch has a form KubeVirt's restore does not take",
            CauseCodes.PatchPath => "A patch changes what a clone may not change",
            CauseCodes.TargetGroupMissing => "The clone's target has no apiGroup",
            CauseCodes.TargetGroupWrong => "The clone's target has a wrong apiGroup",
            CauseCodes.TargetBusy => $"Another restore into '{clone.Record.TargetName}' is under way",
            _ => "The restore is refused",
        };
        // The controller's own restore shows as this for a moment, until its cache has it.
        var harmless = code == CauseCodes.TargetBusy && text.Contains(clone.RestoreName, StringComparison.Ordinal);
        return harmless
            ? clone.Diagnosis(CloneHealth.InProgress, CauseCodes.InProgress, "The restore has just been made.", canEnd: true, evidence)
            : clone.Diagnosis(
                code == CauseCodes.TargetBusy ? CloneHealth.Waiting : CloneHealth.Stuck,
                code,
                $"{what}: {StuckReasons.Shorten(text)}. KubeVirt tries again for ever.",
                canEnd: false,
                evidence);
    }

    private static CloneDiagnosis OfRestore(CloneCase clone, KubernetesObject restore)
    {
        if (restore.DeletionTimestamp is not null && !restore.IsTrueAt("status", "complete"))
            return clone.Diagnosis(CloneHealth.Stuck, CauseCodes.RestoreDeleted, $"The restore '{restore.Name}' is being deleted before it is complete.", canEnd: false, []);
        if (restore.Condition("Failure") is { IsTrue: true } failure)
        {
            var text = failure.Reason ?? failure.Message ?? "";
            return clone.Diagnosis(CloneHealth.Stuck, CauseCodes.RestoreFailed, $"The restore '{restore.Name}' has failed: {StuckReasons.Shorten(text)}", canEnd: false, [CloneCase.Condition(restore, "Failure")]);
        }

        var progressing = restore.Condition("Progressing");
        if (progressing is { IsTrue: false } && restore.Condition("Ready") is { IsTrue: false } && !restore.IsTrueAt("status", "complete"))
            return Erring(clone, restore, progressing.Reason ?? "");
        if (progressing?.Reason?.Contains("to be powered off", StringComparison.Ordinal) == true || restore.Condition("Ready")?.Reason?.Contains("to be powered off", StringComparison.Ordinal) == true)
            return clone.Diagnosis(CloneHealth.Waiting, CauseCodes.TargetRunning, $"The restore '{restore.Name}' waits until '{clone.Record.TargetName}', which runs, is stopped.", canEnd: false, [CloneCase.Condition(restore, "Progressing"), CloneCase.Condition(restore, "Ready")]);
        return VolumeTrouble(clone) ?? SnapshotTrouble(clone, restore) ?? Silent(clone, restore) ?? clone.Diagnosis(
            CloneHealth.InProgress,
            CauseCodes.InProgress,
            restore.IsTrueAt("status", "complete") ? "The restore is complete; KubeVirt is about to finish the clone." : "The volumes and the machine are being made.",
            canEnd: true,
            [CloneCase.Condition(restore, "Ready")]);
    }

    private static CloneDiagnosis Erring(CloneCase clone, KubernetesObject restore, string text)
    {
        var code = CauseText.OfRestoreError(text);
        if (code == CauseCodes.SnapshotDeleted && clone.Snapshot is { } snapshot && SnapshotStage.Of(clone, snapshot) is { } trouble)
            return trouble;
        var what = code switch
        {
            CauseCodes.TargetExists => $"A machine '{clone.Record.TargetName}' exists already",
            CauseCodes.PatchNotApplicable => $"A patch cannot be applied to '{clone.Record.SourceName}'",
            CauseCodes.TargetNameInvalid => $"'{Clip(clone.Record.TargetName)}' is not a legal name",
            CauseCodes.QuotaExceeded => "The namespace's quota does not hold another volume or machine",
            CauseCodes.LimitRangeExceeded => "The namespace's limit range does not allow a volume of this size",
            CauseCodes.SnapshotDeleted => "The snapshot it is made from is gone",
            CauseCodes.SnapshotNotReady => "The snapshot it is made from is not ready",
            CauseCodes.TargetRefused => "The new machine or volume is refused",
            CauseCodes.TemplateSourceMissing => "The DataSource of a volume template does not exist",
            _ => "The restore reports an error",
        };
        var forGood = CauseText.IsForGood(code) && code is not (CauseCodes.QuotaExceeded or CauseCodes.LimitRangeExceeded);
        var warning = clone.Reading.EventsOf("VirtualMachineRestore", restore.Name).Where(e => e.Reason == "VirtualMachineRestoreError").MaxBy(e => e.Last ?? DateTimeOffset.MinValue);
        // Before the reason KubeVirt lists every operation, its own among them.
        var at = code == CauseCodes.PatchNotApplicable ? text.LastIndexOf("]: ", StringComparison.Ordinal) : -1;
        var said = at < 0 ? text : text[(at + 3)..];
        return clone.Diagnosis(
            forGood || code is CauseCodes.QuotaExceeded or CauseCodes.LimitRangeExceeded ? CloneHealth.Stuck : CloneHealth.Waiting,
            code,
            $"{what}: {StuckReasons.Shorten(said)}. KubeVirt tries again for ever.",
            canEnd: !CauseText.IsForGood(code),
            [CloneCase.Condition(restore, "Progressing"), warning is null ? null : CloneCase.Event(warning)]);
    }

    private static CloneDiagnosis? VolumeTrouble(CloneCase clone)
    {
        foreach (var claim in clone.Claims.Where(c => !c.IsBound()))
        {
            var storageClass = claim.AsClaim()?.Spec?.StorageClassName;
            if (storageClass is { Length: > 0 } && clone.Reading.StorageClasses.Lacks(storageClass))
            {
                return clone.Diagnosis(
                    CloneHealth.Stuck,
                    CauseCodes.StorageClassMissing,
                    $"The storage class '{storageClass}' of the new claim '{claim.Name}' does not exist.",
                    canEnd: false,
                    [Phase(claim)]);
            }

            var events = clone.Reading.EventsOf("PersistentVolumeClaim", claim.Name).ToList();
            var failed = events.Where(e => e.Type == "Warning").MaxBy(e => e.Last ?? DateTimeOffset.MinValue);
            var waiting = failed ?? events.MaxBy(e => e.Last ?? DateTimeOffset.MinValue);
            return clone.Diagnosis(
                CloneHealth.Waiting,
                CauseCodes.ClaimNotProvisioned,
                $"The new claim '{claim.Name}' is not bound yet{(storageClass is null ? "" : $" (storage class '{storageClass}')")}"
                    + (failed is null ? ": the storage has not made its volume." : $": {StuckReasons.Shorten(failed.Message)}"),
                canEnd: true,
                [failed is null ? null : CloneCase.Event(failed), Phase(claim), failed is null && waiting is not null ? CloneCase.Event(waiting) : null]);
        }

        return null;
    }

    private static CloneDiagnosis? SnapshotTrouble(CloneCase clone, KubernetesObject restore)
    {
        var name = restore.StringAt("spec", "virtualMachineSnapshotName") ?? "";
        if (clone.Reading.Snapshots.Find(name) is { } snapshot)
            return SnapshotStage.Of(clone, snapshot);
        return restore.IsTrueAt("status", "complete") || !clone.Reading.Snapshots.Lacks(name) ? null : clone.Diagnosis(
            CloneHealth.Stuck,
            CauseCodes.SnapshotDeleted,
            $"The snapshot '{name}' the clone is made from does not exist.",
            canEnd: false,
            [new DiagnosisEvidence($"VirtualMachineRestore {restore.Name}", "spec.virtualMachineSnapshotName", name)]);
    }

    private static CloneDiagnosis? Silent(CloneCase clone, KubernetesObject restore) =>
        restore.Condition("Progressing") is not null || clone.Age < Diagnoser.Patience || restore.IsTrueAt("status", "complete") ? null : clone.Diagnosis(
            CloneHealth.Waiting,
            CauseCodes.ControllerSilent,
            $"KubeVirt has not acted on the restore in {Durations.Duration(clone.Age)}.",
            canEnd: true,
            [new DiagnosisEvidence($"VirtualMachineRestore {restore.Name}", "status", "empty", restore.CreationTimestamp)]);

    private static DiagnosisEvidence Phase(KubernetesObject claim) =>
        new($"PersistentVolumeClaim {claim.Name}", "status.phase", claim.ClaimPhase() ?? "Pending", claim.CreationTimestamp);

    private static string Clip(string text) => text.Length <= 80 ? text : text[..77] + "...";
}
