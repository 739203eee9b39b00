using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>Why a clone's snapshot is not there yet.</summary>
internal static class SnapshotStage
{
    public static CloneDiagnosis Diagnose(CloneCase clone)
    {
        if (clone.Snapshot is not { } snapshot)
        {
            return clone.Reading.Snapshots.IsRead && clone.Record.SnapshotName is not null
                ? clone.Diagnosis(
                    CloneHealth.Stuck,
                    CauseCodes.SnapshotDeleted,
                    $"The snapshot '{clone.SnapshotName}' was deleted; KubeVirt waits for it for ever.",
                    canEnd: false,
                    [new DiagnosisEvidence($"VirtualMachineClone {clone.Record.Name}", "status.snapshotName", $"{clone.SnapshotName}, which does not exist")])
                : NoRoom(clone, "virtualmachinesnapshots.snapshot.kubevirt.io", "its snapshot") ?? Going(clone, "The snapshot is about to be taken.");
        }

        return Of(clone, snapshot) ?? Unwritten(clone, snapshot) ?? Going(
            clone,
            snapshot.IsTrueAt("status", "readyToUse")
                ? "The snapshot is ready; KubeVirt's clone controller, which makes about one clone a second in the whole cluster, has not come round to this one yet."
                : "The snapshot is being taken.",
            snapshot);
    }

    // A quota on objects that KubeVirt makes leaves no trace but that they are not there.
    private static CloneDiagnosis? Unwritten(CloneCase clone, KubernetesObject snapshot)
    {
        if (snapshot.IsTrueAt("status", "readyToUse") || snapshot.Condition("Progressing") is not { IsTrue: true })
            return null;
        if (!clone.Reading.Contents.IsRead)
            return null;
        var content = clone.Reading.Contents.Items!.Values.FirstOrDefault(c => c.StringAt("spec", "virtualMachineSnapshotName") == snapshot.Name);
        if (content is null)
            return NoRoom(clone, "virtualmachinesnapshotcontents.snapshot.kubevirt.io", "the content of its snapshot");
        if (NameLong(clone, snapshot, content) is { } named)
            return named;
        var backups = content.ItemsAt("spec", "volumeBackups").Select(b => b.Text("volumeSnapshotName") ?? "").ToList();
        return clone.Reading.VolumeSnapshots.IsRead && backups.Exists(clone.Reading.VolumeSnapshots.Lacks)
            ? NoRoom(clone, "volumesnapshots.snapshot.storage.k8s.io", "the snapshots of its volumes")
            : null;
    }

    // Its snapshots would have the name as the value of a label; nothing says that they are refused.
    private static CloneDiagnosis? NameLong(CloneCase clone, KubernetesObject snapshot, KubernetesObject content)
    {
        var source = snapshot.StringAt("spec", "source", "name") ?? "";
        if (source.Length <= NameRules.MaxLabelLength || !content.ItemsAt("spec", "volumeBackups").Any())
            return null;
        return clone.Diagnosis(
            CloneHealth.Stuck,
            CauseCodes.SourceNameLong,
            $"The source's name has {source.Length} characters. KubeVirt makes it the value of a label on the snapshots of its volumes, where {NameRules.MaxLabelLength} are allowed: they are never made.",
            canEnd: false,
            [new DiagnosisEvidence($"VirtualMachineSnapshot {snapshot.Name}", "spec.source.name", source, snapshot.CreationTimestamp), CloneCase.Condition(snapshot, "Progressing")]);
    }

    private static CloneDiagnosis? NoRoom(CloneCase clone, string kind, string what) => clone.Reading.FullQuota("count/" + kind) is not { } quota ? null : clone.Diagnosis(
        CloneHealth.Stuck,
        CauseCodes.QuotaExceeded,
        $"The quota '{quota.Metadata.Name}' has no room for {what}, so that the clone does not go on; KubeVirt says nothing about it.",
        canEnd: false,
        [
            new DiagnosisEvidence($"ResourceQuota {quota.Metadata.Name}", $"count/{kind}", quota.Used($"count/{kind}"), clone.Record.CreationTimestamp),
        ]);

    /// <summary>What is wrong with the snapshot a clone needs, or null.</summary>
    public static CloneDiagnosis? Of(CloneCase clone, KubernetesObject snapshot)
    {
        if (snapshot.DeletionTimestamp is { } deleted)
        {
            return clone.Diagnosis(
                CloneHealth.Stuck,
                CauseCodes.SnapshotDeleted,
                $"The snapshot '{snapshot.Name}' is being deleted.",
                canEnd: false,
                [new DiagnosisEvidence($"VirtualMachineSnapshot {snapshot.Name}", "metadata.deletionTimestamp", $"{deleted:u}", deleted)]);
        }

        var progress = CloneCase.Condition(snapshot, "Progressing");
        var error = snapshot.StringAt("status", "error", "message");
        var storage = StorageErrors(clone, snapshot).ToList();
        var failure = snapshot.Condition("Failure") is { IsTrue: true };
        if (snapshot.StringAt("status", "phase") == "Failed" || failure)
            return Failed(clone, snapshot, error, progress, storage);
        if (snapshot.IsTrueAt("status", "readyToUse"))
            return null;
        if (error is not null || storage.Count > 0)
        {
            return clone.Diagnosis(
                CloneHealth.Waiting,
                CauseText.OfStorageError(error ?? storage[0].Text) ?? (snapshot.StringAt("status", "phase") == "Succeeded" ? CauseCodes.SnapshotNotReady : CauseCodes.SnapshotError),
                $"The storage reports an error about the snapshot and tries again: {StuckReasons.Shorten(error ?? storage[0].Text)}",
                canEnd: true,
                [ErrorOf(snapshot, error), .. storage, progress]);
        }

        if (snapshot.StringAt("status", "phase") == "Succeeded")
            return clone.Diagnosis(CloneHealth.Waiting, CauseCodes.SnapshotNotReady, "The snapshot is taken, but the storage has not made it ready to use yet.", canEnd: true, [CloneCase.Condition(snapshot, "Ready")]);
        return CauseText.OfSnapshotWait(progress.Text) is { } code ? Waits(clone, snapshot, code, progress) : null;
    }

    private static CloneDiagnosis Failed(CloneCase clone, KubernetesObject snapshot, string? error, DiagnosisEvidence progress, List<DiagnosisEvidence> storage)
    {
        var why = error ?? storage.FirstOrDefault()?.Text;
        var text = CloneCase.Condition(snapshot, "Failure");
        var cause = why is null ? SnapshotFailure.Find(clone.Reading, snapshot) : null;
        var diagnosis = clone.Diagnosis(
            CloneHealth.Stuck,
            CauseCodes.SnapshotFailed,
            $"The snapshot '{snapshot.Name}' has failed ({text.Text}){((why ?? cause?.Why) is { } reason ? $": {StuckReasons.Shorten(reason)}" : "")}. KubeVirt waits for it for ever.",
            canEnd: false,
            [text, ErrorOf(snapshot, error), .. storage, .. cause?.Evidence ?? [], progress]);
        return cause is null ? diagnosis : diagnosis with { NextStep = cause.Before("Then remove the clone, and clone again.") };
    }

    // Of a machine that is being deleted, and of one whose state has no volume yet, KubeVirt says no more than that it is not locked.
    private static string OfSource(KubernetesObject? machine, string code) =>
        code != CauseCodes.SourceNotLocked ? code
        : machine?.DeletionTimestamp is not null ? CauseCodes.SourceDeleting
        : SourceMachine.Unclonable(machine?.ToJsonObject()) is not null ? CauseCodes.SourceUnsupported
        : code;

    private static CloneDiagnosis Waits(CloneCase clone, KubernetesObject snapshot, string code, DiagnosisEvidence progress)
    {
        var source = snapshot.StringAt("spec", "source", "name") ?? clone.Record.SourceName;
        var machine = clone.Reading.Machines.Find(source);
        code = OfSource(machine, code);
        var what = code switch
        {
            CauseCodes.SourceMissing => $"the machine '{source}' does not exist",
            CauseCodes.SourceBusy => $"another snapshot of '{source}' is under way",
            CauseCodes.SourceClaimMissing => $"a volume claim of '{source}' does not exist",
            CauseCodes.SourceClaimDeleting => $"a volume claim of '{source}' is being deleted",
            CauseCodes.SourceDeleting => $"'{source}' is being deleted",
            CauseCodes.SourceClaimNotBound => $"a volume claim of '{source}' is not bound or not filled",
            CauseCodes.SourceUnsupported => $"'{source}' has {SourceMachine.Unclonable(machine?.ToJsonObject())}, which KubeVirt cannot clone; it is not locked because its state has no volume yet",
            CauseCodes.SourceInUse => $"pods use the volumes of '{source}', which is switched off",
            _ => $"'{source}' cannot be locked",
        };
        var deadline = snapshot.StringAt("spec", "failureDeadline") is { } given ? $"its deadline of {given}" : "its deadline of five minutes";
        return clone.Diagnosis(
            code == CauseCodes.SourceUnsupported ? CloneHealth.Stuck : CloneHealth.Waiting,
            code,
            $"The snapshot '{snapshot.Name}' waits: {what}{Detail(progress.Text)}. It fails when {deadline} has passed, and the clone then never finishes.",
            // A lock is given back by itself; everything else needs somebody's doing.
            canEnd: code == CauseCodes.SourceBusy,
            [progress]);
    }

    // "Source not locked source NAMESPACE/NAME volume not bound: data" names the volume.
    private static string Detail(string text)
    {
        var at = text.LastIndexOf(": ", StringComparison.Ordinal);
        return at < 0 ? "" : $" ({text[(at + 2)..]})";
    }

    // The snapshot's own error is a copy; the volume snapshots say which volume, and since when.
    private static IEnumerable<DiagnosisEvidence> StorageErrors(CloneCase clone, KubernetesObject snapshot)
    {
        var content = clone.Reading.Contents.Find(snapshot.StringAt("status", "virtualMachineSnapshotContentName"));
        foreach (var backup in content?.ItemsAt("spec", "volumeBackups") ?? [])
        {
            var name = backup.Text("volumeSnapshotName") ?? "";
            if (clone.Reading.VolumeSnapshots.Find(name) is { } volume && volume.StringAt("status", "error", "message") is { } error && !volume.IsTrueAt("status", "readyToUse"))
                yield return new DiagnosisEvidence($"VolumeSnapshot {name}", "status.error", error, ObjectConditions.Time(volume.StringAt("status", "error", "time")));
        }
    }

    private static DiagnosisEvidence? ErrorOf(KubernetesObject snapshot, string? error) => error is null
        ? null
        : new DiagnosisEvidence($"VirtualMachineSnapshot {snapshot.Name}", "status.error", error, ObjectConditions.Time(snapshot.StringAt("status", "error", "time")));

    private static CloneDiagnosis Going(CloneCase clone, string cause, KubernetesObject? snapshot = null) => clone.Diagnosis(
        CloneHealth.InProgress,
        CauseCodes.InProgress,
        cause,
        canEnd: true,
        snapshot is null ? [] : [CloneCase.Condition(snapshot, "Progressing")]);
}
