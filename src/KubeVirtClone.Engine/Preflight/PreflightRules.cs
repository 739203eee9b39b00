using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight;

/// <summary>Judges a request by what was found in its namespace: the cheap ones among the preflight's checks, which every clone gets before it is made.</summary>
internal static class PreflightRules
{
    // A clone stays pending for these, and goes on when a claim or class is made after all: worth a word, no reason to refuse.
    private static readonly HashSet<string> MayStillCome = new(StringComparer.Ordinal)
    {
        FindingCodes.VolumeNotSnapshottable, FindingCodes.ClaimMissing, FindingCodes.SnapshotSourceMissing,
    };

    public static Fault? TargetExists(CloneRequest request, NamespaceFacts facts) =>
        facts.Machines?.ContainsKey(request.TargetName!) != true ? null : FaultMapper.Make(
            FaultIds.VMCloneTargetExists,
            FaultCategory.ResourceExists,
            $"A virtual machine '{request.TargetName}' exists in namespace '{request.Namespace}'. KubeVirt would take the clone and never finish it.",
            "Choose another target name, remove the machine, or pass over such items with -SkipExisting.",
            $"{request.Namespace}/{request.TargetName}");

    /// <summary>A restore into the same target that is not finished: KubeVirt takes no second one, or makes them hang.</summary>
    public static Fault? RestoreInTheWay(CloneRequest request, NamespaceFacts facts)
    {
        var other = facts.UnfinishedRestores[request.TargetName!].FirstOrDefault(r => r.Name != request.CloneName);
        return other is null ? null : FaultMapper.Make(
            FaultIds.VMCloneDuplicateTarget,
            FaultCategory.ResourceBusy,
            $"The restore '{other.Name}' into '{request.TargetName}' in namespace '{request.Namespace}' is not finished; KubeVirt takes no second one.",
            CloneRecord.IsCloneRestore(other) ? $"Wait for it, or remove it: Remove-VMClone {other.Name}" : $"Wait for it, or remove it: kubectl delete vmrestore {other.Name}",
            $"{request.Namespace}/{request.TargetName}");
    }

    /// <summary>What makes the clone impossible, or null; what may not be meant goes to <paramref name="warnings"/>.</summary>
    public static Fault? Judge(CheckedRequest item, NamespaceFacts facts, List<string> warnings)
    {
        var subject = new PreflightSubject(new PreflightItem(item.Request), item, facts.State);
        var batch = new PreflightBatch([subject], new PreflightFacts(), new PreflightOptions());
        Fault? fault = null;
        foreach (var finding in PreflightChecks.Run(PreflightChecks.Cheap, batch))
        {
            if (finding.IsError && !MayStillCome.Contains(finding.Code))
                fault ??= finding.ToFault();
            else if (finding.Severity is FindingSeverity.Error or FindingSeverity.Warning)
                warnings.Add(finding.Message);
        }

        return fault;
    }
}
