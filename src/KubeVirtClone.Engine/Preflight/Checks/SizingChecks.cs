using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>
/// A source runs on stored revisions of its instance type and preference; a clone of a stopped one, or of its snapshot, gets them as they are now. Where
/// they have changed since, so will the clone.
/// </summary>
internal sealed class InstancetypeDriftCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.Machine is not { } machine)
            yield break;
        foreach (var named in batch.KeptTypes(source))
        {
            if (KeptRevision(source, machine, named) is { Count: > 0 } mixed)
            {
                yield return source.Finding(
                    FindingSeverity.Warning,
                    FindingCodes.InstancetypeDrift,
                    $"A patch gives clones of '{source.Name}' another {named.Field}, and leaves the revision that the snapshot pins ({named.StoredName ?? "spec." + named.Field + ".revisionName"}): they would say the new one's name and run on the old one.",
                    $"Empty the revision, too: {{\"op\":\"add\",\"path\":\"/spec/{named.Field}/revisionName\",\"value\":\"\"}}",
                    $"spec.{named.Field}.revisionName") with
                { Requests = [.. mixed.Select(s => s.Item.Request)] };
                continue;
            }

            if (named.WhyNot is { } why)
            {
                yield return new Finding
                {
                    Severity = FindingSeverity.NotChecked,
                    Code = FindingCodes.NotRead,
                    Item = $"{named.Kind.ToLowerInvariant()}s{(named.Kind.Contains("Cluster", StringComparison.Ordinal) ? "" : $" in {source.First.Request.Namespace}")}",
                    Message = $"Not checked: whether the {named.Field} '{named.Name}' of '{source.Name}' has changed, and what it asks for ({why}).",
                    Evidence = why,
                };
            }

            // The snapshot of a running machine names the revision, so that its clones have it, too.
            if (source.IsOn || named.Pinned || named.Stored is not { } stored || named.Today is not { } today || JsonNode.DeepEquals(stored, today))
                continue;
            var (was, becomes) = named.Field == "instancetype"
                ? (MachineSizing.Of(machine, stored).Text, MachineSizing.Of(machine, today).Text)
                : ("", "");
            var changed = string.Join(", ", SizingDifference.Between(stored, today).Select(d => $"{d.Path} {d.Was ?? "nothing"} → {d.Now ?? "nothing"}"));
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.InstancetypeDrift,
                $"'{source.Name}' runs on a stored revision of the {named.Kind} '{named.Name}', which has changed since: "
                    + (was != becomes ? $"clones get {becomes} instead of {was} ({changed})." : $"clones get it as it is now ({changed})."),
                $"Have the {named.Field} set back, give the clones another by {OptionName.Patch}, or pin the source to its revision: spec.{named.Field}.revisionName: {named.StoredName}",
                $"status.{named.Field}Ref.controllerRevisionRef.name: {named.StoredName}");
        }
    }

    // A running machine's snapshot names the revision, whatever the machine's own text says.
    private static List<PreflightSubject> KeptRevision(PreflightSource source, JsonObject machine, SizingObject named)
    {
        if (!source.IsOn && !named.Pinned)
            return [];
        var name = SourceMachine.Text(machine["spec"]?[named.Field]?["name"]);
        return
        [
            .. source.All.Where(s => s.Made is { } made
                && SourceMachine.Text(made["spec"]?[named.Field]?["name"]) is { } given && given != name
                && !(s.Request.Patches ?? []).Any(p => p.Contains($"/spec/{named.Field}/revisionName", StringComparison.Ordinal) || p.Contains($"\"/spec/{named.Field}\"", StringComparison.Ordinal))),
        ];
    }
}

/// <summary>
/// State of a TPM or of EFI variables that a preference gives the machine: it lies in a claim of its own that KubeVirt's snapshot leaves out, because it
/// looks at the machine's own text only.
/// </summary>
internal sealed class PersistentStateCheck : SourceCheck
{
    private const string StateLabel = "persistent-state-for";

    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.Machine is not { } machine || SourceMachine.Unclonable(machine) is not null)
            yield break;
        var preference = batch.SizingOf(source).Preference;
        var asked = new[] { preference?.OfMachine, preference?.OfClone(source.IsOn) }
            .SelectMany(p => MachineSizing.StateByPreference(machine, p)).Distinct().ToList();
        var name = SourceMachine.Text(machine["metadata"]?["name"]) ?? source.Name;
        var claims = (source.State.Claims.Items?.Values ?? [])
            .Where(c => c.Labels.GetValueOrDefault(StateLabel) == name).Select(c => c.Name).Order(StringComparer.Ordinal).ToList();
        if (asked.Count == 0 && claims.Count == 0)
            yield break;
        var who = asked.Count > 0
            ? $"The preference '{preference!.Name}' gives '{name}' {string.Join(" and ", asked.Select(a => $"{a.What} ({a.Field})"))}"
            : $"'{name}' has state of a TPM or of EFI variables";
        yield return source.Finding(
            FindingSeverity.Warning,
            FindingCodes.StateNotCloned,
            $"{who}. KubeVirt's snapshot leaves the claim {(claims.Count > 0 ? $"{string.Join(", ", claims.Select(c => $"'{c}'"))} " : "")}with that state (label {StateLabel}={name}) out: clones start with empty state, "
                + "so that what is sealed by the TPM (disk encryption, for one) does not open.",
            "Suspend disk encryption and remove what is sealed before the snapshot is taken, or clone a machine without such state.",
            asked.Count > 0 ? $"{preference!.Kind} {preference.Name}" : $"PersistentVolumeClaim {claims[0]}");
    }
}
