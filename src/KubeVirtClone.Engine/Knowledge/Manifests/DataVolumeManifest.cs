using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Knowledge.Manifests;

/// <summary>Turns a machine that is made directly, and the claims for it, into one whose disks virt-controller and CDI make: data volume templates that copy claims.</summary>
internal static class DataVolumeManifest
{
    private const string ContentType = "cdi.kubevirt.io/storage.contentType";

    /// <summary>Annotation that has CDI fill a volume that waits for its first consumer.</summary>
    public const string BindAtOnce = "cdi.kubevirt.io/storage.bind.immediate.requested";

    /// <summary>Gives the machine templates in place of its claims.</summary>
    /// <param name="machine">The machine as it would be posted with claims of its own; it is changed.</param>
    /// <param name="claims">The claims that would be posted for it, each with the claim it is a copy of.</param>
    public static void Apply(JsonObject machine, IReadOnlyList<(JsonObject Claim, CopiedClaim Source)> claims)
    {
        Use(machine, claims);
        if (claims.Count > 0)
            machine["spec"]!["dataVolumeTemplates"] = new JsonArray([.. claims.Select(c => (JsonNode)Template(c.Claim, c.Source))]);
    }

    /// <summary>
    /// Gives the machine data volumes that are posted for it, which copy claims of another namespace: were they its templates', virt-controller would make them, and only with the
    /// rights of the machine's service account.
    /// </summary>
    /// <param name="machine">The machine as it would be posted with claims of its own; it is changed.</param>
    /// <param name="claims">The claims that would be posted for it, each with the claim it is a copy of.</param>
    /// <returns>The data volumes to post, but for their owner.</returns>
    public static IReadOnlyList<JsonObject> ApplyAcross(JsonObject machine, IReadOnlyList<(JsonObject Claim, CopiedClaim Source)> claims)
    {
        Use(machine, claims);
        return [.. claims.Select(c =>
        {
            var dataVolume = Template(c.Claim, c.Source);
            dataVolume["apiVersion"] = RelatedKinds.DataVolume.ApiVersion;
            dataVolume["kind"] = RelatedKinds.DataVolume.Kind;
            dataVolume["metadata"]!["namespace"] = machine["metadata"]!["namespace"]!.DeepClone();
            return dataVolume;
        })];
    }

    /// <summary>Has the machine adopt data volumes that are there before it: as templates of the same names.</summary>
    /// <param name="machine">The machine; it is changed.</param>
    /// <param name="dataVolumes">What <see cref="ApplyAcross"/> gives.</param>
    public static void Adopt(JsonObject machine, IReadOnlyList<JsonObject> dataVolumes)
    {
        if (dataVolumes.Count > 0)
        {
            machine["spec"]!["dataVolumeTemplates"] = new JsonArray([.. dataVolumes.Select(d =>
                (JsonNode)new JsonObject { ["metadata"] = new JsonObject { ["name"] = Name(d) }, ["spec"] = d["spec"]!.DeepClone() })]);
        }
    }

    private static void Use(JsonObject machine, IReadOnlyList<(JsonObject Claim, CopiedClaim Source)> claims)
    {
        machine["metadata"]!["labels"]![CloneLabels.Method] = nameof(CloneMethod.DataVolume);
        var names = claims.Select(c => Name(c.Claim)).ToHashSet(StringComparer.Ordinal);
        foreach (var volume in SourceMachine.Volumes(machine))
        {
            if (volume["persistentVolumeClaim"] is not JsonObject named || SourceMachine.Text(named["claimName"]) is not { } claim || !names.Contains(claim))
                continue;
            volume.Remove("persistentVolumeClaim");
            volume["dataVolume"] = new JsonObject { ["name"] = claim };
            if (named["hotpluggable"] is { } hotpluggable)
                volume["dataVolume"]!["hotpluggable"] = hotpluggable.DeepClone();
        }
    }

    private static JsonObject Template(JsonObject claim, CopiedClaim source)
    {
        var metadata = new JsonObject
        {
            ["name"] = Name(claim),
            // The data is to be the source's of now, not of the machine's first start; nothing else would use a volume that waits for its consumer.
            ["annotations"] = new JsonObject { [BindAtOnce] = "true" },
        };
        if (claim["metadata"]!["labels"]?[CloneLabels.Batch] is { } batch)
            metadata["labels"] = new JsonObject { [CloneLabels.Batch] = batch.DeepClone() };
        var asked = (JsonObject)claim["spec"]!.DeepClone();
        asked.Remove("dataSourceRef");
        var larger = Quantity.Parse(SourceMachine.Text(asked["resources"]?["requests"]?["storage"])) > source.Size;
        var from = new JsonObject { ["pvc"] = new JsonObject { ["namespace"] = source.Namespace, ["name"] = source.Name } };
        return new JsonObject { ["metadata"] = metadata, ["spec"] = Spec(from, asked, claim, larger) };
    }

    /// <summary>The specification of a data volume.</summary>
    /// <param name="source">Where its data comes from.</param>
    /// <param name="target">Access modes, size and class of the claim that is made; becomes part of the result.</param>
    /// <param name="claim">The claim the data was in.</param>
    /// <param name="larger">The size is more than the data's, and asked for.</param>
    public static JsonObject Spec(JsonObject source, JsonObject target, JsonObject claim, bool larger)
    {
        // CDI takes exactly one access mode with a size; where there are several, or no size is known, it sees to the size itself.
        var open = target["accessModes"] is JsonArray { Count: > 1 } || target["resources"]?["requests"]?["storage"] is null;
        if (open && !larger)
            target.Remove("resources");
        var spec = new JsonObject { ["source"] = source, [open ? "storage" : "pvc"] = target };
        if (SourceMachine.Text(claim["metadata"]?["annotations"]?[ContentType]) is "archive")
            spec["contentType"] = "archive";
        return spec;
    }

    private static string Name(JsonObject claim) => claim["metadata"]!["name"]!.GetValue<string>();
}

/// <summary>The claim that a disk is copied from.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Size">Size of its volume, in bytes; null when that is not known.</param>
internal sealed record CopiedClaim(string Namespace, string Name, decimal? Size);
