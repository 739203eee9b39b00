using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The Secrets and ConfigMaps that clones name exist: a machine whose do not is made, and cannot start.</summary>
internal sealed class ReferenceCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        foreach (var (kind, ns, why) in batch.Facts.References.NotRead)
        {
            var noun = kind.ToLowerInvariant() + "s";
            yield return new Finding
            {
                Severity = FindingSeverity.NotChecked,
                Code = FindingCodes.NotRead,
                Item = $"{noun} in {ns}",
                Message = $"Not checked: whether the {noun} that clones need exist, and what is in them ({why}).",
                Evidence = why,
            };
        }

        foreach (var finding in batch.Sources.SelectMany(s => Check(s, batch.Facts.References)))
            yield return finding;
    }

    private static IEnumerable<Finding> Check(PreflightSource source, References references)
    {
        var ns = source.First.Request.Namespace;
        var missing = source.All
            .SelectMany(s => MachineReferences.Needed(s.Made).Select(r => (Subject: s, Reference: r)))
            .Where(r => references.Lacks(new ObjectName(r.Reference.Kind, ns, r.Reference.Name)))
            .GroupBy(r => (r.Reference.Kind, r.Reference.Name));
        foreach (var group in missing)
        {
            var (subject, reference) = group.First();
            var subjects = group.Select(g => g.Subject).ToList();
            var who = subjects.Count == source.All.Count && subjects.Count > 1 ? "the clones are" : subjects.Count == 1 ? $"'{subject.Request.TargetName}' is" : $"{subjects.Count} clones are";
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.ReferenceMissing,
                $"{reference.Where} names the {reference.Noun} {reference.Name}, which does not exist in namespace '{ns}': {who} made, and cannot start.",
                $"Make it first (kubectl create {(reference.Kind == "Secret" ? "secret generic" : "configmap")} {reference.Name} …), or take what names it out.",
                $"{reference.Kind} {reference.Name}: not found") with
            {
                Item = subjects.Count == source.All.Count ? source.First.SourceItem : subject.Name,
                Requests = [.. subjects.Select(s => s.Item.Request)],
            };
        }
    }
}
