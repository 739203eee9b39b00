using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Insight.Comparison;

/// <summary>Which fields of a machine KubeVirt changes in every clone, and what part of the machine a field belongs to.</summary>
internal static class FieldMeaning
{
    private const string Template = "spec.template.spec.";

    /// <summary>True for fields that are looked at by a rule of their own.</summary>
    public static bool IsTreatedApart(string path) => path is "spec.runStrategy" or "spec.running" or "spec.dataVolumeTemplates";

    /// <summary>True for fields a clone is asked to empty, and KubeVirt fills again.</summary>
    public static bool IsGivenByKubeVirt(string path) =>
        path.EndsWith(".macAddress", StringComparison.Ordinal) || path.StartsWith(Template + "domain.firmware.", StringComparison.Ordinal);

    /// <summary>Why KubeVirt makes this difference in every clone, or null when it does not.</summary>
    public static string? WhyExpected(string path, JsonNode? source, JsonNode? clone, JsonObject machine)
    {
        if (path.StartsWith(Template + "volumes[", StringComparison.Ordinal) && clone is null && IsOfMemoryDump(path, machine))
            return "KubeVirt restores no memory dump";
        if (path.StartsWith(Template + "volumes[", StringComparison.Ordinal) && IsClaim(path))
            return IsCopy(path, source, clone, machine) ? "each clone has a copy of its own" : null;
        if (path.EndsWith(".macAddress", StringComparison.Ordinal) && source is not null)
            return "each machine has a MAC address of its own";
        if (path is Template + "domain.firmware.uuid" or Template + "domain.firmware.serial")
            return "each machine has firmware identifiers of its own";
        if (path is "spec.instancetype.name" or "spec.preference.name" && CloneNames.IsInTransfer(SourceMachine.Text(clone) ?? "", SourceMachine.Text(source) ?? ""))
            return "it is of the source's namespace, and was brought along under a name of its own";
        return path.EndsWith(".revisionName", StringComparison.Ordinal) ? "each machine has its own copy of the instance type's revision" : null;
    }

    /// <summary>The part of the machine a field belongs to.</summary>
    public static string Area(string path)
    {
        foreach (var (part, area) in new[]
        {
            ("domain.devices.disks", "Disks"), ("volumes", "Volumes"), ("networks", "Networks"), ("domain.devices.interfaces", "Networks"), ("domain.cpu", "Cpu"),
            ("domain.memory", "Memory"), ("domain.resources", "Memory"), ("domain.firmware", "Firmware"),
        })
        {
            if (path.StartsWith(Template + part, StringComparison.Ordinal))
                return area;
        }

        return "Machine";
    }

    private static bool IsOfMemoryDump(string path, JsonObject machine) => SourceMachine.MemoryDumps(machine).Any(v => v.Name == VolumeOf(path));

    private static string VolumeOf(string path) => path[(Template.Length + "volumes[".Length)..path.IndexOf(']', StringComparison.Ordinal)];

    private static bool IsClaim(string path) =>
        path.EndsWith(".persistentVolumeClaim.claimName", StringComparison.Ordinal) || path.EndsWith(".dataVolume.name", StringComparison.Ordinal);

    // A data volume becomes a plain claim where it has no template, and in every machine made directly; a claim becomes a data volume where CDI copies it:
    // one field goes, the other comes.
    private static bool IsCopy(string path, JsonNode? source, JsonNode? clone, JsonObject machine)
    {
        if (source is not null && clone is not null)
            return true;
        var name = VolumeOf(path);
        return SourceMachine.Copied(machine).Any(v => v.Name == name && v.IsDataVolume == (path.EndsWith(".dataVolume.name", StringComparison.Ordinal) == source is not null));
    }
}
