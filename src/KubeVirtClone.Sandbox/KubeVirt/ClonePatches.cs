namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>The patches the clone controller writes into its restore, computed from the VM in the snapshot's content.</summary>
internal static class ClonePatches
{
    public const string LastRestoreAnnotation = "restore.kubevirt.io/lastRestoreUID";

    public static IReadOnlyList<string> Compute(JsonObject snapshotVm, JsonObject cloneSpec)
    {
        var patches = new List<string>();
        var domain = snapshotVm.ObjectAt("spec", "template", "spec", "domain");
        var index = 0;
        foreach (var nic in domain.ArrayAt("devices", "interfaces").Objects())
        {
            var mac = cloneSpec.TextAt("newMacAddresses", nic.TextAt("name") ?? "") ?? "";
            patches.Add(Replace($"/spec/template/spec/domain/devices/interfaces/{index++}/macAddress", mac));
        }

        var firmware = domain.ObjectAt("firmware") is not null;
        if (firmware)
            patches.Add(Replace("/spec/template/spec/domain/firmware/serial", cloneSpec.TextAt("newSMBiosSerial") ?? ""));
        patches.AddRange(Removals(snapshotVm.ObjectAt("metadata", "labels"), Filters(cloneSpec, "labelFilters"), "/metadata/labels"));
        patches.AddRange(Removals(snapshotVm.ObjectAt("metadata", "annotations"), Filters(cloneSpec, "annotationFilters"), "/metadata/annotations", LastRestoreAnnotation));
        var template = snapshotVm.ObjectAt("spec", "template", "metadata");
        patches.AddRange(Removals(template.ObjectAt("labels"), Filters(cloneSpec, "template", "labelFilters"), "/spec/template/metadata/labels"));
        patches.AddRange(Removals(template.ObjectAt("annotations"), Filters(cloneSpec, "template", "annotationFilters"), "/spec/template/metadata/annotations"));
        if (firmware)
            patches.Add(Replace("/spec/template/spec/domain/firmware/uuid", ""));
        patches.AddRange(cloneSpec.ArrayAt("patches").Texts());
        return patches;
    }

    private static List<string>? Filters(JsonObject spec, params ReadOnlySpan<string> path) => spec.ArrayAt(path) is { } list ? [.. list.Texts()] : null;

    // KubeVirt must find its own mark on the VM after the restore, so that one annotation is never removed.
    private static IEnumerable<string> Removals(JsonObject? map, List<string>? filters, string path, string? kept = null) =>
        CloneFilters.Removed((map ?? []).Select(p => p.Key).Where(k => k != kept), filters)
            .Select(key => $"{{\"op\":\"remove\",\"path\":{GoText.JsonString(path + "/" + Escape(key))},\"value\":null}}");

    private static string Replace(string path, string value) => $"{{\"op\":\"replace\",\"path\":{GoText.JsonString(path)},\"value\":{GoText.JsonString(value)}}}";

    private static string Escape(string key) => key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
