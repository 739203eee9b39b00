using System.Globalization;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Planning;
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

        var method = batch.MethodOf(source);
        if (method.StandsAsMachine())
        {
            if (DirectBytes(made, subject) is > RestoredMachine.MaxAnnotationBytes and var marked)
            {
                yield return source.Finding(
                    FindingSeverity.Error,
                    FindingCodes.TargetRefused,
                    $"The annotations of '{source.Name}' would have {Number(marked)} bytes with those that a machine made directly is marked with; {Number(RestoredMachine.MaxAnnotationBytes)} are allowed.",
                    $"Leave the largest out: {OptionName.ExcludeAnnotation} {string.Join(", ", Largest(made))}",
                    "metadata.annotations");
            }

            yield break;
        }

        var name = method == CloneMethod.Restore ? subject.Request.CloneName : null;
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

    // What it is marked with is written down only where it may matter.
    private static int DirectBytes(JsonObject made, PreflightSubject subject)
    {
        var request = subject.Request;
        var own = RestoredMachine.AnnotationBytes(made);
        if (own + (request.Patches?.Sum(p => p.Length) ?? 0) < RestoredMachine.MaxAnnotationBytes / 2)
            return own;
        var machine = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = made["metadata"]?["annotations"]?.DeepClone() ?? new JsonObject() } };
        var batch = request.Batch ?? "";
        var claims = SourceMachine.Copied(made).Select(v => CloneNames.ForClaim(batch, request.Namespace, request.TargetName!, v.Name, request.VolumeNamePolicy == "RandomizeNames"));
        var body = DirectManifest.Machine(machine, request, $"{CloneNames.ForSharedSnapshot(batch, request.Namespace, request.SourceName)}/{Guid.Empty}", [.. claims]);
        RequestFingerprint.Mark(body, RequestFingerprint.Of(request, request), request);
        body["metadata"]!["annotations"]![CloneLabels.CloneSpec] = CloneManifest.Build(request, "")["spec"]!.ToJsonString();
        return RestoredMachine.AnnotationBytes(body);
    }

    private static IEnumerable<string> Largest(JsonObject machine) =>
        (machine["metadata"]?["annotations"] as JsonObject ?? [])
            .OrderByDescending(a => SourceMachine.Text(a.Value)?.Length ?? 0)
            .Take(1)
            .Select(a => $"'{a.Key}'");

    private static decimal? Bytes(JsonNode? quantity) => Quantity.Parse(SourceMachine.Text(quantity));

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
        var isPosted = batch.MethodOf(source).StandsAsMachine();
        if (isPosted && batch.Options.Method != CloneMethodChoice.Auto)
            yield break;
        foreach (var (name, template) in batch.LackingTemplates(source))
        {
            var gone = $"The DataSource '{name.Name}' in namespace '{name.Namespace}', from which the volume template '{template}' of '{source.Name}' is made, does not exist (any more): ";
            yield return isPosted
                ? source.Finding(
                    FindingSeverity.Warning,
                    FindingCodes.TemplateSourceMissing,
                    gone + "the clones are made directly, without the template, because a restore would look its DataSource up and try for ever.",
                    "",
                    $"spec.dataVolumeTemplates[{template}].spec.sourceRef")
                : source.Finding(
                    FindingSeverity.Error,
                    FindingCodes.TemplateSourceMissing,
                    gone + "the restore copies the volume, then fails to make its data volume, and tries for ever.",
                    $"Make the DataSource again (what it points to does not matter: the data comes from the snapshot), make the clones directly ({OptionName.Method} Direct), which looks nothing up, or name the source's volume as a claim and take the template out of it.",
                    $"spec.dataVolumeTemplates[{template}].spec.sourceRef");
        }
    }
}
