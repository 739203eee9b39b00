using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>What the request itself shows: illegal names, filters, MAC addresses, patches; the same that stops New-VMClone.</summary>
internal sealed class RequestCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        var targets = new Dictionary<string, PreflightSubject>(StringComparer.Ordinal);
        var clones = new Dictionary<string, PreflightSubject>(StringComparer.Ordinal);
        foreach (var subject in batch.Subjects)
        {
            if (!subject.AsItStands && subject.Checked.Fault is { } fault)
            {
                yield return subject.Finding(FindingSeverity.Error, fault.Id, fault.Message, fault.RecommendedAction, category: fault.Category);
                continue;
            }

            if (Repeats(targets, subject, subject.Request.TargetName) is { } first)
                yield return Duplicate(subject, first, "target", subject.Request.TargetName!);
            else if (Repeats(clones, subject, subject.Request.CloneName) is { } other)
                yield return Duplicate(subject, other, "clone object name", subject.Request.CloneName!);
        }
    }

    private static PreflightSubject? Repeats(Dictionary<string, PreflightSubject> seen, PreflightSubject subject, string? name) =>
        string.IsNullOrEmpty(name) || seen.TryAdd($"{subject.Request.Namespace}/{name}", subject) ? null : seen[$"{subject.Request.Namespace}/{name}"];

    private static Finding Duplicate(PreflightSubject subject, PreflightSubject first, string what, string name) => subject.Finding(
        FindingSeverity.Error,
        FaultIds.VMCloneDuplicateTarget,
        $"Another item of this batch has the {what} '{name}' too; only the first is carried out.",
        "Give each item a name of its own.",
        $"also asked for: a clone of {first.Request.SourceName}");
}
