using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Knowledge.Manifests;

/// <summary>The objects by which a snapshot that a driver has is known in another namespace too, and a claim that is made of it there.</summary>
internal static class HandOverManifest
{
    // The driver needs them to give a snapshot up, and looks for them on the content.
    private const string DeletionSecret = "snapshot.storage.kubernetes.io/deletion-secret-";

    /// <summary>The content: of the whole cluster, for a handle that the driver knows already.</summary>
    /// <param name="ns">Namespace the snapshot is handed to.</param>
    /// <param name="name">Name of the content and of the snapshot.</param>
    /// <param name="labels">Labels.</param>
    /// <param name="source">The content that the driver has made for the source's snapshot.</param>
    public static JsonObject Content(string ns, string name, JsonObject labels, KubernetesObject source)
    {
        var metadata = new JsonObject { ["name"] = name, ["labels"] = labels };
        var secrets = source.Annotations.Where(a => a.Key.StartsWith(DeletionSecret, StringComparison.Ordinal)).ToList();
        if (secrets.Count > 0)
            metadata["annotations"] = new JsonObject(secrets.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value)));
        var spec = new JsonObject
        {
            ["driver"] = source.StringAt("spec", "driver"),
            // With any other word the driver would lose the source's snapshot when this goes.
            ["deletionPolicy"] = "Retain",
            ["source"] = new JsonObject { ["snapshotHandle"] = Handle(source) },
            ["volumeSnapshotRef"] = new JsonObject { ["namespace"] = ns, ["name"] = name },
        };
        if (source.StringAt("spec", "sourceVolumeMode") is { } mode)
            spec["sourceVolumeMode"] = mode;
        return Object(RelatedKinds.VolumeSnapshotContent, metadata, spec);
    }

    /// <summary>The snapshot that <see cref="Content"/> is for.</summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="name">Its name, which is the content's.</param>
    /// <param name="labels">Labels.</param>
    public static JsonObject Snapshot(string ns, string name, JsonObject labels) => Object(
        RelatedKinds.VolumeSnapshot,
        new JsonObject { ["name"] = name, ["namespace"] = ns, ["labels"] = labels },
        new JsonObject { ["source"] = new JsonObject { ["volumeSnapshotContentName"] = name } });

    /// <summary>A claim of the machine that carries the disks, but for its owner. It bears no mark of the transfer: claims restored of it would have that too.</summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="name">Its name, which is the snapshot's.</param>
    /// <param name="volume">The volume it is of.</param>
    /// <param name="storageClass">Class asked for; null keeps the source's.</param>
    /// <param name="restoreSize">What the driver needs at least for the snapshot's data, where it is known.</param>
    /// <param name="machine">Name of the machine that was snapshotted.</param>
    public static JsonObject Claim(string ns, string name, TransferVolume volume, string? storageClass, string? restoreSize, string machine)
    {
        var request = new CloneRequest { Namespace = ns, SourceName = machine };
        if (storageClass is not null)
            request = request with { StorageClasses = new Dictionary<string, string>(StringComparer.Ordinal) { [volume.Name] = storageClass } };
        var size = SourceMachine.Text(volume.Claim["spec"]?["resources"]?["requests"]?["storage"]);
        return DirectManifest.Claim(request, new SnapshotVolume(volume.Name, name, name, StorageClass: null, (long?)Quantity.Parse(size)) { Backup = volume.Claim }, name, restoreSize, machine);
    }

    /// <summary>What the driver knows a snapshot by; null while it has not made it.</summary>
    /// <param name="content">The content.</param>
    public static string? Handle(KubernetesObject content) => content.StringAt("status", "snapshotHandle");

    private static JsonObject Object(ResourceKind kind, JsonObject metadata, JsonObject spec) =>
        new() { ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Kind, ["metadata"] = metadata, ["spec"] = spec };
}
