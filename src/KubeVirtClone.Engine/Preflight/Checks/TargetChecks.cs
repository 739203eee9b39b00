using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>No machine has the target's name, and no other clone or restore is making one.</summary>
internal sealed class TargetCheck : SubjectCheck
{
    // What is asked for wrongly is told by another check.
    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        if (!string.IsNullOrEmpty(subject.Request.TargetName) && (subject.AsItStands || subject.Checked.Fault is null) && InTheWay(subject) is { } finding)
            yield return finding;
    }

    /// <summary>What has the target's name, or is making it; null when nothing is known to.</summary>
    public static Finding? InTheWay(PreflightSubject subject) => subject.State.Machines.Find(subject.Request.TargetName) is { } existing
        ? IsOwnWork(subject) ? null : Exists(subject, existing)
        : Other(subject.State.ClonesUnderWay, subject) ?? Other(subject.State.RestoresUnderWay, subject);

    // The same call once more: the machine is what its clone made, and is taken over. Whether that clone asks for the same is another check's.
    internal static bool IsOwnWork(PreflightSubject subject)
    {
        if (subject.AsItStands || subject.Request.CloneName is not { } name)
            return false;
        return subject.State.Machines.Find(subject.Request.TargetName) is { } machine && CloneRecord.WasMadeBy(machine, name)
            || ((subject.State.Clones.Find(name) ?? subject.State.Restores.Find(name)) is { } made
                && CloneRecord.From(made) is { Phase: ClonePhase.Succeeded } record && record.TargetName == subject.Request.TargetName);
    }

    private static Finding Exists(PreflightSubject subject, Kubernetes.KubernetesObject existing)
    {
        var request = subject.Request;
        var overwrites = subject.FromSnapshot && subject.SourceObject?.StringAt("spec", "source", "name") == request.TargetName;
        return overwrites
            ? subject.Finding(
                // Who writes a restore by hand may well mean that.
                subject.Item.IsRestore ? FindingSeverity.Warning : FindingSeverity.Error,
                FaultIds.VMCloneTargetExists,
                $"The target '{request.TargetName}' is the very machine the snapshot '{request.SourceName}' is of: KubeVirt would not clone it but set it back, and its volumes' present data would be lost.",
                "Choose another target name.",
                $"VirtualMachine {existing.Name}, made {existing.CreationTimestamp:u}",
                FaultCategory.ResourceExists)
            : subject.Finding(
                FindingSeverity.Error,
                FaultIds.VMCloneTargetExists,
                $"A virtual machine '{request.TargetName}' exists in namespace '{request.Namespace}'. KubeVirt would take the clone and never finish it.",
                $"Choose another target name, remove the machine, or pass over such items with {OptionName.SkipExisting}.",
                $"VirtualMachine {existing.Name}, made {existing.CreationTimestamp:u}",
                FaultCategory.ResourceExists);
    }

    private static Finding? Other(ILookup<string, Kubernetes.KubernetesObject> aiming, PreflightSubject subject)
    {
        // The clone an earlier run made for this very item is taken over, not in its way; and its own restore with it.
        var other = aiming[subject.Request.TargetName!].FirstOrDefault(o =>
            o.Name != subject.Request.CloneName && !OwnedBy(o, subject.Request.CloneName));
        return other is null ? null : subject.Finding(
            FindingSeverity.Error,
            FaultIds.VMCloneDuplicateTarget,
            $"The {other.Kind} '{other.Name}' is making '{subject.Request.TargetName}' in namespace '{subject.Request.Namespace}' already; of two, one never finishes.",
            other.Kind == "VirtualMachineClone" || CloneRecord.IsCloneRestore(other)
                ? $"Wait for it, remove it ({CommandName.RemoveVMClone} {other.Name}), or choose another target name."
                : (Advice)$"Wait for it, remove it (kubectl delete vmrestore {other.Name}), or choose another target name.",
            $"{other.Kind} {other.Name} spec.target.name, made {other.CreationTimestamp:u}",
            FaultCategory.ResourceBusy);
    }

    private static bool OwnedBy(Kubernetes.KubernetesObject item, string? clone) =>
        item.ItemsAt("metadata", "ownerReferences").Any(o => o.Text("kind") == "VirtualMachineClone" && o.Text("name") == clone);
}

/// <summary>No clone object of the same name asks for something else.</summary>
internal sealed class CloneNameCheck : SubjectCheck
{
    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        if (subject.Checked.Fault is not null && !subject.AsItStands)
            yield break;
        if ((subject.Item.IsRestore ? subject.State.Restores : subject.State.Clones).Find(subject.Request.CloneName) is not { } existing)
            yield break;
        if (subject.AsItStands)
        {
            yield return Exists(subject, TakeoverRules.ExistsWithAnother(subject.Request, "the name is taken"), existing);
        }
        else
        {
            var body = CloneManifest.Build(subject.Request, existing.ApiVersion);
            if (TakeoverRules.WhyNotSame(existing, body) is { } why)
                yield return Exists(subject, TakeoverRules.ExistsWithAnother(subject.Request, why), existing);
        }
    }

    private static Finding Exists(PreflightSubject subject, Fault fault, Kubernetes.KubernetesObject existing) => subject.Finding(
        FindingSeverity.Error,
        fault.Id,
        fault.Message,
        fault.RecommendedAction,
        $"{existing.Kind} {existing.Name}, made {existing.CreationTimestamp:u}",
        fault.Category);
}

/// <summary>Names, those still to be made up included, are no longer than their uses allow.</summary>
internal sealed class NameLengthCheck : SubjectCheck
{
    // KubeVirt makes up clone-SOURCE-xxxxx without looking at the length.
    private const int MadeUpLength = 12;

    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        var target = subject.Request.TargetName;
        if (target is { Length: > NameRules.MaxLabelLength } && NameRules.WhyNotName(target) is null)
        {
            yield return subject.Finding(
                FindingSeverity.Warning,
                FindingCodes.NameLong,
                $"The target name has {target.Length} characters. Above {NameRules.MaxLabelLength} it cannot be a label value or host name, and tools may fail on it.",
                $"Give a name of at most {NameRules.MaxLabelLength} characters.");
        }
        else if (subject.AsItStands && string.IsNullOrEmpty(subject.Item.Request.TargetName) && subject.Request.SourceName.Length + MadeUpLength > NameRules.MaxLabelLength)
        {
            var length = subject.Request.SourceName.Length + MadeUpLength;
            yield return length > NameRules.MaxNameLength
                ? subject.Finding(
                    FindingSeverity.Error,
                    FaultIds.VMCloneNameInvalid,
                    $"KubeVirt would make up a target name of {length} characters; {NameRules.MaxNameLength} are allowed. It takes the clone and then never finishes it.",
                    "Name the target.",
                    "spec.target.name")
                : subject.Finding(
                    FindingSeverity.Warning,
                    FindingCodes.NameLong,
                    $"KubeVirt would make up a target name of {length} characters. Above {NameRules.MaxLabelLength} it cannot be a label value or host name.",
                    "Name the target.");
        }
    }
}
