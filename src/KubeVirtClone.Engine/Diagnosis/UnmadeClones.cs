using KubeVirtClone.Engine.Facts;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>Clones of a batch that have no object yet, because the snapshot they are to share is not ready.</summary>
internal static class UnmadeClones
{
    public static IEnumerable<CloneDiagnosis> Diagnose(NamespaceReading reading, string batch) => (reading.Snapshots.Items?.Values ?? [])
        .Where(s => s.Labels.GetValueOrDefault(CloneLabels.Batch) == batch && s.Labels.ContainsKey(CloneLabels.SharedSnapshot))
        .Where(s => !s.IsTrueAt("status", "readyToUse") && !CloneDoctor.CloneObjects(reading).Any(c => IsOf(c, s.Name)))
        .OrderBy(s => s.Name, StringComparer.Ordinal)
        .Select(s => Diagnose(reading, s, batch));

    private static CloneDiagnosis Diagnose(NamespaceReading reading, KubernetesObject snapshot, string batch)
    {
        var record = new CloneRecord
        {
            Name = snapshot.Name,
            Namespace = reading.Name,
            SourceKind = SourceKinds.VirtualMachine,
            SourceName = snapshot.StringAt("spec", "source", "name") ?? "",
            TargetName = "",
            Phase = ClonePhase.SnapshotInProgress,
            CreationTimestamp = snapshot.CreationTimestamp,
            Uid = snapshot.Uid,
            SnapshotName = snapshot.Name,
            Batch = batch,
            Method = CloneMethod.Clone,
            Labels = snapshot.Labels,
            Raw = snapshot,
        };
        var of = SnapshotStage.Diagnose(CloneCase.Of(reading, record));
        return of with
        {
            Cause = $"The batch's clones of '{record.SourceName}' are not made yet: they wait for the snapshot they share. {of.Cause}",
            NextStep = of.Code == CauseCodes.SnapshotFailed ? $"Look at the evidence; {CommandName.NewVMClone} takes another snapshot when it is run again." : of.NextStep,
        };
    }

    private static bool IsOf(KubernetesObject clone, string snapshot) =>
        clone.StringAt("spec", "source", "name") == snapshot || clone.StringAt("spec", "virtualMachineSnapshotName") == snapshot;
}
