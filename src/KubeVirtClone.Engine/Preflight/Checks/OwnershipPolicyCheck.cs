using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The method that makes the clones can have their disks go with them, or stay, as is asked.</summary>
internal sealed class OwnershipPolicyCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        foreach (var source in batch.Sources)
        {
            if (!source.All.Any(s => !s.AsItStands && s.Request.VolumeOwnershipPolicy is not null))
                continue;
            var method = batch.MethodOf(source);
            foreach (var subject in source.All.Where(s => !s.AsItStands && s.Checked.Fault is null))
            {
                if (VolumeOwnership.WhyNot(subject.Request, method, source.Machine, batch.Facts.KubeVirtVersion) is var (message, action))
                    yield return subject.Finding(FindingSeverity.Error, FaultIds.VMCloneFieldUnsupported, message, action);
            }
        }
    }
}
