using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>KubeVirt's version, the clone API it serves, the Snapshot gate, and fields this version does not know.</summary>
internal sealed class ClusterCheck : IPreflightCheck
{
    private static readonly Version PatchesSince = new(1, 6);
    private static readonly Version VolumeNamePolicySince = new(1, 8);

    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        var facts = batch.Facts;
        if (facts.CloneApiVersion is null)
            yield return OfFault(FaultMapper.CloneApiMissing(), "discovery: no version of clone.kubevirt.io");
        else if (facts.SnapshotGate == false)
            yield return OfFault(FaultMapper.GateOff(e: null), "KubeVirt spec.configuration.developerConfiguration");
        else
            yield return Versions(facts);
        if (facts.SnapshotGate is null && facts.CloneApiVersion is not null)
        {
            yield return new Finding
            {
                Severity = FindingSeverity.NotChecked,
                Code = FindingCodes.SnapshotGateUnknown,
                Item = "kubevirt",
                Message = "Whether KubeVirt's Snapshot gate is on could not be read. It is off by default before KubeVirt 1.9, and on from 1.9 on.",
                RecommendedAction = $"Make one clone as a dry run ({OptionName.WhatIf}): the server then says whether the gate is on.",
            };
        }

        foreach (var finding in batch.Sources.SelectMany(g => g.All.SelectMany(s => Fields(s, facts, batch.MethodOf(g)))))
            yield return finding;
    }

    private static Finding Versions(PreflightFacts facts) => new()
    {
        Severity = FindingSeverity.Information,
        Code = FindingCodes.Cluster,
        Item = "kubevirt",
        Message = $"KubeVirt {facts.KubeVirtVersion?.ToString() ?? "of unknown version"}, clones by clone.kubevirt.io/{facts.CloneApiVersion}"
            + (facts.SnapshotGate == true ? ", Snapshot gate on." : "."),
        Evidence = "discovery, /version of subresources.kubevirt.io, KubeVirt object",
    };

    private static IEnumerable<Finding> Fields(PreflightSubject subject, PreflightFacts facts, CloneMethod method)
    {
        if (facts.KubeVirtVersion is not { } version)
            yield break;
        // Restores took patches long before clones did.
        if (subject.Request.Patches is { Count: > 0 } && version < PatchesSince && method == CloneMethod.Clone)
            yield return Unsupported(subject, UnsupportedFields.Patches(version));
        if (subject.Request.VolumeNamePolicy is not null && version < VolumeNamePolicySince)
            yield return Unsupported(subject, UnsupportedFields.VolumeNamePolicy(version));
    }

    private static Finding Unsupported(PreflightSubject subject, (string Message, Advice Action) words) =>
        subject.Finding(FindingSeverity.Error, FaultIds.VMCloneFieldUnsupported, words.Message, words.Action);

    private static Finding OfFault(Fault fault, string evidence) => new()
    {
        Severity = FindingSeverity.Error,
        Code = fault.Id,
        Item = fault.TargetName ?? KubeVirtKinds.CloneGroup,
        Message = fault.Message,
        Evidence = evidence,
        RecommendedAction = fault.RecommendedAction,
        Category = fault.Category,
    };
}
