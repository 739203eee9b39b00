namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>
/// The stopped machine that a snapshot's disks are given to in another namespace, so that they can be snapshotted there together: what the source
/// was, with data volumes of its own, and without what belongs to one machine only or to the source's namespace.
/// </summary>
internal static class CarrierMachine
{
    private const string OwnPrefix = "kubevirtclone.io/";

    private static readonly string[] Matchers = ["instancetype", "preference"];

    /// <summary>Metadata and specification.</summary>
    /// <param name="source">The machine as it was snapshotted.</param>
    /// <param name="templates">The data volume template of each volume with data, by the volume's name.</param>
    /// <param name="plain">Its disks are claims whatever the source's were: there are no data volumes.</param>
    public static JsonObject Build(JsonObject source, IReadOnlyDictionary<string, JsonObject> templates, bool plain = false)
    {
        var spec = (JsonObject)(source["spec"]?.DeepClone() ?? new JsonObject());
        spec.Remove("running");
        spec["runStrategy"] = "Halted";
        // Machines made of it are to have disks of the source's form: from templates, or plain claims.
        var templated = SourceMachine.Copied(source).Where(v => v.Template is not null && !plain).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        List<JsonNode?> kept = [.. templates.Where(t => templated.Contains(t.Key)).Select(t => t.Value.DeepClone())];
        spec.Remove("dataVolumeTemplates");
        if (kept.Count > 0)
            spec["dataVolumeTemplates"] = new JsonArray([.. kept]);
        foreach (var matcher in Matchers)
            (spec[matcher] as JsonObject)?.Remove("revisionName");
        var machine = new JsonObject { ["metadata"] = Metadata(source), ["spec"] = spec };
        ReplaceVolumes(machine, templates, templated);
        Forget(machine);
        return machine;
    }

    private static JsonObject Metadata(JsonObject source)
    {
        var metadata = new JsonObject();
        foreach (var map in new[] { "labels", "annotations" })
        {
            if (source["metadata"]?[map] is not JsonObject entries)
                continue;
            // What this product and KubeVirt have noted about the source itself.
            var kept = entries.Where(e => e.Key != CloneLabels.LastRestore && !e.Key.StartsWith(OwnPrefix, StringComparison.Ordinal)).ToList();
            if (kept.Count > 0)
                metadata[map] = new JsonObject(kept.Select(e => KeyValuePair.Create(e.Key, e.Value?.DeepClone())));
        }

        return metadata;
    }

    private static void ReplaceVolumes(JsonObject machine, IReadOnlyDictionary<string, JsonObject> templates, HashSet<string> templated)
    {
        if (SourceMachine.Template(machine)?["spec"] is not JsonObject template || template["volumes"] is not JsonArray volumes)
            return;
        foreach (var dump in volumes.Where(v => v?["memoryDump"] is not null).ToList())
            volumes.Remove(dump);
        foreach (var volume in volumes.OfType<JsonObject>())
        {
            if (!templates.TryGetValue(SourceMachine.Text(volume["name"]) ?? "", out var dataVolume))
                continue;
            var hotpluggable = volume["persistentVolumeClaim"]?["hotpluggable"] ?? volume["dataVolume"]?["hotpluggable"];
            var (form, key) = templated.Contains(SourceMachine.Text(volume["name"]) ?? "") ? ("dataVolume", "name") : ("persistentVolumeClaim", "claimName");
            volume.Remove("persistentVolumeClaim");
            volume.Remove("dataVolume");
            volume[form] = new JsonObject { [key] = dataVolume["metadata"]!["name"]!.GetValue<string>() };
            if (hotpluggable is not null)
                volume[form]!["hotpluggable"] = hotpluggable.DeepClone();
        }
    }

    // Two machines with one address or identity: whatever watches over these would refuse the second.
    private static void Forget(JsonObject machine)
    {
        var domain = SourceMachine.Domain(machine);
        foreach (var nic in (domain?["devices"]?["interfaces"] as JsonArray)?.OfType<JsonObject>() ?? [])
            nic.Remove("macAddress");
        if (domain?["firmware"] is not JsonObject firmware)
            return;
        firmware.Remove("uuid");
        firmware.Remove("serial");
    }
}
