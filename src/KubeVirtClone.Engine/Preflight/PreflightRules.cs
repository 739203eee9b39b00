using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Preflight;

/// <summary>What of its namespace is in a clone's way.</summary>
internal static class PreflightRules
{
    public static Fault? TargetExists(CloneRequest request, NamespaceFacts facts) =>
        facts.Machines?.ContainsKey(request.TargetName!) != true ? null : FaultMapper.Make(
            FaultIds.VMCloneTargetExists,
            FaultCategory.ResourceExists,
            $"A virtual machine '{request.TargetName}' exists in namespace '{request.Namespace}'. KubeVirt would take the clone and never finish it.",
            $"Choose another target name, remove the machine, or pass over such items with {OptionName.SkipExisting}.",
            $"{request.Namespace}/{request.TargetName}");

    /// <summary>A restore into the same target that is not finished: KubeVirt takes no second one, or makes them hang.</summary>
    public static Fault? RestoreInTheWay(CloneRequest request, NamespaceFacts facts)
    {
        var other = facts.UnfinishedRestores[request.TargetName!].FirstOrDefault(r => r.Name != request.CloneName);
        return other is null ? null : FaultMapper.Make(
            FaultIds.VMCloneDuplicateTarget,
            FaultCategory.ResourceBusy,
            $"The restore '{other.Name}' into '{request.TargetName}' in namespace '{request.Namespace}' is not finished; KubeVirt takes no second one.",
            CloneRecord.IsCloneRestore(other) ? (Advice)$"Wait for it, or remove it: {CommandName.RemoveVMClone} {other.Name}" : $"Wait for it, or remove it: kubectl delete vmrestore {other.Name}",
            $"{request.Namespace}/{request.TargetName}");
    }
}
