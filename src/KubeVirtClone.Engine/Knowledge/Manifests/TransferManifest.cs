using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Knowledge.Manifests;

/// <summary>The objects a transfer posts.</summary>
internal static class TransferManifest
{
    /// <summary>A data volume filled from a VolumeSnapshot of another namespace. Its name is fixed: CDI signs its token for the name, and one that the server makes up has none yet.</summary>
    /// <param name="ns">Where it is made.</param>
    /// <param name="name">Its name.</param>
    /// <param name="transfer">Which transfer it belongs to.</param>
    /// <param name="sourceNamespace">Where the VolumeSnapshot is.</param>
    /// <param name="volume">The volume, with its claim as it was snapshotted.</param>
    /// <param name="storageClass">Class asked for; null keeps the claim's.</param>
    /// <param name="restoreSize">What the driver needs at least for the snapshot's data, where it is known.</param>
    /// <param name="batch">The batch it is made for; null where it is for an image.</param>
    public static JsonObject DataVolume(string ns, string name, string transfer, string sourceNamespace, TransferVolume volume, string? storageClass, string? restoreSize, string? batch)
    {
        var source = new JsonObject { ["snapshot"] = new JsonObject { ["namespace"] = sourceNamespace, ["name"] = volume.VolumeSnapshot } };
        return new JsonObject
        {
            ["apiVersion"] = RelatedKinds.DataVolume.ApiVersion,
            ["kind"] = RelatedKinds.DataVolume.Kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = ns,
                // All that is ever said about it is said when it is made: whoever changes it later needs the right in the source's namespace again.
                ["labels"] = Labels(transfer, batch),
                // Nothing else would use a volume that waits for its first consumer.
                ["annotations"] = new JsonObject { [DataVolumeManifest.BindAtOnce] = "true" },
            },
            ["spec"] = DataVolumeManifest.Spec(source, Target(volume, storageClass, restoreSize), volume.Claim, larger: false),
        };
    }

    /// <summary>Labels by which what is made on the way is found again.</summary>
    /// <param name="transfer">Which transfer it belongs to.</param>
    /// <param name="batch">The batch it is made for; null where it is for an image.</param>
    public static JsonObject Labels(string transfer, string? batch)
    {
        var labels = new JsonObject { [CloneLabels.ManagedBy] = CloneLabels.ManagedByValue, [ImageLabels.Transfer] = transfer };
        if (batch is not null)
            labels[CloneLabels.Batch] = batch;
        return labels;
    }

    /// <summary>A claim as CDI makes one for a data volume, to see whether a namespace has room for it.</summary>
    /// <param name="ns">Where.</param>
    /// <param name="dataVolume">What <see cref="DataVolume"/> gives.</param>
    /// <param name="volume">The volume it is of.</param>
    public static JsonObject Claim(string ns, JsonObject dataVolume, TransferVolume volume)
    {
        var spec = (JsonObject)(dataVolume["spec"]!["pvc"] ?? dataVolume["spec"]!["storage"])!.DeepClone();
        spec["resources"] ??= volume.Claim["spec"]?["resources"]?.DeepClone();
        spec["accessModes"] ??= new JsonArray("ReadWriteOnce");
        return new JsonObject
        {
            ["apiVersion"] = KubeVirtKinds.PersistentVolumeClaim.ApiVersion,
            ["kind"] = KubeVirtKinds.PersistentVolumeClaim.Kind,
            // Beside those there are, of an earlier call.
            ["metadata"] = new JsonObject { ["generateName"] = "room-", ["namespace"] = ns },
            ["spec"] = spec,
        };
    }

    /// <summary>The template that makes a machine adopt the data volume of that name; by itself it would make an empty one.</summary>
    /// <param name="dataVolume">What <see cref="DataVolume"/> gives.</param>
    /// <param name="volume">The volume it is of.</param>
    public static JsonObject Template(JsonObject dataVolume, TransferVolume volume)
    {
        var spec = (JsonObject)dataVolume["spec"]!.DeepClone();
        spec["source"] = new JsonObject { ["blank"] = new JsonObject() };
        spec.Remove("contentType");
        // An empty volume would need a size, even one that is never made.
        if (spec["storage"] is JsonObject storage && storage["resources"] is null)
            storage["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = SourceMachine.Text(volume.Claim["spec"]?["resources"]?["requests"]?["storage"]) ?? "1Gi" } };
        return new JsonObject { ["metadata"] = new JsonObject { ["name"] = dataVolume["metadata"]!["name"]!.GetValue<string>() }, ["spec"] = spec };
    }

    /// <summary>The machine that carries the data volumes.</summary>
    public static JsonObject Carrier(string ns, string name, JsonObject machine)
    {
        machine["apiVersion"] = KubeVirtKinds.VirtualMachine.ApiVersion;
        machine["kind"] = KubeVirtKinds.VirtualMachine.Kind;
        machine["metadata"]!["name"] = name;
        machine["metadata"]!["namespace"] = ns;
        return machine;
    }

    private static JsonObject Target(TransferVolume volume, string? storageClass, string? restoreSize)
    {
        var claim = volume.Claim["spec"] as JsonObject ?? [];
        var target = new JsonObject();
        foreach (var field in new[] { "accessModes", "volumeMode" })
        {
            if (claim[field] is { } value)
                target[field] = value.DeepClone();
        }

        if ((storageClass ?? SourceMachine.Text(claim["storageClassName"])) is { } name)
            target["storageClassName"] = name;
        if (Larger(SourceMachine.Text(claim["resources"]?["requests"]?["storage"]), restoreSize) is { } size)
            target["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = size } };
        return target;
    }

    private static string? Larger(string? one, string? other) =>
        Quantity.Parse(other) is { } second && (Quantity.Parse(one) is not { } first || second > first) ? other : one;
}

/// <summary>A volume that is transferred.</summary>
/// <param name="Name">Its name in the machine.</param>
/// <param name="VolumeSnapshot">The VolumeSnapshot with its data.</param>
/// <param name="Claim">Its claim as it was snapshotted.</param>
internal sealed record TransferVolume(string Name, string VolumeSnapshot, JsonObject Claim);
