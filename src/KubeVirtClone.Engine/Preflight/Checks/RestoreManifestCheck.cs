using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>What API server and restore admission make of a VirtualMachineRestore that is posted as it stands, and what its options do to data.</summary>
internal sealed class RestoreManifestCheck : SubjectCheck
{
    private static readonly string[] Readiness = ["StopTarget", "WaitGracePeriod", "FailImmediate", "WaitEventually"];
    private static readonly string[] Volumes = ["RandomizeNames", "InPlace", "PrefixTargetName"];
    private static readonly string[] Ownership = ["Vm", "None"];

    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        if (!subject.Item.IsRestore)
            return [];
        var form = ManifestForm.Of(subject, KubeVirtKinds.SnapshotGroup);
        if (subject.Item.Manifest!["spec"] is not JsonObject spec)
            return form.Append(ManifestForm.Refused(subject, "spec", "it has no spec", "Give spec.target and spec.virtualMachineSnapshotName."));
        return form.Concat(Target(subject, spec)).Concat(Snapshot(subject, spec)).Concat(Patches(subject, spec)).Concat(Options(subject, spec)).Concat(Overrides(subject, spec));
    }

    private static IEnumerable<Finding> Target(PreflightSubject subject, JsonObject spec)
    {
        if (spec["target"] is not JsonObject target)
        {
            yield return ManifestForm.Refused(subject, "spec.target", "it names no target", "Give spec.target with apiGroup, kind and name.");
            yield break;
        }

        if (SourceMachine.Text(target["apiGroup"]) is not KubeVirtKinds.KubeVirtGroup and var group)
            yield return ManifestForm.Refused(subject, "spec.target.apiGroup", $"the target has {(string.IsNullOrEmpty(group) ? "no apiGroup" : $"the apiGroup '{group}'")}", "Write apiGroup: kubevirt.io in spec.target.", FindingCodes.TargetGroup);
        if (SourceMachine.Text(target["kind"]) is not "VirtualMachine" and var kind)
            yield return ManifestForm.Refused(subject, "spec.target.kind", $"a restore's target cannot be a {kind ?? "thing without kind"}", "Write VirtualMachine.");
        if (SourceMachine.Text(target["name"]) is not { Length: > 0 } name)
            yield return ManifestForm.Refused(subject, "spec.target.name", "the target has no name", "Name the target.");
        else if (ManifestForm.TargetName(subject, name) is { } illegal)
            yield return illegal;
    }

    private static IEnumerable<Finding> Snapshot(PreflightSubject subject, JsonObject spec)
    {
        if (string.IsNullOrEmpty(SourceMachine.Text(spec["virtualMachineSnapshotName"])))
            yield return ManifestForm.Refused(subject, "spec.virtualMachineSnapshotName", "it names no snapshot", "Name the snapshot.");
    }

    // Where the snapshot does not exist the webhook does not look at the patches.
    private static IEnumerable<Finding> Patches(PreflightSubject subject, JsonObject spec)
    {
        var patches = spec["patches"] as JsonArray ?? [];
        for (var i = 0; i < patches.Count && !subject.State.Snapshots.Lacks(subject.Request.SourceName); i++)
        {
            if (RestoreWebhookRules.WhyRefused(SourceMachine.Text(patches[i]) ?? "") is var (path, why))
            {
                yield return ManifestForm.Refused(
                    subject,
                    $"spec.patches[{i}]: {patches[i]}",
                    $"patch {i + 1}: {why}",
                    path
                        ? "Give a path below /metadata/labels/, /metadata/annotations/ or /spec/."
                        : "Write ':' and ',' inside values as \\u003a and \\u002c, and build objects step by step.",
                    FaultIds.VMClonePatchInvalid);
            }
        }
    }

    private static IEnumerable<Finding> Options(PreflightSubject subject, JsonObject spec)
    {
        foreach (var (field, values) in new[] { ("targetReadinessPolicy", Readiness), ("volumeRestorePolicy", Volumes), ("volumeOwnershipPolicy", Ownership) })
        {
            if (SourceMachine.Text(spec[field]) is { } value && !values.Contains(value, StringComparer.Ordinal))
                yield return ManifestForm.Refused(subject, $"spec.{field}", $"'{value}' is no {field}", $"Write {string.Join(", ", values)}, or leave it out.");
        }

        var original = subject.SourceObject?.StringAt("spec", "source", "name");
        if (SourceMachine.Text(spec["volumeRestorePolicy"]) == "InPlace" && original is not null && original != subject.Request.TargetName)
        {
            yield return subject.Finding(
                FindingSeverity.Error,
                FaultIds.VMCloneVolumeExists,
                $"With InPlace KubeVirt would delete the volumes of '{original}' and make them anew from the snapshot; '{subject.Request.TargetName}' and '{original}' would then both use them.",
                "Leave volumeRestorePolicy out for a new machine.",
                "spec.volumeRestorePolicy: InPlace",
                FaultCategory.InvalidOperation);
        }
    }

    private static IEnumerable<Finding> Overrides(PreflightSubject subject, JsonObject spec)
    {
        var names = SourceMachine.Copied(subject.Source).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        var list = (spec["volumeRestoreOverrides"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        for (var i = 0; i < list.Count; i++)
        {
            var (field, volume, claim) = ($"spec.volumeRestoreOverrides[{i}]", SourceMachine.Text(list[i]["volumeName"]), SourceMachine.Text(list[i]["restoreName"]));
            if (string.IsNullOrEmpty(volume))
                yield return ManifestForm.Refused(subject, field, "an override names no volume", "Give volumeName.");
            else if (string.IsNullOrEmpty(claim) && list[i]["labels"] is null && list[i]["annotations"] is null)
                yield return ManifestForm.Refused(subject, field, $"the override of '{volume}' changes nothing", "Give restoreName, labels or annotations.");
            else if (subject.Source is not null && !names.Contains(volume))
                yield return subject.Finding(FindingSeverity.Warning, FindingCodes.UnknownField, $"The snapshot has no volume '{volume}': KubeVirt ignores the override.", "Give the name of a volume that is copied.", field);
            if (!string.IsNullOrEmpty(claim) && NameRules.WhyNotName(claim) is { } illegal)
                yield return subject.Finding(FindingSeverity.Error, FaultIds.VMCloneNameInvalid, $"The claim name '{claim}' is no legal name: {illegal}. KubeVirt takes the restore and then never finishes it.", "Give a name such as web-001-data.", field);
            if (!string.IsNullOrEmpty(claim) && subject.State.Claims.Find(claim) is { } taken)
            {
                yield return subject.Finding(
                    FindingSeverity.Error,
                    FaultIds.VMCloneVolumeExists,
                    $"A claim '{claim}' exists in namespace '{subject.Request.Namespace}'. KubeVirt would give it to the new machine with the data it has.",
                    "Choose another restoreName.",
                    $"PersistentVolumeClaim {claim}, made {taken.CreationTimestamp:u}",
                    FaultCategory.ResourceExists);
            }

            foreach (var (key, value) in list[i]["labels"] as JsonObject ?? [])
            {
                if ((NameRules.WhyNotLabelKey(key) ?? NameRules.WhyNotLabelValue(SourceMachine.Text(value) ?? "")) is { } why)
                    yield return subject.Finding(FindingSeverity.Error, FaultIds.VMCloneLabelInvalid, $"The label '{key}={SourceMachine.Text(value)}' of the new claim is no legal one: {why}. KubeVirt takes the restore and then never finishes it.", "Use letters, digits, '-', '_' and '.'.", field);
            }
        }
    }
}
