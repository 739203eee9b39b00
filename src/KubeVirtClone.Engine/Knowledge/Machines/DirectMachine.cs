using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>
/// The machine that KubeVirt's restore would make of a snapshotted one, worked out here: volumes that are copied name claims of the new machine's
/// own, there are no data volume templates, it is stopped, and the patches are applied last. Nothing is asked.
/// </summary>
internal static class DirectMachine
{
    // What this product writes on machines and objects it makes; on a copy it would say what is not so.
    private static readonly string[] OwnLabels = [CloneLabels.Method, CloneLabels.Batch];

    private static readonly string[] OwnAnnotations = [CloneLabels.LastRestore, .. CloneLabels.OfMachine];

    /// <summary>The machine's metadata and specification, or the operation that cannot be applied and why.</summary>
    /// <param name="source">The machine as it was snapshotted.</param>
    /// <param name="claimOf">Name of the new claim of a volume, by the volume's name; null for one whose data is not in the snapshot.</param>
    /// <param name="patches">All that is changed in it, in order.</param>
    public static (JsonObject? Machine, PatchOperation? Failing, string? Why) Build(JsonObject source, Func<string, string?> claimOf, IReadOnlyList<PatchOperation> patches)
    {
        var spec = (JsonObject)(source["spec"]?.DeepClone() ?? new JsonObject());
        ReplaceVolumes(spec, claimOf);
        if (spec.ContainsKey("running"))
            spec["running"] = false;
        else
            spec["runStrategy"] = "Halted";
        var metadata = new JsonObject();
        foreach (var map in new[] { "labels", "annotations" })
        {
            if (source["metadata"]?[map] is JsonObject entries)
                metadata[map] = entries.DeepClone();
        }

        // A restore has written its mark before it applies patches: they can count on annotations being there.
        Map(metadata, "annotations")[CloneLabels.LastRestore] = "";
        var machine = new JsonObject { ["metadata"] = metadata, ["spec"] = spec };
        // There are no templates here: what takes some out is done.
        patches = [.. patches.Where(p => p is not { Op: "remove" } || !p.Path.StartsWith("/spec/dataVolumeTemplates", StringComparison.Ordinal))];
        if (JsonPatchApplier.Apply(machine, patches) is var (operation, why))
            return (null, operation, why);
        if (MachineTypes.WhyUnreadable(machine, patches) is var (unreadable, reason))
            return (null, unreadable, reason);
        Drop(machine, "labels", OwnLabels);
        Drop(machine, "annotations", OwnAnnotations);
        return (machine, null, null);
    }

    /// <summary>The entries of a machine's labels or annotations, made if there are none.</summary>
    public static JsonObject Map(JsonObject metadata, string name)
    {
        if (metadata[name] is not JsonObject map)
            metadata[name] = map = [];
        return map;
    }

    private static void Drop(JsonObject machine, string name, IEnumerable<string> keys)
    {
        if ((machine["metadata"] as JsonObject)?[name] is not JsonObject map)
            return;
        foreach (var key in keys)
            map.Remove(key);
        if (map.Count == 0)
            ((JsonObject)machine["metadata"]!).Remove(name);
    }

    private static void ReplaceVolumes(JsonObject spec, Func<string, string?> claimOf)
    {
        var templates = (spec["dataVolumeTemplates"] as JsonArray)?.OfType<JsonObject>().Select(t => SourceMachine.Text(t["metadata"]?["name"])).ToHashSet(StringComparer.Ordinal) ?? [];
        spec.Remove("dataVolumeTemplates");
        if (spec["template"]?["spec"] is not JsonObject template || template["volumes"] is not JsonArray volumes)
            return;
        var made = new JsonArray();
        foreach (var volume in volumes.OfType<JsonObject>())
        {
            // KubeVirt leaves memory dumps out of what it restores.
            if (volume["memoryDump"] is not null)
                continue;
            var copy = (JsonObject)volume.DeepClone();
            if (claimOf(SourceMachine.Text(volume["name"]) ?? "") is { } claim)
            {
                if (copy["dataVolume"] is JsonObject dataVolume)
                {
                    copy.Remove("dataVolume");
                    copy["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim };
                    // Of a data volume without a template a restore keeps the name only.
                    if (templates.Contains(SourceMachine.Text(dataVolume["name"])) && dataVolume["hotpluggable"] is { } hotpluggable)
                        copy["persistentVolumeClaim"]!["hotpluggable"] = hotpluggable.DeepClone();
                }
                else if (copy["persistentVolumeClaim"] is JsonObject named)
                {
                    named["claimName"] = claim;
                }
            }

            made.Add((JsonNode)copy);
        }

        if (made.Count > 0)
            template["volumes"] = made;
        else
            template.Remove("volumes");
    }
}
