using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The patches can be applied to the source, after what KubeVirt applies first: MAC addresses, serial, filters.</summary>
internal sealed class PatchCheck : SubjectCheck
{
    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        if (subject.Request.Patches is not { Count: > 0 } || subject.Inapplicable is not var (operation, why))
            yield break;
        // A running machine is snapshotted as it was started, which can differ from what is written now.
        var running = !subject.FromSnapshot && SourceMachine.IsTrue(subject.Source?["status"]?["created"]);
        yield return subject.Finding(
            running ? FindingSeverity.Warning : FindingSeverity.Error,
            FaultIds.VMClonePatchInvalid,
            $"The patch {operation.ToWebhookText()} cannot be applied to '{subject.Request.SourceName}': {why}.",
            operation.Path.StartsWith("/metadata/", StringComparison.Ordinal) && operation.Op is "add" or "replace"
                ? "Give the source one such key first (kubectl label vm …, kubectl annotate vm …): KubeVirt does not let a patch make the first."
                : "Correct the path; filters, MAC addresses and serial are applied before patches.",
            operation.Path);
    }
}
