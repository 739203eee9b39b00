using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>Whether a clone that has succeeded really is what it says.</summary>
internal static class FinishedStage
{
    private static readonly HashSet<string> Trouble = new(StringComparer.Ordinal)
    {
        "CrashLoopBackOff", "ErrorUnschedulable", "ErrImagePull", "ImagePullBackOff", "ErrorPvcNotFound", "DataVolumeError",
    };

    public static CloneDiagnosis Diagnose(CloneCase clone)
    {
        if (clone.Reading.Machines.Lacks(clone.Record.TargetName))
            return clone.Diagnosis(CloneHealth.Failed, CauseCodes.CloneGone, $"The clone succeeded, but its machine '{clone.Record.TargetName}' is not there any more.", canEnd: false, []);
        if (clone.Record.Method == CloneMethod.DataVolume && DataVolumeStage.Diagnose(clone) is { } copying)
            return copying;
        var pending = clone.Claims.Where(c => !c.IsBound()).ToList();
        if (pending.Count > 0)
            return Unfilled(clone, pending);
        if (Ungrown(clone) is { } growing)
            return growing;
        var status = clone.Target?.StringAt("status", "printableStatus") ?? "";
        if (Trouble.Contains(status))
            return NotStarting(clone, status);
        if (status == MachineReferences.Starting && Lacking(clone) is { Count: > 0 } lacking)
            return WithoutReferences(clone, lacking);
        if (clone.Target?.Condition("Failure") is { IsTrue: true } failure)
        {
            return clone.Diagnosis(
                CloneHealth.Waiting,
                CauseCodes.TargetNotStarting,
                $"The clone is done, but its machine '{clone.Record.TargetName}' cannot start as it is: {StuckReasons.Shorten(failure.Message ?? failure.Reason ?? "no reason given")}.",
                canEnd: false,
                [CloneCase.Condition(clone.Target, "Failure")]);
        }

        return clone.Diagnosis(CloneHealth.Completed, CauseCodes.Completed, $"The clone is done{(status.Length > 0 ? $"; its machine is {status}" : "")}.", canEnd: true, []);
    }

    private static CloneDiagnosis Unfilled(CloneCase clone, List<KubernetesObject> pending)
    {
        var names = string.Join(", ", pending.Select(c => c.Name).Order(StringComparer.Ordinal));
        var evidence = pending.Select(c => new DiagnosisEvidence($"PersistentVolumeClaim {c.Name}", "status.phase", c.ClaimPhase() ?? "Pending", c.CreationTimestamp));
        var specs = pending.ConvertAll(c => c.AsClaim()?.Spec);
        foreach (var (claim, spec) in pending.Zip(specs))
        {
            var source = spec?.DataSource?.Name ?? "";
            var snapshot = clone.Reading.VolumeSnapshots.Find(source);
            if (clone.Reading.VolumeSnapshots.IsRead && source.Length > 0 && (snapshot is null || snapshot.DeletionTimestamp is not null))
            {
                return clone.Diagnosis(
                    CloneHealth.Stuck,
                    CauseCodes.SnapshotDeleted,
                    $"The claim '{claim.Name}' was to be filled from the volume snapshot '{source}' when the machine starts, but that {(snapshot is null ? "is gone" : "is being deleted")}: the machine can never start.",
                    canEnd: false,
                    [new DiagnosisEvidence($"PersistentVolumeClaim {claim.Name}", "spec.dataSource", source), .. evidence]);
            }
        }

        if (clone.Record.Method == CloneMethod.Clone && !clone.FromSnapshot && clone.Reading.Machines.Lacks(clone.Record.SourceName))
            return clone.Diagnosis(CloneHealth.Waiting, CauseCodes.SourceDeleted, $"The volumes {names} are not filled yet, and the source is gone: KubeVirt does not tidy up by itself any more.", canEnd: false, evidence);
        var waits = specs.TrueForAll(s => clone.Reading.BindingModeOf(s?.StorageClassName) != "Immediate");
        return waits
            ? clone.Diagnosis(CloneHealth.Waiting, CauseCodes.WaitsForFirstConsumer, $"The clone has succeeded; its volumes {names} are filled when '{clone.Record.TargetName}' starts for the first time.", canEnd: false, evidence)
            : clone.Diagnosis(CloneHealth.Waiting, CauseCodes.ClaimNotProvisioned, $"The clone has succeeded, but its volumes {names} are not bound.", canEnd: true, evidence);
    }

    // Whoever made it lets its disks grow within moments, unless he is stopped in between.
    private static CloneDiagnosis? Ungrown(CloneCase clone)
    {
        var asked = clone.Claims.FirstOrDefault(c => ClaimGrowth.Of(c) is { Trouble: not null } growth && !growth.Has(Quantity.Parse(c.StringAt("spec", "resources", "requests", "storage")) ?? 0));
        if (asked is not null)
        {
            var growth = ClaimGrowth.Of(asked);
            return clone.Diagnosis(
                growth.IsHopeless ? CloneHealth.Failed : CloneHealth.Waiting,
                CauseCodes.DisksNotGrown,
                $"The clone is made, but its storage has not given its claim '{asked.Name}' the {asked.StringAt("spec", "resources", "requests", "storage")} that were asked for: {StuckReasons.Shorten(growth.Trouble!)}.",
                canEnd: !growth.IsHopeless,
                [new DiagnosisEvidence($"PersistentVolumeClaim {asked.Name}", "status.capacity.storage", asked.StringAt("status", "capacity", "storage") ?? "")]);
        }

        return !clone.Record.IsGrowing ? null : clone.Diagnosis(
            CloneHealth.Waiting,
            CauseCodes.DisksNotGrown,
            $"The clone is made and bound, but its disks have the source's size still; they are to grow ({GrowthNote.Describe(clone.Record.Raw)}).",
            canEnd: false,
            [new DiagnosisEvidence($"{clone.Record.Raw.Kind} {clone.Record.Name}", $"annotation {CloneLabels.Grow}", clone.Record.Raw.Annotations[CloneLabels.Grow], clone.Record.CreationTimestamp)]);
    }

    private static List<ReferencedObject> Lacking(CloneCase clone) =>
        [.. MachineReferences.Needed(clone.Target?.ToJsonObject()).Where(r => clone.Reading.References.Lacks(new ObjectName(r.Kind, clone.Record.Namespace, r.Name)))];

    private static CloneDiagnosis WithoutReferences(CloneCase clone, List<ReferencedObject> lacking)
    {
        var names = string.Join(", ", lacking.Select(r => $"the {r.Noun} {r.Name}"));
        return clone.Diagnosis(
            CloneHealth.Waiting,
            CauseCodes.TargetNotStarting,
            $"The clone is done, but its machine '{clone.Record.TargetName}' does not get up: it names {names}, which {(lacking.Count == 1 ? "does" : "do")} not exist.",
            canEnd: false,
            lacking.Select(r => new DiagnosisEvidence($"{r.Kind} {r.Name}", r.Where, "not found"))) with
        {
            NextStep = $"Make what is missing, and the machine starts: {string.Join("; ", lacking.Select(r => $"kubectl create {(r.Kind == "Secret" ? "secret generic" : "configmap")} {r.Name} …"))}",
        };
    }

    private static CloneDiagnosis NotStarting(CloneCase clone, string status)
    {
        var condition = clone.Target!.ItemsAt("status", "conditions").FirstOrDefault(c => c.Text("status") == "False" && c.Text("message") is { Length: > 0 });
        return clone.Diagnosis(
            CloneHealth.Waiting,
            CauseCodes.TargetNotStarting,
            $"The clone is done, but its machine '{clone.Record.TargetName}' does not get up ({status}){(condition.Text("message") is { } text ? $": {text}" : "")}.",
            canEnd: true,
            [new DiagnosisEvidence($"VirtualMachine {clone.Record.TargetName}", "status.printableStatus", status)]);
    }
}
