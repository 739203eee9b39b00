using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>What is asked of any manifest: fields that exist, of the right types, with legal names.</summary>
internal static class ManifestForm
{
    private static readonly string[] Versions = ["v1beta1", "v1alpha1"];
    private static readonly string[] OwnerFields = ["apiVersion", "kind", "name", "uid"];

    public static IEnumerable<Finding> Of(PreflightSubject subject, string group)
    {
        var manifest = subject.Item.Manifest!;
        var metadata = manifest["metadata"] as JsonObject;
        foreach (var error in subject.Item.Shape!.Errors)
        {
            var filter = error.Field.Contains("Filters", StringComparison.Ordinal);
            yield return Refused(subject, error.Field, $"{error.Field} is not {error.Wanted}", $"Write {error.Wanted}.", filter ? FaultIds.VMCloneFilterInvalid : FindingCodes.ManifestRefused);
        }

        if (string.IsNullOrEmpty(SourceMachine.Text(manifest["kind"])))
            yield return Refused(subject, "kind", "it has no kind", "Write VirtualMachineClone.");
        if (!string.IsNullOrEmpty(SourceMachine.Text(metadata?["resourceVersion"])))
            yield return Refused(subject, "metadata.resourceVersion", "it has a resourceVersion, which only the server gives", "Leave resourceVersion out.");
        foreach (var owner in (metadata?["ownerReferences"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (OwnerFields.Where(f => string.IsNullOrEmpty(SourceMachine.Text(owner[f]))).ToList() is { Count: > 0 } lacking)
                yield return Refused(subject, "metadata.ownerReferences", $"an owner has no {string.Join(", ", lacking)}", $"Give {string.Join(", ", OwnerFields)} of each owner.");
        }

        if (SourceMachine.Text(manifest["apiVersion"]) is { } version && !Array.Exists(Versions, v => $"{group}/{v}" == version))
            yield return Refused(subject, "apiVersion", $"there is no {SourceMachine.Text(manifest["kind"])} in {version}", $"Write {group}/{Versions[0]}.");
        var name = SourceMachine.Text(metadata?["name"]);
        if (name is null && SourceMachine.Text(metadata?["generateName"]) is null)
            yield return Refused(subject, "metadata.name", "it has no name", "Give a name.");
        else if (name is not null && NameRules.WhyNotName(name) is { } why)
            yield return Refused(subject, "metadata.name", $"'{Shorten(name)}' is no legal name: {why}", "Give a name such as clone-1.");
        foreach (var (key, value) in metadata?["labels"] as JsonObject ?? [])
        {
            if ((NameRules.WhyNotLabelKey(key) ?? NameRules.WhyNotLabelValue(SourceMachine.Text(value) ?? "")) is { } illegal)
                yield return Refused(subject, "metadata.labels", $"the label '{key}={SourceMachine.Text(value)}' is no legal one: {illegal}", "Use letters, digits, '-', '_' and '.'.");
        }

        foreach (var (key, _) in metadata?["annotations"] as JsonObject ?? [])
        {
            if (NameRules.WhyNotLabelKey(key.ToLowerInvariant()) is { } illegal)
                yield return Refused(subject, "metadata.annotations", $"the annotation key '{key}' is no legal one: {illegal}", "Use letters, digits, '-', '_' and '.'.");
        }

        if (subject.Item.Shape.Unknown is { Count: > 0 } unknown)
        {
            yield return subject.Finding(
                FindingSeverity.Warning,
                FindingCodes.UnknownField,
                $"The API has no {string.Join(", ", unknown)}: kubectl's strict validation refuses the manifest, and without it the fields are dropped in silence.",
                unknown.Any(f => f.EndsWith(".namespace", StringComparison.Ordinal)) ? "Leave it out: KubeVirt clones within one namespace." : "Leave it out.",
                string.Join(", ", unknown));
        }
    }

    /// <summary>A target name the server would refuse when the machine is made, or null.</summary>
    public static Finding? TargetName(PreflightSubject subject, string name) => NameRules.WhyNotName(name) is not { } why ? null : subject.Finding(
        FindingSeverity.Error,
        FaultIds.VMCloneNameInvalid,
        $"The target name '{Shorten(name)}' is no legal name: {why}. KubeVirt takes the {(subject.Item.IsRestore ? "restore" : "clone")} and then never finishes it.",
        "Give a name such as web-001.",
        "spec.target.name");

    public static Finding Refused(PreflightSubject subject, string field, string why, Advice action, string code = FindingCodes.ManifestRefused) =>
        subject.Finding(FindingSeverity.Error, code, $"The server would refuse the manifest: {why}.", action, field);

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..77] + "...";
}
