using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Knowledge.Manifests;

/// <summary>The VirtualMachineRestore that makes a clone, as KubeVirt's clone controller would write it.</summary>
internal static class RestoreManifest
{
    /// <param name="request">The request, checked and completed.</param>
    /// <param name="snapshot">Name of the snapshot it is made of.</param>
    /// <param name="patches">What is changed in the snapshotted machine, in order.</param>
    /// <param name="apiVersion">API version of the restore.</param>
    /// <param name="machine">The machine as it was snapshotted; null where that cannot be read.</param>
    public static JsonObject Build(CloneRequest request, string snapshot, IEnumerable<PatchOperation> patches, string apiVersion, JsonObject? machine)
    {
        var spec = new JsonObject
        {
            ["target"] = new JsonObject { ["apiGroup"] = KubeVirtKinds.KubeVirtGroup, ["kind"] = SourceKinds.VirtualMachine, ["name"] = request.TargetName },
            ["virtualMachineSnapshotName"] = snapshot,
        };
        var list = new JsonArray([.. patches.Select(p => (JsonNode)p.ToWebhookText())]);
        if (list.Count > 0)
            spec["patches"] = list;
        // RandomizeNames is what KubeVirt does by itself. InPlace would delete and remake the source's own claims: no request can say it.
        if (request.VolumeNamePolicy is { } policy)
            spec["volumeRestorePolicy"] = policy;
        VolumeOwnership.Apply(spec, request, machine);
        var labels = new JsonObject { [CloneLabels.ManagedBy] = CloneLabels.ManagedByValue, [CloneLabels.Method] = nameof(CloneMethod.Restore) };
        if (request.Batch is not null)
            labels[CloneLabels.Batch] = request.Batch;
        foreach (var (key, value) in request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal))
            labels.TryAdd(key, value);
        labels.TryAdd(CloneLabels.ExcludedFromBackup, "true");
        var metadata = new JsonObject { ["name"] = request.CloneName, ["namespace"] = request.Namespace, ["labels"] = labels };
        if (request.Annotations is { Count: > 0 } annotations)
            metadata["annotations"] = new JsonObject(annotations.Select(a => KeyValuePair.Create<string, JsonNode?>(a.Key, a.Value)));
        return new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = SourceKinds.VirtualMachineRestore, ["metadata"] = metadata, ["spec"] = spec };
    }
}
