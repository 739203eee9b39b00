using System.Globalization;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// What an API server takes and refuses of claims: what must be in a new one, that a spec stays as it is but for the size of a bound
/// claim, and who may grow. A data source in another namespace is dropped without a word, as it is with the alpha gate
/// <c>CrossNamespaceVolumeDataSource</c> off: the claim becomes an empty volume.
/// </summary>
internal sealed class ClaimRules(ApiMachinery api) : IAdmission
{
    private const string SpecIsFixed = "Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n";
    private static readonly string[] AccessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    private static readonly string[] VolumeModes = ["Block", "Filesystem"];
    private readonly ResourceType _claims = api.Type("", "persistentvolumeclaims");
    private readonly ResourceType _classes = api.Type("storage.k8s.io", "storageclasses");

    public bool Handles(AdmissionRequest request) => request.Type == _claims && request.Subresource is null && request.Object is not null;

    public void Mutate(AdmissionRequest request)
    {
        if (request.Operation != "CREATE" || request.Object!["spec"] is not JsonObject spec)
            return;
        if (!string.IsNullOrEmpty(spec.TextAt("dataSourceRef", "namespace")))
            spec.Remove("dataSourceRef");
        // The older field knows two kinds; what else is in it is dropped as well.
        if (spec["dataSource"] is JsonObject source && !(source.TextAt("kind") is "PersistentVolumeClaim" or "VolumeSnapshot"))
            spec.Remove("dataSource");
    }

    public void Validate(AdmissionRequest request)
    {
        var causes = new List<ApiCause>();
        if (request.OldObject is null)
            CheckNew(request.Object!["spec"] as JsonObject ?? [], causes);
        else
            CheckChange(request.Object!, request.OldObject, causes);
        if (causes.Count > 0)
            throw ApiException.Invalid(request.Type, request.Name, causes);
        if (request.OldObject is { } old && Requested(request.Object!) > Requested(old) && !MayGrow(request.Object!))
        {
            throw ApiException.Forbidden(
                request.Type, request.Name, "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize");
        }
    }

    private static void CheckNew(JsonObject spec, List<ApiCause> causes)
    {
        var modes = spec.TextsAt("accessModes");
        if (modes.Count == 0)
            causes.Add(new ApiCause("spec.accessModes", "FieldValueRequired", "Required value: at least 1 access mode is required"));
        causes.AddRange(modes.Where(m => !AccessModes.Contains(m)).Select(m => NotSupported("spec.accessModes", m, AccessModes)));
        if (modes.Contains("ReadWriteOncePod") && modes.Distinct().Count() > 1)
            causes.Add(new ApiCause("spec.accessModes", "FieldValueForbidden", "Forbidden: may not use ReadWriteOncePod with other access modes"));
        if (spec.TextAt("resources", "requests", "storage") is not { } size)
            causes.Add(new ApiCause("spec.resources[storage]", "FieldValueRequired", "Required value"));
        else if (Quantity.Value(size) <= 0)
            causes.Add(new ApiCause("spec.resources[storage]", "FieldValueInvalid", $"Invalid value: \"{size}\": must be greater than zero"));
        if (spec.TextAt("volumeMode") is { } mode && !VolumeModes.Contains(mode))
            causes.Add(NotSupported("spec.volumeMode", mode, VolumeModes));
        if (spec["dataSource"] is JsonObject source && spec["dataSourceRef"] is JsonObject reference && !Same(source, reference))
            causes.Add(new ApiCause("spec", "FieldValueInvalid", "Invalid value: \"dataSource\": must match dataSourceRef"));
    }

    private static bool Same(JsonObject source, JsonObject reference) =>
        Array.TrueForAll(["apiGroup", "kind", "name"], f => (source.TextAt(f) ?? "") == (reference.TextAt(f) ?? ""));

    private static ApiCause NotSupported(string field, string value, string[] known) => new(
        field, "FieldValueNotSupported", $"Unsupported value: \"{value}\": supported values: {string.Join(", ", known.Select(k => $"\"{k}\""))}");

    private static void CheckChange(JsonObject claim, JsonObject old, List<ApiCause> causes)
    {
        var bound = claim.TextAt("status", "phase") == "Bound";
        if (!JsonNode.DeepEquals(Fixed(claim, old, bound), Fixed(old, old, bound)))
            causes.Add(new ApiCause("spec", "FieldValueForbidden", SpecIsFixed + Difference(claim, old)));
        if (Requested(claim) < Requested(old) && Requested(claim) < Quantity.Value(old.TextAt("status", "capacity", "storage")))
            causes.Add(new ApiCause("spec.resources.requests.storage", "FieldValueForbidden", "Forbidden: field can not be less than status.capacity"));
    }

    // The part of a spec that may not change: the volume may be named once, the class be given where there was none.
    private static JsonObject Fixed(JsonObject claim, JsonObject old, bool bound)
    {
        var spec = (JsonObject?)claim["spec"]?.DeepClone() ?? [];
        if (string.IsNullOrEmpty(old.TextAt("spec", "volumeName")))
            spec.Remove("volumeName");
        if (old.At("spec", "storageClassName") is null)
            spec.Remove("storageClassName");
        if (spec["resources"]?["requests"] is JsonObject requests && requests.ContainsKey("storage"))
            requests["storage"] = bound ? null : Quantity.Value(requests.TextAt("storage")).ToString(CultureInfo.InvariantCulture);
        spec.Remove("volumeAttributesClassName");
        return spec;
    }

    // In the manner of the library that a server shows differences with.
    private static string Difference(JsonObject claim, JsonObject old)
    {
        var lines = new List<string> { "  core.PersistentVolumeClaimSpec{" };
        foreach (var field in Fields(claim).Union(Fields(old)))
        {
            var (before, after) = (Shown(old, field), Shown(claim, field));
            if (before == after)
                continue;
            var name = char.ToUpperInvariant(field[0]) + field[1..];
            lines.Add($"- \t{name}: {before},");
            lines.Add($"+ \t{name}: {after},");
        }

        lines.Add("  }\n");
        return string.Join('\n', lines);

        static IEnumerable<string> Fields(JsonObject o) => (o["spec"] as JsonObject ?? []).Select(p => p.Key);
        static string Shown(JsonObject o, string field) => o.At("spec", field)?.ToJsonString() ?? "nil";
    }

    private static decimal Requested(JsonObject claim) => Quantity.Value(claim.TextAt("spec", "resources", "requests", "storage"));

    private bool MayGrow(JsonObject claim) => claim.TextAt("spec", "storageClassName") is { Length: > 0 } name
        && api.Get(_classes, null, name) is { } found && found.At("allowVolumeExpansion") is JsonValue allowed && allowed.TryGetValue(out bool yes) && yes;
}
