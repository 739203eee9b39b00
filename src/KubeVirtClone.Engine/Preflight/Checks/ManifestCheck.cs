using System.Text.Json;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>
/// What API server, clone admission and restore admission make of a manifest that is posted as it stands. Much of it the server accepts and
/// then never finishes; this product writes its own manifests so that none of this happens.
/// </summary>
internal sealed class ManifestCheck : SubjectCheck
{
    private static readonly string[] Policies = ["RandomizeNames", "PrefixTargetName"];

    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        if (subject.Item.Manifest is not { } manifest || subject.Item.IsRestore)
            return [];
        var form = ManifestForm.Of(subject, "clone.kubevirt.io");
        if (manifest["spec"] is not JsonObject spec)
            return form.Append(ManifestForm.Refused(subject, "spec", "it has no spec", "Give spec.source and spec.target."));
        return form
            .Concat(Source(subject, spec))
            .Concat(Target(subject, spec))
            .Concat(Filters(subject, spec))
            .Concat(Macs(subject, spec))
            .Concat(Serial(subject, spec))
            .Concat(Patches(subject, spec))
            .Concat(Policy(subject, spec));
    }

    private static IEnumerable<Finding> Source(PreflightSubject subject, JsonObject spec)
    {
        if (spec["source"] is not JsonObject source)
        {
            yield return Refused(subject, "spec.source", "it names no source", "Give spec.source with apiGroup, kind and name.");
            yield break;
        }

        if (SourceMachine.Text(source["kind"]) is not ("VirtualMachine" or "VirtualMachineSnapshot") and var kind)
            yield return Refused(subject, "spec.source.kind", string.IsNullOrEmpty(kind) ? "the source has no kind" : $"a clone cannot be made of a {kind}", "Write VirtualMachine or VirtualMachineSnapshot.");
        if (string.IsNullOrEmpty(SourceMachine.Text(source["name"])))
            yield return Refused(subject, "spec.source.name", "the source has no name", "Name the source.");
        if (string.IsNullOrEmpty(SourceMachine.Text(source["apiGroup"])))
            yield return Refused(subject, "spec.source.apiGroup", "the source has no apiGroup", "Write kubevirt.io for a machine, snapshot.kubevirt.io for a snapshot.");
    }

    private static IEnumerable<Finding> Target(PreflightSubject subject, JsonObject spec)
    {
        if (spec["target"] is not JsonObject target)
            yield break;
        if (SourceMachine.Text(target["kind"]) is not "VirtualMachine" and var kind)
            yield return Refused(subject, "spec.target.kind", $"a clone's target cannot be a {kind ?? "thing without kind"}", "Write VirtualMachine.");
        // Null is read as empty, for which KubeVirt makes up a name.
        if (!target.ContainsKey("name") && subject.Item.Shape?.IsNull("spec.target.name") != true)
            yield return Refused(subject, "spec.target.name", "the target has no name", "Name the target, or leave spec.target out.");
        var group = SourceMachine.Text(target["apiGroup"]);
        if (group != KubeVirtKinds.KubeVirtGroup)
        {
            yield return subject.Finding(
                FindingSeverity.Error,
                FindingCodes.TargetGroup,
                $"The target has {(string.IsNullOrEmpty(group) ? "no apiGroup" : $"the apiGroup '{group}'")}: KubeVirt takes the clone, then refuses its restore for ever.",
                "Write apiGroup: kubevirt.io in spec.target.",
                "spec.target.apiGroup");
        }

        var name = SourceMachine.Text(target["name"]);
        if (!string.IsNullOrEmpty(name) && ManifestForm.TargetName(subject, name) is { } illegal)
            yield return illegal;

        if (!string.IsNullOrEmpty(name) && name == SourceMachine.Text(spec["source"]?["name"]) && SourceMachine.Text(spec["source"]?["kind"]) == "VirtualMachine")
            yield return Refused(subject, "spec.target.name", "the target has the name of its source", "Choose another target name.", FaultIds.VMCloneTargetIsSource);
    }

    private static IEnumerable<Finding> Filters(PreflightSubject subject, JsonObject spec)
    {
        foreach (var (field, node) in new[]
        {
            ("spec.labelFilters", spec["labelFilters"]), ("spec.annotationFilters", spec["annotationFilters"]),
            ("spec.template.labelFilters", spec["template"]?["labelFilters"]), ("spec.template.annotationFilters", spec["template"]?["annotationFilters"]),
        })
        {
            foreach (var filter in (node as JsonArray ?? []).Select(i => SourceMachine.Text(i)!))
            {
                if (FilterRules.WhyNot(filter) is { } why)
                {
                    yield return Refused(
                        subject,
                        field,
                        $"the filter '{filter}' is not one KubeVirt takes: {why}{(filter.Length == 0 ? ", and its webhook crashes on it" : "")}",
                        "'!' goes first, '*' last; a lone '*' means all.",
                        FaultIds.VMCloneFilterInvalid);
                }
            }
        }
    }

    private static IEnumerable<Finding> Macs(PreflightSubject subject, JsonObject spec)
    {
        var interfaces = subject.Source is { } source ? SourceMachine.Interfaces(source).Select(i => i.Name).ToHashSet(StringComparer.Ordinal) : null;
        foreach (var (name, node) in spec["newMacAddresses"] as JsonObject ?? [])
        {
            var text = SourceMachine.Text(node) ?? "";
            if (text.Length == 0)
                continue;
            if (!MacAddress.TryParse(text, out var mac) || !text.AsSpan().ContainsAny(":-."))
                yield return Refused(subject, $"spec.newMacAddresses.{name}", $"'{text}' is not a MAC address", "Write 02-00-00-aa-bb-cc.", FaultIds.VMCloneMacInvalid);
            else if (text.Contains(':', StringComparison.Ordinal) && interfaces?.Contains(name) != false)
            {
                yield return subject.Finding(
                    interfaces is null ? FindingSeverity.Warning : FindingSeverity.Error,
                    FindingCodes.MacNotation,
                    $"The MAC address {text} for interface '{name}' is written with colons: KubeVirt takes the clone, then refuses its restore for ever.",
                    $"Write it with hyphens: {mac}",
                    $"spec.newMacAddresses.{name}");
            }
        }
    }

    private static IEnumerable<Finding> Serial(PreflightSubject subject, JsonObject spec)
    {
        if (SourceMachine.Text(spec["newSMBiosSerial"]) is { } serial && serial.AsSpan().IndexOfAny(':', ',') >= 0
            && (subject.Source is null || SourceMachine.Domain(subject.Source)?["firmware"] is not null))
        {
            yield return subject.Finding(
                FindingSeverity.Error,
                FaultIds.VMCloneSerialInvalid,
                $"The serial '{serial}' has a ':' or ',': KubeVirt takes the clone, then refuses its restore for ever.",
                $"Leave ':' and ',' out, or let {CommandName.NewVMClone} {OptionName.SmbiosSerial} write it as a patch.",
                "spec.newSMBiosSerial");
        }
    }

    private static IEnumerable<Finding> Patches(PreflightSubject subject, JsonObject spec)
    {
        var patches = spec["patches"] as JsonArray ?? [];
        for (var i = 0; i < patches.Count; i++)
        {
            var text = SourceMachine.Text(patches[i]);
            if (text is null || !IsJson(text))
                yield return Refused(subject, $"spec.patches[{i}]", $"the patch is not JSON: {text}", "Write one operation as a JSON object in a string.", FaultIds.VMClonePatchInvalid);
            else if (RestoreWebhookRules.WhyRefused(text) is var (path, why))
            {
                yield return subject.Finding(
                    FindingSeverity.Error,
                    FaultIds.VMClonePatchInvalid,
                    $"Patch {i + 1}: {why}. KubeVirt takes the clone, then refuses its restore for ever.",
                    path
                        ? "Give a path below /metadata/labels/, /metadata/annotations/ or /spec/."
                        : (Advice)$"Write ':' and ',' inside values as \\u003a and \\u002c, and build objects step by step; {CommandName.NewVMClone} {OptionName.Patch} does both.",
                    $"spec.patches[{i}]: {text}");
            }
        }
    }

    private static IEnumerable<Finding> Policy(PreflightSubject subject, JsonObject spec)
    {
        if (SourceMachine.Text(spec["volumeNamePolicy"]) is { } policy && !Policies.Contains(policy, StringComparer.Ordinal))
            yield return Refused(subject, "spec.volumeNamePolicy", $"'{policy}' is not a volume name policy", $"Write {string.Join(" or ", Policies)}, or leave it out.", FaultIds.VMCloneVolumeNamePolicyInvalid);
    }

    private static Finding Refused(PreflightSubject subject, string field, string why, Advice action, string code = FindingCodes.ManifestRefused) =>
        ManifestForm.Refused(subject, field, why, action, code);

    private static bool IsJson(string text)
    {
        try
        {
            using var _ = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
