using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Knowledge.Manifests;

/// <summary>The objects of a clone that is made directly: the machine with its marks, and claims filled from VolumeSnapshots.</summary>
internal static class DirectManifest
{
    private const string VolumeSnapshotGroup = "snapshot.storage.k8s.io";

    private static readonly string[] CopiedSpec = ["accessModes", "resources", "storageClassName", "volumeMode"];

    // As KubeVirt's restore leaves them out: they say what became of the old claim.
    private static readonly string[] DroppedAnnotations =
    [
        "pv.kubernetes.io", "volume.beta.kubernetes.io", "cdi.kubevirt.io", "volume.kubernetes.io", "k8s.io/CloneRequest", "k8s.io/CloneOf",
        // Of a claim that a restore made: they would wake KubeVirt's controllers.
        "restore.kubevirt.io/",
        CloneLabels.Outlives,
    ];

    /// <summary>The machine as it is posted.</summary>
    /// <param name="machine">Its metadata and specification, which become part of the result.</param>
    /// <param name="request">The request, checked and completed.</param>
    /// <param name="snapshot">Name and uid of the snapshot, <c>name/uid</c>; null where it is not taken yet.</param>
    /// <param name="claims">Names of the claims that are made for it.</param>
    public static JsonObject Machine(JsonObject machine, CloneRequest request, string? snapshot, IReadOnlyCollection<string> claims)
    {
        var metadata = machine["metadata"] as JsonObject ?? [];
        machine.Remove("metadata");
        metadata["name"] = request.TargetName;
        metadata["namespace"] = request.Namespace;
        var labels = DirectMachine.Map(metadata, "labels");
        labels[CloneLabels.Method] = nameof(CloneMethod.Direct);
        if (request.Batch is not null)
            labels[CloneLabels.Batch] = request.Batch;
        foreach (var (key, value) in request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal))
            labels.TryAdd(key, value);
        var annotations = DirectMachine.Map(metadata, "annotations");
        foreach (var (key, value) in request.Annotations ?? new Dictionary<string, string>(StringComparer.Ordinal))
            annotations.TryAdd(key, value);
        annotations[CloneLabels.Target] = $"{request.Namespace}/{request.TargetName}";
        if (snapshot is not null)
            annotations[CloneLabels.Snapshot] = snapshot;
        if (claims.Count > 0)
            annotations[CloneLabels.Claims] = string.Join(',', claims);
        var spec = machine["spec"];
        machine.Remove("spec");
        return new JsonObject { ["apiVersion"] = KubeVirtKinds.VirtualMachine.ApiVersion, ["kind"] = SourceKinds.VirtualMachine, ["metadata"] = metadata, ["spec"] = spec };
    }

    /// <summary>A claim as it is posted, but for its owner, whose uid only the server knows.</summary>
    /// <param name="request">The request, checked and completed.</param>
    /// <param name="volume">The volume in the snapshot.</param>
    /// <param name="name">Name of the claim.</param>
    /// <param name="restoreSize">Least size a volume of this snapshot can have, as its driver says; null when that is not known.</param>
    /// <param name="source">Name of the machine that was snapshotted.</param>
    public static JsonObject Claim(CloneRequest request, SnapshotVolume volume, string name, string? restoreSize, string source)
    {
        var labels = new JsonObject();
        foreach (var (key, value) in volume.Backup?["metadata"]?["labels"] as JsonObject ?? [])
        {
            if (key is not "persistent-state-for")
                labels[key] = value?.DeepClone();
        }

        if (NameRules.WhyNotLabelValue(source) is null)
            labels["restore.kubevirt.io/source-vm-name"] = source;
        labels["restore.kubevirt.io/source-vm-namespace"] = request.Namespace;
        if (request.Batch is not null)
            labels[CloneLabels.Batch] = request.Batch;
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = request.Namespace, ["labels"] = labels };
        var annotations = new JsonObject((volume.Backup?["metadata"]?["annotations"] as JsonObject ?? [])
            .Where(a => a.Key == "cdi.kubevirt.io/storage.contentType" || !Array.Exists(DroppedAnnotations, d => a.Key.StartsWith(d, StringComparison.Ordinal)))
            .Select(a => KeyValuePair.Create(a.Key, a.Value?.DeepClone())));
        if (annotations.Count > 0)
            metadata["annotations"] = annotations;
        return new JsonObject
        {
            ["apiVersion"] = KubeVirtKinds.PersistentVolumeClaim.ApiVersion,
            ["kind"] = KubeVirtKinds.PersistentVolumeClaim.Kind,
            ["metadata"] = metadata,
            ["spec"] = Spec(volume, restoreSize, DiskWish.Of(request, volume.Name)),
        };
    }

    /// <summary>Makes a claim a machine's: owned by it, or marked as made for it where it is to outlive it.</summary>
    /// <param name="claim">The claim; it is changed.</param>
    /// <param name="request">The request.</param>
    /// <param name="machine">Name of the machine.</param>
    /// <param name="uid">Its uid.</param>
    public static void Belong(JsonObject claim, CloneRequest request, string machine, string uid)
    {
        var metadata = (JsonObject)claim["metadata"]!;
        if (request.VolumeOwnershipPolicy == VolumeOwnership.None)
            DirectMachine.Map(metadata, "annotations")[CloneLabels.Outlives] = uid;
        else
            metadata["ownerReferences"] = Owner(machine, uid);
    }

    /// <summary>Owner references that make something go with a machine.</summary>
    /// <param name="machine">Name of the machine.</param>
    /// <param name="uid">Its uid.</param>
    public static JsonArray Owner(string machine, string uid) =>
    [
        // Without blockOwnerDeletion, for which a user would need a right that no role of KubeVirt's gives.
        (JsonNode)new JsonObject { ["apiVersion"] = KubeVirtKinds.VirtualMachine.ApiVersion, ["kind"] = SourceKinds.VirtualMachine, ["name"] = machine, ["uid"] = uid, ["controller"] = true },
    ];

    private static JsonObject Spec(SnapshotVolume volume, string? restoreSize, DiskWish wish)
    {
        var spec = new JsonObject();
        foreach (var field in CopiedSpec)
        {
            if (volume.Backup?["spec"]?[field] is { } value)
                spec[field] = value.DeepClone();
        }

        if (restoreSize is not null && Quantity.Parse(restoreSize) is { } least && !(volume.Size >= least))
        {
            Request(spec, restoreSize);
        }

        if (wish.Size is { } size)
        {
            Request(spec, Quantity.Write(size));
            // The source's limit says nothing of this one, and would be refused where it is lower.
            (spec["resources"] as JsonObject)?.Remove("limits");
        }

        if (wish.StorageClass is { } storageClass)
            spec["storageClassName"] = storageClass;
        if (wish.AccessModes is { } modes)
            spec["accessModes"] = new JsonArray([.. modes.Select(m => (JsonNode?)m)]);
        if (wish.VolumeMode is { } mode)
            spec["volumeMode"] = mode;

        // Never with a namespace: a server without the feature for it takes the claim, forgets the reference, and binds an empty volume.
        spec["dataSourceRef"] = new JsonObject { ["apiGroup"] = VolumeSnapshotGroup, ["kind"] = "VolumeSnapshot", ["name"] = volume.VolumeSnapshot };
        return spec;
    }

    private static void Request(JsonObject spec, string size)
    {
        if (spec["resources"] is not JsonObject resources)
            spec["resources"] = resources = [];
        if (resources["requests"] is not JsonObject requests)
            resources["requests"] = requests = [];
        requests["storage"] = size;
    }
}
