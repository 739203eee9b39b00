namespace KubeVirtClone.Engine.Knowledge.Patches;

/// <summary>
/// The patches KubeVirt's clone controller writes into the restore of a clone, in its order: MAC addresses, serial, filtered labels and
/// annotations, firmware UUID, then the user's own. Computed from the machine as it was snapshotted.
/// </summary>
internal static class RestorePatches
{
    private const string LastRestoreKey = "restore.kubevirt.io/lastRestoreUID";

    public static IReadOnlyList<PatchOperation> For(JsonObject source, CloneRequest request, IReadOnlyList<PatchOperation> userPatches)
    {
        var patches = new List<PatchOperation>();
        var domain = source["spec"]?["template"]?["spec"]?["domain"] as JsonObject;
        if (domain?["devices"]?["interfaces"] is JsonArray interfaces)
        {
            for (var i = 0; i < interfaces.Count; i++)
            {
                var name = interfaces[i]?["name"]?.GetValue<string>() ?? "";
                var mac = request.MacAddresses?.GetValueOrDefault(name) ?? "";
                patches.Add(PatchOperation.With("replace", $"/spec/template/spec/domain/devices/interfaces/{i}/macAddress", mac));
            }
        }

        var firmware = domain?["firmware"] is JsonObject;
        if (firmware)
            patches.Add(PatchOperation.With("replace", "/spec/template/spec/domain/firmware/serial", request.SmbiosSerial ?? ""));
        Removals(patches, source["metadata"]?["labels"], "/metadata/labels/", request.LabelFilter);
        Removals(patches, source["metadata"]?["annotations"], "/metadata/annotations/", request.AnnotationFilter);
        var template = source["spec"]?["template"]?["metadata"];
        Removals(patches, template?["labels"], "/spec/template/metadata/labels/", request.TemplateLabelFilter);
        Removals(patches, template?["annotations"], "/spec/template/metadata/annotations/", request.TemplateAnnotationFilter);
        if (firmware)
            patches.Add(PatchOperation.With("replace", "/spec/template/spec/domain/firmware/uuid", ""));
        patches.AddRange(userPatches);
        return patches;
    }

    private static void Removals(List<PatchOperation> patches, JsonNode? keys, string path, IReadOnlyList<string>? filters)
    {
        if (filters is null || keys is not JsonObject map)
            return;
        var filter = KeyFilter.Of(filters);
        patches.AddRange(map
            .Where(k => k.Key != LastRestoreKey && !filter.Keeps(k.Key))
            .Select(k => new PatchOperation("remove", path + PatchOperation.Escape(k.Key))));
    }
}
