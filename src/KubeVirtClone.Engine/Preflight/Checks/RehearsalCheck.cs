using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The server would take the machine the clone comes out as: it was asked, by a dry run.</summary>
internal sealed class RehearsalCheck : SubjectCheck
{
    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        if (subject.Rehearsed is not { } answer)
            yield break;
        if (answer.NotTried is { } why)
        {
            yield return new Finding
            {
                Severity = FindingSeverity.NotChecked,
                Code = FindingCodes.NotRead,
                Item = $"virtualmachines in {subject.Request.Namespace}",
                Message = $"Not checked: whether the server would take the new machines ({why}).",
                Evidence = why,
            };
        }
        else if (answer is { Refusal: { } refused, Disk: { } disk })
        {
            yield return subject.Finding(
                FindingSeverity.Error,
                FindingCodes.TargetRefused,
                $"The server would refuse the claim that the disk '{disk}' of a clone of '{subject.Request.SourceName}' comes out with: {StuckReasons.Shorten(refused)}.",
                $"Correct what the message names: {OptionName.DiskSize}, {OptionName.StorageClass}, {OptionName.AccessMode} or {OptionName.VolumeMode}.",
                $"dry run of a PersistentVolumeClaim in {subject.Request.Namespace}") with
            { Requests = answer.Requests };
        }
        else if (answer.Refusal is { } refusal)
        {
            yield return subject.Finding(
                FindingSeverity.Error,
                answer.OverQuota ? FaultIds.QuotaExceeded : FindingCodes.TargetRefused,
                $"The server would refuse the machine that the clone of '{subject.Request.SourceName}' comes out as: {StuckReasons.Shorten(refusal)}. KubeVirt takes the clone and tries for ever.",
                answer.OverQuota ? "Free some of the quota, or have it raised: kubectl describe resourcequota" : "Correct what the message names: the source, or the patches.",
                $"dry run of VirtualMachine {subject.Request.TargetName}",
                answer.OverQuota ? FaultCategory.LimitsExceeded : FaultCategory.InvalidArgument) with
            { Requests = answer.Requests };
        }
    }
}
