using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>What a clone does not get a copy of, but uses together with its source.</summary>
internal sealed class SharedCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        foreach (var volume in SourceMachine.Volumes(source.Machine))
        {
            var name = SourceMachine.Text(volume["name"]) ?? "";
            if (volume["hostDisk"] is JsonObject host)
                yield return Make(source, FindingSeverity.Warning, $"The volume '{name}' is a disk file on the host ({SourceMachine.Text(host["path"])}): clones write to the same file.", "Take the volume out with a patch, or give the clones another.");
            else if (volume["ephemeral"] is JsonObject ephemeral)
                yield return Make(source, FindingSeverity.Information, $"The volume '{name}' is ephemeral: clones read the same claim {SourceMachine.Text(ephemeral["persistentVolumeClaim"]?["claimName"])}, and what they write is lost when they stop.", "");
        }

        foreach (var reference in MachineReferences.Of(source.Machine).DistinctBy(r => (r.Kind, r.Name, r.Where)))
        {
            if (batch.Facts.References.Lacks(new ObjectName(reference.Kind, source.First.Request.Namespace, reference.Name)))
                continue;
            var what = reference.NetworkDataOf is not null ? "cloud-init network configuration in the " : reference.UserDataOf is not null ? "cloud-init data in the " : "the ";
            yield return Make(
                source,
                FindingSeverity.Information,
                $"{reference.Where} is {what}{reference.Noun} {reference.Name}{(reference.NetworkDataOf is not null ? " (networkDataSecretRef)" : "")}: clones use the same one{(reference.Kind == "Secret" ? ", its passwords and keys included" : "")}.",
                $"Give each clone one of its own where that matters: {OptionName.CloudInitSecret}, {OptionName.NetworkDataSecret}, {OptionName.Patch}.");
        }

        foreach (var volume in SourceMachine.Copied(source.Machine))
        {
            var others = source.State.ClaimUsers.GetValueOrDefault(volume.Claim)?.Where(m => m != source.Name).ToList() ?? [];
            if (others.Count > 0 && !source.First.FromSnapshot)
                yield return Make(source, FindingSeverity.Warning, $"The claim '{volume.Claim}' is used by {string.Join(", ", others)} too. A clone gets a copy of its own, which is no longer shared.", "Leave the volume out by a patch and add the shared claim again where the clones are to share it.");
        }
    }

    private static Finding Make(PreflightSource source, FindingSeverity severity, string message, Advice action) =>
        source.Finding(severity, FindingCodes.Shared, message, action, "spec.template.spec.volumes");
}

/// <summary>What a clone repeats of its source although it should be its own.</summary>
internal sealed class IdentityCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        var made = source.All.Select(s => (Subject: s, Spec: s.Simulation?.Machine is { } machine ? SourceMachine.Template(machine)?["spec"] : null)).Where(m => m.Spec is not null).ToList();
        if (SourceMachine.Text(SourceMachine.Template(source.Machine)?["spec"]?["hostname"]) is { Length: > 0 } hostname)
        {
            var same = made.Where(m => SourceMachine.Text(m.Spec!["hostname"]) == hostname).ToList();
            if (same.Count > 0)
            {
                yield return Make(
                    source,
                    FindingSeverity.Warning,
                    $"The host name '{hostname}' is fixed in '{source.Name}': {(same.Count == source.All.Count ? "every clone gets it" : same.Count == 1 ? $"'{same[0].Subject.Name}' gets it" : $"'{same[0].Subject.Name}' and {same.Count - 1} more get it")}.",
                    $"Give {OptionName.Hostname}.",
                    "spec.template.spec.hostname") with
                { Requests = [.. same.Select(m => m.Subject.Item.Request)] };
            }
        }

        var serials = made.SelectMany(m => (m.Spec!["domain"]?["devices"]?["disks"] as JsonArray)?.OfType<JsonObject>() ?? [])
            .Where(d => SourceMachine.Text(d["serial"]) is { Length: > 0 })
            .Select(d => SourceMachine.Text(d["name"]))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (serials.Count > 0)
            yield return Make(source, FindingSeverity.Information, $"The disks {string.Join(", ", serials)} have fixed serials, which every clone repeats.", "Patch them where software is licensed by disk serial.", "spec.template.spec.domain.devices.disks[].serial");
        if (SourceMachine.Copied(source.Machine).Any())
        {
            yield return Make(
                source,
                FindingSeverity.Information,
                $"What the guest of '{source.Name}' keeps on its disks comes with every clone: machine-id, SSH host keys, Windows SID, DHCP identity. cloud-init runs its per-instance modules again.",
                "Clone a machine that was prepared for it (virt-sysprep, cloud-init clean, sysprep).",
                "copied volumes");
        }
    }

    private static Finding Make(PreflightSource source, FindingSeverity severity, string message, Advice action, string evidence) =>
        source.Finding(severity, FindingCodes.IdentityRepeated, message, action, evidence);
}

/// <summary>Services whose selector matches the clones' pods: they would send traffic to them as soon as they start.</summary>
internal sealed class ServiceCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        var services = (source.State.Services.Items?.Values ?? []).Select(s => (Service: s, Selector: s.At("spec", "selector")?.EnumerateObject().ToList() ?? [])).Where(s => s.Selector.Count > 0).ToList();
        if (services.Count == 0)
            yield break;
        var made = source.All
            .Select(s => (Subject: s, Labels: s.Simulation?.Machine is { } machine ? SourceMachine.Template(machine)?["metadata"]?["labels"] as JsonObject : null))
            .Where(m => m.Labels is not null)
            .ToList();
        foreach (var (service, selector) in services)
        {
            var selected = made.Where(m => selector.TrueForAll(s => SourceMachine.Text(m.Labels![s.Name]) == s.Value.GetString())).Select(m => m.Subject).ToList();
            if (selected.Count == 0)
                continue;
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.ServiceSelects,
                $"The service '{service.Name}' selects {string.Join(", ", selector.Select(s => $"{s.Name}={s.Value.GetString()}"))}, which clones of '{source.Name}' have too: they get its traffic once they run.",
                $"Drop the label with {OptionName.TemplateLabelFilter} or {OptionName.ExcludeTemplateLabel}, unless that is what the clones are for.",
                $"Service {service.Name} spec.selector") with
            { Requests = [.. selected.Select(s => s.Item.Request)] };
        }
    }
}
