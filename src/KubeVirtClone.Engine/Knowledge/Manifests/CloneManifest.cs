namespace KubeVirtClone.Engine.Knowledge.Manifests;

/// <summary>The VirtualMachineClone object for a request.</summary>
public static class CloneManifest
{
    /// <summary>
    /// The object to post. Names in the request must be complete; MAC addresses are written with hyphens and patches in the form KubeVirt's
    /// restore takes. Only what the request names is in it: an absent filter means "copy all", which an empty one does not.
    /// </summary>
    /// <param name="request">A request that was checked and completed by <c>RequestRules</c>.</param>
    /// <param name="apiVersion"><c>clone.kubevirt.io/v1beta1</c> or <c>…/v1alpha1</c>; both have the same fields.</param>
    public static JsonObject Build(CloneRequest request, string apiVersion)
    {
        ArgumentNullException.ThrowIfNull(request);
        var spec = new JsonObject
        {
            ["source"] = Reference(request.SourceKind, request.SourceName),
            // Without apiGroup KubeVirt takes the clone and then refuses its restore for ever.
            ["target"] = Reference(request.TargetKind, request.TargetName ?? ""),
        };
        Add(spec, "labelFilters", request.LabelFilter);
        Add(spec, "annotationFilters", request.AnnotationFilter);
        if (request.TemplateLabelFilter is not null || request.TemplateAnnotationFilter is not null)
        {
            var template = new JsonObject();
            Add(template, "labelFilters", request.TemplateLabelFilter);
            Add(template, "annotationFilters", request.TemplateAnnotationFilter);
            spec["template"] = template;
        }

        if (request.MacAddresses is { Count: > 0 } macs)
            spec["newMacAddresses"] = Map(macs.Select(m => KeyValuePair.Create(m.Key, MacAddress.TryParse(m.Value, out var mac) ? mac.ToString() : m.Value)));
        if (request.SmbiosSerial is not null)
            spec["newSMBiosSerial"] = request.SmbiosSerial;
        if (request.Patches is { Count: > 0 })
            Add(spec, "patches", request.Patches);
        if (request.VolumeNamePolicy is not null)
            spec["volumeNamePolicy"] = request.VolumeNamePolicy;

        var metadata = new JsonObject { ["name"] = request.CloneName, ["namespace"] = request.Namespace };
        var labels = new Dictionary<string, string>(request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            [CloneLabels.ManagedBy] = CloneLabels.ManagedByValue,
        };
        if (request.Batch is not null)
            labels[CloneLabels.Batch] = request.Batch;
        labels.TryAdd(CloneLabels.ExcludedFromBackup, "true");
        metadata["labels"] = Map(labels);
        if (request.Annotations is { Count: > 0 } annotations)
            metadata["annotations"] = Map(annotations);

        return new JsonObject
        {
            ["apiVersion"] = apiVersion,
            ["kind"] = "VirtualMachineClone",
            ["metadata"] = metadata,
            ["spec"] = spec,
        };
    }

    /// <summary>The object as YAML that <c>kubectl create -f</c> takes, begun with <c>---</c> so that several can follow one another.</summary>
    /// <param name="manifest">The object.</param>
    public static string ToYaml(JsonObject manifest) => "---\n" + YamlText.Write(manifest);

    private static JsonObject Reference(string kind, string name) =>
        new() { ["apiGroup"] = SourceKinds.GroupOf(kind), ["kind"] = kind, ["name"] = name };

    private static void Add(JsonObject parent, string key, IReadOnlyList<string>? list)
    {
        if (list is not null)
            parent[key] = new JsonArray([.. list.Select(s => (JsonNode)s)]);
    }

    private static JsonObject Map(IEnumerable<KeyValuePair<string, string>> entries) =>
        new(entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => KeyValuePair.Create<string, JsonNode?>(e.Key, e.Value)));
}
