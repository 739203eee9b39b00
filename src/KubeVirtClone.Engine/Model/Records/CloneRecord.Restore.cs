namespace KubeVirtClone.Engine.Model.Records;

// A clone made by method Restore is a VirtualMachineRestore with the batch's labels. KubeVirt gives it the new machine as its owner, so it
// stays for as long as the machine does, as a VirtualMachineClone would, and goes with it. What it costs after it is complete is one small
// object; what it saves is a mark on the machine itself, which would then not be the machine a VirtualMachineClone makes. Being complete it
// does nothing any more: it makes no machine in place of one that is deleted, and may go at any time. It is deleted with PurgeOnSuccess or by
// removing the clone, all of them that are done by Remove-VMClone -Completed; a later run then still knows the machine by KubeVirt's own annotation lastRestoreUID, which
// begins with the restore's name, and that is derived from batch and target.
public sealed partial record CloneRecord
{
    /// <summary>Whether a restore stands for a clone of this product.</summary>
    internal static bool IsCloneRestore(KubernetesObject restore) => restore.Labels.GetValueOrDefault(CloneLabels.Method) == nameof(CloneMethod.Restore);

    /// <summary>Whether a machine was made by the restore of that name.</summary>
    internal static bool WasMadeBy(KubernetesObject machine, string restoreName)
    {
        const int uidLength = 36;
        var made = machine.Annotations.GetValueOrDefault(CloneLabels.LastRestore);
        return made is not null && made.Length == restoreName.Length + 1 + uidLength && made.StartsWith(restoreName + "-", StringComparison.Ordinal);
    }

    /// <summary>Whether a claim was restored for this very clone: it says so itself. Made by KubeVirt, one has no other owner where its source's had none.</summary>
    /// <param name="claim">The claim.</param>
    internal bool HasMade(KubernetesObject claim) => claim.Annotations.GetValueOrDefault(CloneLabels.LastRestore) is { } made
        && (Method == CloneMethod.Restore ? made == $"{Name}-{Uid}" : made.StartsWith($"tmp-restore-{Uid}-", StringComparison.Ordinal));

    private static CloneRecord FromRestore(KubernetesObject restore)
    {
        var source = SourceOf(restore);
        var snapshot = restore.StringAt("spec", "virtualMachineSnapshotName") ?? "";
        var complete = restore.IsTrueAt("status", "complete");
        var failed = restore.Condition("Failure")?.IsTrue == true;
        var progressing = restore.Condition("Progressing");
        var ready = restore.Condition("Ready");
        return new CloneRecord
        {
            Name = restore.Name,
            Namespace = restore.Namespace ?? "",
            SourceKind = source?.Kind ?? SourceKinds.VirtualMachineSnapshot,
            SourceName = source?.Name ?? snapshot,
            TargetName = restore.StringAt("spec", "target", "name") ?? "",
            Phase = complete ? ClonePhase.Succeeded
                : failed ? ClonePhase.Failed
                : progressing is null ? ClonePhase.Pending
                : ClonePhase.RestoreInProgress,
            Ready = complete,
            // Without volumes there is nothing to bind; with some only their claims tell.
            Bound = complete && !restore.ItemsAt("status", "restores").Any(),
            Message = complete ? MessageOfDone(restore)
                : failed ? restore.Condition("Failure")?.Reason ?? ""
                : progressing is { IsTrue: false } && ready is { IsTrue: false } ? progressing.Reason ?? ""
                : "",
            CreationTimestamp = restore.CreationTimestamp,
            Uid = restore.Uid,
            SnapshotName = source?.Kind == SourceKinds.VirtualMachineSnapshot ? null : snapshot,
            RestoreName = restore.Name,
            Batch = restore.Labels.GetValueOrDefault(CloneLabels.Batch),
            Method = CloneMethod.Restore,
            Labels = restore.Labels,
            Raw = restore,
        }.Of(CloneOrigin.Of(restore));
    }

    // What is left of a clone whose restore was deleted after it was done.
    private static CloneRecord FromMachine(KubernetesObject machine)
    {
        const int uidLength = 36;
        var made = machine.Annotations.GetValueOrDefault(CloneLabels.LastRestore) ?? "";
        return new CloneRecord
        {
            Name = made.Length > uidLength + 1 ? made[..^(uidLength + 1)] : "",
            Namespace = machine.Namespace ?? "",
            SourceKind = SourceKinds.VirtualMachine,
            SourceName = "",
            TargetName = machine.Name,
            Phase = ClonePhase.Succeeded,
            Ready = true,
            Bound = true,
            CreationTimestamp = machine.CreationTimestamp,
            Uid = made.Length > uidLength ? made[^uidLength..] : "",
            Method = CloneMethod.Restore,
            Raw = machine,
        };
    }

    private static (string Kind, string Name)? SourceOf(KubernetesObject clone) =>
        clone.Annotations.GetValueOrDefault(CloneLabels.Source)?.Split('/') is [var kind, var name, ..] ? (kind, name) : null;

    private static ImageVersion? ImageOf(KubernetesObject clone) =>
        clone.Annotations.GetValueOrDefault(CloneLabels.Source)?.Split('/') is [_, _, { Length: > 0 } image, var version] ? new(image, version.Length > 0 ? version : null) : null;
}
