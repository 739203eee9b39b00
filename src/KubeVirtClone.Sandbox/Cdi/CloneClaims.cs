using KubeVirtClone.Sandbox.Controllers;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>The claims CDI makes: the one of a DataVolume, and those beside it.</summary>
internal static class CloneClaims
{
    // What CDI adds to a size given for a file system, so that an image of that size fits; it is rounded up to whole blocks before.
    private const decimal FileSystemOverhead = 0.06m;
    private const decimal Block = 1024 * 1024;

    /// <summary>The spec a DataVolume's claim gets; the size of the source where a clone names none.</summary>
    /// <exception cref="ReconcileException">Neither the DataVolume nor the class's profile names an access mode.</exception>
    public static JsonObject Spec(Cluster cluster, JsonObject dataVolume, CloneSource source)
    {
        if (dataVolume.ObjectAt("spec", "pvc") is { } given)
            return given.Copy();
        var spec = dataVolume.ObjectAt("spec", "storage")?.Copy() ?? [];
        if (spec.TextAt("storageClassName") is null && DefaultClass(cluster) is { } standard)
            spec["storageClassName"] = standard;
        var profile = cluster.Get(cluster.StorageProfiles, null, spec.TextAt("storageClassName") ?? "");
        var sets = profile.ArrayAt("status", "claimPropertySets").Objects().ToList();
        if (spec.ArrayAt("accessModes") is not { Count: > 0 })
        {
            var set = sets.Find(s => spec.TextAt("volumeMode") is not { } mode || s.TextAt("volumeMode") == mode)
                ?? throw new ReconcileException($"PVC spec is missing accessMode and no storageClass to choose profile, or no accessMode defined on StorageProfile for {spec.TextAt("storageClassName")} StorageClass");
            spec["accessModes"] = set["accessModes"].Copy();
            spec["volumeMode"] ??= set["volumeMode"].Copy();
        }

        var requests = spec.Ensure("resources", "requests");
        if (requests.TextAt("storage") is { } size)
        {
            if (spec.TextAt("volumeMode") is null or "Filesystem")
                requests["storage"] = CloneStatus.Bytes(decimal.Ceiling(Quantity.Value(size) / Block) * Block * (1 + FileSystemOverhead));
        }
        else
        {
            requests["storage"] = SourceSize(cluster, source);
        }

        return spec;
    }

    /// <summary>The smallest a clone may be; null when the source says nothing of it.</summary>
    public static string? SourceSize(Cluster cluster, CloneSource source) => source.IsSnapshot
        ? cluster.Get(cluster.VolumeSnapshots, source.Namespace, source.Name).TextAt("status", "restoreSize")
        : cluster.Get(cluster.Claims, source.Namespace, source.Name).TextAt("spec", "resources", "requests", "storage");

    /// <summary>The class that claims without one get, machines' first.</summary>
    public static string? DefaultClass(Cluster cluster)
    {
        var classes = cluster.Api.List(cluster.StorageClasses, null);
        return (classes.FirstOrDefault(c => c.Annotation("storageclass.kubevirt.io/is-default-virt-class") == "true")
            ?? classes.FirstOrDefault(c => c.Annotation("storageclass.kubernetes.io/is-default-class") == "true"))?.Name();
    }

    /// <summary>The claim of a DataVolume that clones; what it is cloned from is for the caller to add.</summary>
    public static JsonObject Target(JsonObject dataVolume, JsonObject spec, bool populated, bool crossesNamespaces)
    {
        var labels = dataVolume.ObjectAt("metadata", "labels")?.Copy() ?? [];
        if (spec.TextAt("volumeMode") is null or "Filesystem")
            labels["alerts.k8s.io/KubePersistentVolumeFillingUp"] = "disabled";
        labels["app"] = "containerized-data-importer";
        labels["app.kubernetes.io/component"] = "storage";
        labels["app.kubernetes.io/managed-by"] = "cdi-controller";
        var annotations = dataVolume.ObjectAt("metadata", "annotations")?.Copy() ?? [];
        annotations.Remove(CloneTokens.ExtendedAnnotation);
        if (!crossesNamespaces)
            annotations.Remove(CloneTokens.Annotation);
        annotations[CdiNames.CreatedForDataVolume] = dataVolume.Uid();
        annotations[CdiNames.ContentType] = dataVolume.TextAt("spec", "contentType") is { Length: > 0 } type ? type : "kubevirt";
        annotations[CdiNames.PodRestarts] = "0";
        annotations[CdiNames.Preallocation] = dataVolume.FlagAt("spec", "preallocation") is true ? "true" : "false";
        // Nobody waits for a first consumer: CDI honours that only with a gate that is off.
        if (populated)
            annotations[CdiNames.Immediate] = "";
        return Of(dataVolume, labels, annotations, spec);
    }

    /// <summary>The claim that a DataVolume has and owns.</summary>
    public static JsonObject Of(JsonObject dataVolume, JsonObject labels, JsonObject annotations, JsonObject spec)
    {
        var claim = Named(dataVolume.Name(), dataVolume.Namespace(), labels, annotations, spec);
        claim["metadata"]!["ownerReferences"] = new JsonArray(Cluster.OwnerReference(dataVolume, "cdi.kubevirt.io/v1beta1", "DataVolume"));
        return claim;
    }

    /// <summary>A claim beside the one that is cloned into, in the source's namespace, with the same spec.</summary>
    public static JsonObject Beside(JsonObject target, string name, string @namespace, JsonObject? dataSource, string? size)
    {
        var spec = target.ObjectAt("spec")!.Copy();
        foreach (var field in (ReadOnlySpan<string>)["dataSource", "dataSourceRef", "volumeName"])
            spec.Remove(field);
        if (dataSource is not null)
            spec["dataSourceRef"] = dataSource;
        if (size is not null)
            spec.Ensure("resources", "requests")["storage"] = size;
        var labels = target.ObjectAt("metadata", "labels")?.Copy() ?? [];
        labels[CdiNames.OwnedByUid] = target.Uid();
        labels["velero.io/exclude-from-backup"] = "true";
        var annotations = target.ObjectAt("metadata", "annotations")?.Copy() ?? [];
        foreach (var own in annotations.Select(a => a.Key).Where(k => k.StartsWith("pv.kubernetes.io/", StringComparison.Ordinal) || k.Contains("storage-provisioner", StringComparison.Ordinal)).ToList())
            annotations.Remove(own);
        annotations[CdiNames.Group + "eventSource"] = target.Namespace() + "/" + target.Name();
        annotations[CdiNames.Group + "eventSourceKind"] = "PersistentVolumeClaim";
        annotations[CdiNames.Group + "storage.populator.kind"] = "VolumeCloneSource";
        return Named(name, @namespace, labels, annotations, spec);
    }

    private static JsonObject Named(string name, string? @namespace, JsonObject labels, JsonObject annotations, JsonObject spec) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolumeClaim",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace, ["labels"] = labels, ["annotations"] = annotations },
        ["spec"] = spec,
    };

    public static JsonObject FromSnapshot(string name) => new() { ["apiGroup"] = "snapshot.storage.k8s.io", ["kind"] = "VolumeSnapshot", ["name"] = name };

    /// <summary>The class a snapshot can be read back with whatever the target's: of the classes of its driver the first by name.</summary>
    public static string? ClassOfDriver(Cluster cluster, string? driver) => cluster.Api.List(cluster.StorageClasses, null)
        .Where(c => c.TextAt("provisioner") == driver).Select(c => c.Name()).Order(StringComparer.Ordinal).FirstOrDefault();
}
