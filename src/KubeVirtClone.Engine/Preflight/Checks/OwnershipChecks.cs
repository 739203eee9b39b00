using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>Labels and annotations that make the clones part of what a deployment tool manages, or that say of them what holds for the source only.</summary>
internal sealed class OwnershipCheck : SourceCheck
{
    private static Advice All => $"; or all of this kind at once: {OptionName.CleanOwnership}";

    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch) =>
        source.All
            .Where(s => s.Made is not null)
            .SelectMany(s => Judge(source, s.Made!).Select(f => (Subject: s, Finding: f)))
            .GroupBy(f => f.Finding.Message, StringComparer.Ordinal)
            .Select(g => g.First().Finding with { Requests = [.. g.Select(f => f.Subject.Item.Request)] });

    private static IEnumerable<Finding> Judge(PreflightSource source, JsonObject made)
    {
        var (tools, labels, annotations, keys) = OwnershipKeys.Of(made);
        if (tools.Count > 0)
        {
            var of = SourceMachine.Text(made["metadata"]?["labels"]?["argocd.argoproj.io/instance"]) ?? SourceMachine.Text(made["metadata"]?["labels"]?["app.kubernetes.io/instance"]);
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.OwnedByTool,
                $"Clones of '{source.Name}' have {string.Join(", ", keys)}, by which {string.Join(", ", tools)} take{(tools.Count == 1 ? "s" : "")} them for {(of is null ? "their own" : $"part of '{of}'")}: a sync with prune deletes them, an upgrade may change them.",
                $"{Advice.Join(" ", new[] { Option(RequestFields.ExcludeLabel, labels), Option(RequestFields.ExcludeAnnotation, annotations) }.Where(o => !o.IsEmpty))}{All}",
                "metadata.labels, metadata.annotations");
        }

        if (OwnershipKeys.OfThisMachine(made) is { Count: > 0 } own)
        {
            yield return source.Finding(
                FindingSeverity.Information,
                FindingCodes.IdentityRepeated,
                $"The annotations {string.Join(", ", own)} name claims and addresses of '{source.Name}', and clones keep them.",
                $"Leave them out: {Option(RequestFields.ExcludeAnnotation, [.. own.Select(k => $"{k[..k.IndexOf('/', StringComparison.Ordinal)]}/*").Distinct(StringComparer.Ordinal)])}{All}",
                "metadata.annotations");
        }

        var addresses = AddressAnnotations.Of(made).ToList();
        if (addresses.Count > 0)
        {
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.IdentityRepeated,
                $"The annotations {string.Join(", ", addresses.Select(a => a.Key).Distinct(StringComparer.Ordinal))} of '{source.Name}' give it addresses of its own, and every clone asks for the same.",
                $"Leave them out: {Advice.Join(" ", addresses.Select(a => a.Option).Distinct())}{All}",
                "annotations of the machine and its template");
        }
    }

    private static Advice Option(RequestField option, IReadOnlyList<string> globs) =>
        globs.Count == 0 ? Advice.None : (Advice)$"{OptionName.Of(option)} {string.Join(',', globs.Select(g => $"'{g}'"))}";
}
