using System.Globalization;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The server takes the machine as KubeVirt's restore writes it: with new names of volumes, and an annotation of the restore's own.</summary>
internal sealed class RestoredMachineCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch) =>
        source.All
            .SelectMany(s => Judge(source, s, batch).Select(f => (Subject: s, Finding: f)))
            .GroupBy(f => (f.Finding.Code, f.Finding.Message))
            .Select(g => g.First().Finding with { Requests = [.. g.Select(f => f.Subject.Item.Request)] });

    private static IEnumerable<Finding> Judge(PreflightSource source, PreflightSubject subject, PreflightBatch batch)
    {
        if (subject.Made is not { } made)
            yield break;
        var named = RestoredMachine.TemplatesNamedAsClaims(made);
        if (named.Count > 0)
        {
            yield return subject.Finding(
                FindingSeverity.Error,
                FindingCodes.TargetRefused,
                $"The volume template {Names(named)} of '{source.Name}' is named by its volume as a claim, not as a data volume: the restore gives the volume a new claim and leaves the template, "
                    + "which nothing then refers to, so that KubeVirt refuses the machine. It takes the clone and tries for ever.",
                $"Add the patch {string.Join(", ", RestoredMachine.LeaveTemplatesOut(made, []).Select(p => p.ToWebhookText()))}; {CommandName.NewVMClone} does that by itself.",
                "spec.dataVolumeTemplates, spec.template.spec.volumes[].persistentVolumeClaim.claimName");
        }
        else if (!subject.AsItStands && RestoredMachine.TemplatesNamedAsClaims(source.Machine) is { Count: > 0 } left)
        {
            yield return source.Finding(
                FindingSeverity.Information,
                FindingCodes.TemplateLeftOut,
                $"The volume template {Names(left)} of '{source.Name}' is named by its volume as a claim; clones are made without it, because KubeVirt would refuse them with it. Their volumes are copied all the same.",
                "",
                "spec.dataVolumeTemplates");
        }

        var memory = SourceMachine.Domain(made)?["memory"];
        if (Bytes(memory?["guest"]) > Bytes(memory?["maxGuest"]))
        {
            yield return subject.Finding(
                FindingSeverity.Error,
                FindingCodes.TargetRefused,
                $"The guest's memory would be {SourceMachine.Text(memory!["guest"])}, above memory.maxGuest ({SourceMachine.Text(memory["maxGuest"])}): KubeVirt refuses such a machine. It takes the clone and tries for ever.",
                "Raise /spec/template/spec/domain/memory/maxGuest by a patch, too, or remove it.",
                "spec.template.spec.domain.memory");
        }

        var name = batch.MethodOf(source) == CloneMethod.Restore ? subject.Request.CloneName : null;
        if (RestoredMachine.AnnotationBytes(made, name) is > RestoredMachine.MaxAnnotationBytes and var bytes)
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FindingCodes.TargetRefused,
                $"The annotations of '{source.Name}' would have {Number(bytes)} bytes with the one that KubeVirt's restore adds ({RestoredMachine.RestoreAnnotation}); {Number(RestoredMachine.MaxAnnotationBytes)} are allowed. "
                    + "KubeVirt takes the clone and tries for ever.",
                $"Leave the largest out: {OptionName.ExcludeAnnotation} {string.Join(", ", Largest(made))}",
                "metadata.annotations");
        }
    }

    private static IEnumerable<string> Largest(System.Text.Json.Nodes.JsonObject machine) =>
        (machine["metadata"]?["annotations"] as System.Text.Json.Nodes.JsonObject ?? [])
            .OrderByDescending(a => SourceMachine.Text(a.Value)?.Length ?? 0)
            .Take(1)
            .Select(a => $"'{a.Key}'");

    private static decimal? Bytes(System.Text.Json.Nodes.JsonNode? quantity) => Quantity.Parse(SourceMachine.Text(quantity));

    private static string Names(IReadOnlyList<(int Index, string Name)> templates) => string.Join(", ", templates.Select(t => $"'{t.Name}'"));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The source's name can be a label's value: KubeVirt writes it on the snapshots of its volumes.</summary>
internal sealed class SourceNameCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        var name = SourceMachine.Text(source.Machine?["metadata"]?["name"]) ?? source.Name;
        if (source.Machine is null || name.Length <= NameRules.MaxLabelLength || batch.IsCopied(source))
            yield break;
        if (!SourceMachine.Copied(source.Machine).Concat(SourceMachine.MemoryDumps(source.Machine)).Any())
            yield break;
        yield return source.Finding(
            FindingSeverity.Error,
            FindingCodes.SourceNameLong,
            $"The source's name '{name}' has {name.Length} characters. KubeVirt makes it the value of a label on the snapshots of its volumes, where {NameRules.MaxLabelLength} are allowed: they are never made, and the clone waits for ever.",
            "Clone a machine with a shorter name; a machine without disks of its own can be cloned whatever its name.",
            "metadata.name");
    }
}

/// <summary>The DataSources exist from which the source's volume templates are made: the restore of a volume looks its template's up again.</summary>
internal sealed class TemplateSourceCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        // Machines that are posted have no templates of their source's.
        if (batch.MethodOf(source).StandsAsMachine())
            yield break;
        foreach (var (reference, template) in MachineReferences.DataSources(source.Machine))
        {
            var name = new ObjectName(reference.Kind, reference.Namespace ?? source.First.Request.Namespace, reference.Name);
            if (!batch.Facts.References.Lacks(name))
                continue;
            yield return source.Finding(
                FindingSeverity.Error,
                FindingCodes.TemplateSourceMissing,
                $"The DataSource '{name.Name}' in namespace '{name.Namespace}', from which the volume template '{template}' of '{source.Name}' is made, does not exist (any more): "
                    + "the restore copies the volume, then fails to make its data volume, and tries for ever.",
                "Make the DataSource again (what it points to does not matter: the data comes from the snapshot), or name the source's volume as a claim and take the template out of it.",
                $"spec.dataVolumeTemplates[{template}].spec.sourceRef");
        }
    }
}
