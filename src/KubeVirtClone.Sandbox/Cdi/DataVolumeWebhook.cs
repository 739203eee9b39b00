namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>CDI's webhooks of DataVolumes: who may clone, the token for it, and what a DataVolume must have.</summary>
internal sealed class DataVolumeWebhook(ApiMachinery api, CloneAuthorization authorization, CloneTokens tokens) : IAdmission
{
    private const string Mutator = "datavolume-mutate.cdi.kubevirt.io";
    private const string Validator = "datavolume-validate.cdi.kubevirt.io";
    private const decimal SmallestDisk = 1024 * 1024;
    private static readonly string[] Sources = ["http", "s3", "gcs", "registry", "pvc", "upload", "blank", "imageio", "vddk", "snapshot"];
    private static readonly string[] AccessModes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
    private readonly ResourceType _type = api.Type("cdi.kubevirt.io", "datavolumes");
    private readonly ResourceType _claims = api.Type("", "persistentvolumeclaims");
    private readonly ResourceType _namespaces = api.Type("", "namespaces");

    public bool Handles(AdmissionRequest request) => request.Type == _type && request.Subresource is null && request.Object is not null;

    public void Mutate(AdmissionRequest request)
    {
        var dataVolume = request.Object!;
        if (dataVolume.IsDeleting())
            return;
        // One that is filled already, or from a volume that is there, passes without the right, and gets no token.
        var free = dataVolume.Annotation(CdiNames.PrePopulated) is not null || dataVolume.Annotation("cdi.kubevirt.io/storage.checkStaticVolume") is not null;
        try
        {
            if (authorization.SourceOf(dataVolume, request.Namespace) is not { } source)
                return;
            if (api.Get(_namespaces, null, source.Namespace) is null)
                throw ApiException.NotFound(_namespaces, source.Namespace);
            if (authorization.Refusal(source, request.Namespace, request.Info.User, request.Info.Groups) is { } refusal)
            {
                if (free)
                    return;
                Refuse(Mutator, new ApiCause("spec.source.PVC.namespace", "FieldValueInvalid", refusal));
            }

            if (request.Operation == "CREATE")
                dataVolume.Ensure("metadata", "annotations")[CloneTokens.Annotation] = tokens.Issue(source, request.Namespace ?? "", request.Name);
        }
        catch (ApiException e) when (e.Code == 404)
        {
            if (!free)
                throw ApiException.Denied(Mutator, 400, e.Message);
        }
    }

    public void Validate(AdmissionRequest request)
    {
        var dataVolume = request.Object!;
        if (request.OldObject is { } old)
        {
            if (!Meaning(dataVolume).Same(Meaning(old)))
                Refuse(Validator, new ApiCause("DataVolume.Spec", "FieldValueDuplicate", "Cannot update DataVolume Spec"));
            return;
        }

        if (api.Get(_claims, request.Namespace, request.Name) is { } claim && !MayExist(claim, dataVolume, request.Name))
            Refuse(Validator, new ApiCause("DataVolume.Name", "FieldValueDuplicate", $"Destination PVC {request.Namespace}/{request.Name} already exists"));
        if (Problem(dataVolume.ObjectAt("spec") ?? []) is { } problem)
            Refuse(Validator, problem);
    }

    // Compared by meaning: what Go's types write where nothing was given is no change.
    private static JsonObject Meaning(JsonObject dataVolume)
    {
        var spec = dataVolume.ObjectAt("spec")?.Copy() ?? [];
        foreach (var part in (JsonObject?[])[spec.ObjectAt("storage"), spec.ObjectAt("pvc")])
        {
            if (part.ObjectAt("resources") is { Count: 0 })
                part!.Remove("resources");
        }

        return spec;
    }

    private static bool MayExist(JsonObject claim, JsonObject dataVolume, string name) =>
        claim.Annotation(CdiNames.PopulatedFor) == name
        || dataVolume.Annotation(CdiNames.AllowAdoption) == "true"
        || claim.ArrayAt("metadata", "ownerReferences").Objects().Any(o => o.FlagAt("controller") is true && o.TextAt("kind") == "DataVolume");

    private static ApiCause? Problem(JsonObject spec)
    {
        var claim = spec.ObjectAt("pvc");
        var storage = spec.ObjectAt("storage");
        if (claim is null && storage is null)
            return Invalid("spec.PVC", "Missing Data volume PVC");
        if (claim is not null && storage is not null)
            return Invalid("spec.PVC.Storage", "Duplicate storage definition, both target storage and target pvc defined");
        var source = spec.ObjectAt("source");
        var reference = spec.ObjectAt("sourceRef");
        var clones = reference is not null || source.ObjectAt("pvc") is not null || source.ObjectAt("snapshot") is not null;
        if (SizeProblem(claim ?? storage!, claim is null ? "Storage" : "PVC", mayLack: claim is null && clones) is { } size)
            return size;
        var modes = (claim ?? storage!).ArrayAt("accessModes").Texts().ToList();
        if (claim is not null && modes.Count == 0)
            return Invalid("spec.PVC.accessModes", "Required value: at least 1 access mode is required");
        if (claim is not null && modes.Count > 1)
            return Invalid("spec.PVC.accessModes", "PVC multiple accessModes");
        if (modes.Find(m => !AccessModes.Contains(m)) is not null)
            return Invalid("spec.PVC.accessModes", $"Unsupported value: \"{modes[0]}\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"");
        return (claim ?? storage!).ObjectAt("dataSource") is not null || (claim ?? storage!).ObjectAt("dataSourceRef") is not null
            ? PopulationProblem(claim ?? storage!, source is not null || reference is not null)
            : SourceProblem(source, reference);
    }

    private static ApiCause? SizeProblem(JsonObject target, string what, bool mayLack)
    {
        var field = $"spec.{what}.resources.requests.size";
        if (target.TextAt("resources", "requests", "storage") is not { } text)
            return mayLack ? null : Invalid(field, what + " size is missing");
        return Quantity.Value(text) switch
        {
            <= 0 => Invalid(field, what + " size can't be equal or less than zero"),
            < SmallestDisk => Invalid(field, what + " size should be at least 1MiB"),
            _ => null,
        };
    }

    // Filled by somebody else: from whatever the claim itself refers to. Both fields are never the same to CDI, being of two types.
    private static ApiCause? PopulationProblem(JsonObject target, bool hasSource)
    {
        if (hasSource)
            return Invalid("spec.source", "External population is incompatible with Source and SourceRef");
        var reference = target.ObjectAt("dataSourceRef");
        if (reference is not null && target.ObjectAt("dataSource") is not null)
            return Invalid("", "DataSourceRef and DataSource must match");
        if (reference.TextAt("namespace") is { Length: > 0 })
            return Invalid("spec.dataSourceRef.namespace.", "Invalid value: DataSourceRef namespace not supported");
        var (given, word) = reference is null ? (target.ObjectAt("dataSource")!, "DataSource") : (reference, "DataSourceRef");
        var field = reference is null ? "spec.dataSource" : "spec.dataSourceRef";
        if (string.IsNullOrEmpty(given.TextAt("name")))
            return Invalid(field + ".name.", $"Required value: {word} name");
        if (string.IsNullOrEmpty(given.TextAt("kind")))
            return Invalid(field + ".kind", $"Required value: {word} kind");
        return string.IsNullOrEmpty(given.TextAt("apiGroup")) && given.TextAt("kind") != "PersistentVolumeClaim"
            ? Invalid(field + ".apiGroup.", $"Required value: {word} apiGroup when kind is not 'PersistentVolumeClaim'")
            : null;
    }

    private static ApiCause? SourceProblem(JsonObject? source, JsonObject? reference)
    {
        if ((source is null) == (reference is null))
            return Invalid("spec.source", "Data volume should have either Source or SourceRef, or be externally populated");
        if (reference is not null)
        {
            return reference.TextAt("kind") switch
            {
                null or "" => Invalid("spec.sourceRef.Kind", "Missing sourceRef kind"),
                not "DataSource" => Invalid("spec.sourceRef.Kind", $"Unsupported sourceRef kind {reference.TextAt("kind")}, currently only DataSource is supported"),
                _ => string.IsNullOrEmpty(reference.TextAt("name")) ? Invalid("spec.sourceRef.Name", "Missing sourceRef name") : null,
            };
        }

        var given = Sources.Where(s => source.ObjectAt(s) is not null).ToList();
        if (given.Count == 0)
            return Invalid("spec.source", "Missing Data volume source");
        if (given.Count > 1)
            return Invalid("spec.source", "Multiple Data volume sources");
        if (given[0] is not ("pvc" or "snapshot"))
            return null;
        var clone = source.ObjectAt(given[0]);
        var field = given[0] == "pvc" ? "spec.source.PVC" : "spec.source.Snapshot";
        return string.IsNullOrEmpty(clone.TextAt("namespace")) || string.IsNullOrEmpty(clone.TextAt("name"))
            ? Invalid(field, given[0] == "pvc" ? field + " source PVC is not valid" : field + " source snapshot is not valid")
            : null;
    }

    private static ApiCause Invalid(string field, string message) => new(field, "FieldValueInvalid", message);

    private static void Refuse(string webhook, ApiCause cause) => throw ApiException.DeniedByCdi(webhook, cause);
}
