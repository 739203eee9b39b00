using System.Text.Json;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>What is in a snapshot: the machine as it was, and a VolumeSnapshot for each volume with data.</summary>
internal sealed class SnapshotContent
{
    private static readonly string[] CopiedKinds = ["persistentVolumeClaim", "dataVolume"];

    private SnapshotContent(string name, JsonObject machine, IReadOnlyList<SnapshotVolume> volumes)
    {
        Name = name;
        Machine = machine;
        Volumes = volumes;
    }

    public string Name { get; }

    /// <summary>The machine as it was snapshotted; not to be changed.</summary>
    public JsonObject Machine { get; }

    public IReadOnlyList<SnapshotVolume> Volumes { get; }

    /// <summary>Bytes the restored volumes ask for; null when one of them cannot be read.</summary>
    public long? Size => Volumes.Any(v => v.Size is null) ? null : Volumes.Sum(v => v.Size);

    /// <summary>Volumes of the machine whose data would have to be in the snapshot and is not: restored machines would use the source's own.</summary>
    public IReadOnlyList<string> Missing =>
    [
        .. CopiedVolumes(Machine).Except(Volumes.Where(v => v.VolumeSnapshot is not null).Select(v => v.Name), StringComparer.Ordinal),
    ];

    public static SnapshotContent? Read(KubernetesObject content)
    {
        if (content.At("spec", "source", "virtualMachine") is not { ValueKind: JsonValueKind.Object } machine)
            return null;
        return new SnapshotContent(content.Name, JsonObject.Create(machine)!, [.. content.ItemsAt("spec", "volumeBackups").Select(ReadVolume)]);
    }

    /// <summary>What a snapshot of a machine will hold, before there is one: its VolumeSnapshots have names only once it is taken.</summary>
    public static SnapshotContent OfMachine(JsonObject machine) => new("", machine, [.. CopiedVolumes(machine).Select(v => new SnapshotVolume(v, "", "", null, null))]);

    /// <summary>The same of a machine whose claims are known and copied as they are, without a snapshot.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="claims">Its claims, by the name of the volume; each is to keep to metadata and specification.</param>
    public static SnapshotContent OfClaims(JsonObject machine, IReadOnlyDictionary<string, JsonObject> claims) => new(
        "",
        machine,
        [
            .. CopiedVolumes(machine).Where(claims.ContainsKey).Select(v => new SnapshotVolume(v, "", "", null, Requested(claims[v])) { Backup = claims[v] }),
        ]);

    private static long? Requested(JsonObject claim) =>
        claim["spec"]?["resources"]?["requests"]?["storage"] is JsonValue value && value.TryGetValue<string>(out var text) && Quantity.Parse(text) is { } size ? (long)Math.Ceiling(size) : null;

    /// <summary>Names of a machine's volumes whose data KubeVirt copies.</summary>
    public static IEnumerable<string> CopiedVolumes(JsonObject machine) =>
        ((machine["spec"]?["template"]?["spec"]?["volumes"] as JsonArray)?.OfType<JsonObject>() ?? [])
            .Where(v => Array.Exists(CopiedKinds, k => v[k] is JsonObject))
            .Select(v => v["name"]?.GetValue<string>() ?? "");

    private static SnapshotVolume ReadVolume(JsonElement backup)
    {
        var claim = backup.Member("persistentVolumeClaim");
        var spec = claim?.Member("spec");
        return new SnapshotVolume(
            backup.Text("volumeName") ?? "",
            claim?.Member("metadata")?.Text("name") ?? "",
            backup.Text("volumeSnapshotName"),
            spec?.Text("storageClassName"),
            Quantity.Parse(spec?.Member("resources")?.Member("requests")?.Text("storage")) is { } size ? (long)Math.Ceiling(size) : null)
        {
            Backup = claim is { ValueKind: JsonValueKind.Object } copied ? JsonObject.Create(copied) : null,
        };
    }
}
