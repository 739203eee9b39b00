using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>
/// What of a running source its clones do not have: KubeVirt's snapshot is of what the machine was started as, with the volumes and disks of the machine
/// object. What was changed while it ran, and what only the instance has, is not in it.
/// </summary>
internal sealed class RunningDifferenceCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.First.FromSnapshot || source.Machine is not { } machine || source.State.Instances.Find(source.Name) is not { } instance)
            yield break;
        var sizing = batch.SizingOf(source);
        foreach (var finding in LiveUpdated(source, machine, sizing.StartedAs, instance))
            yield return finding;
        foreach (var (what, names, field) in OnlyInInstance(machine, instance))
        {
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.InstanceOnly,
                $"The {what} {string.Join(", ", names)} {(names.Count == 1 ? "is" : "are")} in the running instance of '{source.Name}' only: clones do not have {(names.Count == 1 ? "it" : "them")}.",
                what == "volumes" ? "Add them to the machine, too (virtctl addvolume --persist), where clones are to have them." : "Add them to the machine's specification where clones are to have them.",
                $"virtual machine instance, {field}");
        }
    }

    /// <summary>Volumes and interfaces that a running machine has and its specification has not.</summary>
    public static IEnumerable<(string What, IReadOnlyList<string> Names, string Field)> OnlyInInstance(JsonObject machine, KubernetesObject instance)
    {
        var volumes = SourceMachine.Volumes(machine).Select(v => SourceMachine.Text(v["name"])).ToHashSet(StringComparer.Ordinal);
        var extra = instance.ItemsAt("spec", "volumes").Select(v => v.Text("name") ?? "").Where(n => n.Length > 0 && !volumes.Contains(n)).ToList();
        if (extra.Count > 0)
            yield return ("volumes", extra, "spec.volumes");
        var interfaces = SourceMachine.Interfaces(machine).Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        // A machine without any gets one on the pod network by itself, in every clone as well.
        var more = instance.ItemsAt("spec", "domain", "devices", "interfaces").Select(i => i.Text("name") ?? "")
            .Where(n => n.Length > 0 && !interfaces.Contains(n) && !(interfaces.Count == 0 && n == "default")).ToList();
        if (more.Count > 0)
            yield return ("interfaces", more, "spec.domain.devices.interfaces");
    }

    // A live update asks for no restart; what does is told by another check.
    private static IEnumerable<Finding> LiveUpdated(PreflightSource source, JsonObject machine, JsonObject? started, KubernetesObject instance)
    {
        if (source.First.SourceObject?.Condition("RestartRequired") is { IsTrue: true })
            yield break;
        var now = SourceMachine.Domain(machine);
        var then = started?["template"]?["spec"]?["domain"] as JsonObject;
        var changes = then is not null
            ? Changes(now, then)
            : instance.StringAt("status", "memory", "guestAtBoot") is { } atBoot && SourceMachine.Text(now?["memory"]?["guest"]) is { } guest && Differ(JsonValue.Create(guest), JsonValue.Create(atBoot))
                ? [($"memory {guest}", atBoot)]
                : [];
        if (changes.Count == 0)
            yield break;
        yield return source.Finding(
            FindingSeverity.Warning,
            FindingCodes.SourceLiveUpdated,
            $"{string.Join(" and ", changes.Select(c => c.Now))} of '{source.Name}' {(changes.Count == 1 ? "was" : "were")} changed while it runs. KubeVirt clones a running machine as it was started: clones get {string.Join(" and ", changes.Select(c => c.Then))}.",
            $"Stop the machine first, or give the clones their size by {OptionName.Patch}.",
            $"ControllerRevision {instance.StringAt("status", "virtualMachineRevisionName")}");
    }

    private static List<(string Now, string Then)> Changes(JsonObject? now, JsonObject? then)
    {
        var changes = new List<(string, string)>();
        foreach (var name in new[] { "sockets", "cores", "threads" })
        {
            if (Differ(now?["cpu"]?[name], then?["cpu"]?[name]))
                changes.Add(($"CPU {name} {Show(now?["cpu"]?[name])}", Show(then?["cpu"]?[name])));
        }

        if (Differ(now?["memory"]?["guest"], then?["memory"]?["guest"]))
            changes.Add(($"memory {Show(now?["memory"]?["guest"])}", Show(then?["memory"]?["guest"])));
        return changes;
    }

    private static bool Differ(JsonNode? one, JsonNode? other) =>
        Show(one) != Show(other) && (Quantity.Parse(Show(one)) is not { } a || Quantity.Parse(Show(other)) is not { } b || a != b);

    private static string Show(JsonNode? value) => value is null ? "(none)" : SourceMachine.Text(value) ?? value.ToJsonString();
}
