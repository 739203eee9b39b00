namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>One volume whose data a clone copies.</summary>
/// <param name="Name">Volume name in the machine.</param>
/// <param name="Claim">Name of its claim (a data volume's claim has the data volume's name).</param>
/// <param name="IsDataVolume">True when the machine names a data volume.</param>
/// <param name="Template">Its data volume template, or null.</param>
internal sealed record CopiedVolume(string Name, string Claim, bool IsDataVolume, JsonObject? Template);

/// <summary>Reads what cloning depends on from a machine's JSON.</summary>
internal static class SourceMachine
{
    public static JsonObject? Domain(JsonObject? machine) => machine?["spec"]?["template"]?["spec"]?["domain"] as JsonObject;

    public static JsonObject? Template(JsonObject? machine) => machine?["spec"]?["template"] as JsonObject;

    public static IEnumerable<JsonObject> Volumes(JsonObject? machine) =>
        (machine?["spec"]?["template"]?["spec"]?["volumes"] as JsonArray)?.OfType<JsonObject>() ?? [];

    public static IEnumerable<CopiedVolume> Copied(JsonObject? machine)
    {
        foreach (var volume in Volumes(machine))
        {
            var name = Text(volume["name"]) ?? "";
            if (Text(volume["dataVolume"]?["name"]) is { } dataVolume)
                yield return new(name, dataVolume, IsDataVolume: true, TemplateOf(machine, dataVolume));
            else if (Text(volume["persistentVolumeClaim"]?["claimName"]) is { } claim)
                yield return new(name, claim, IsDataVolume: false, Template: null);
        }
    }

    /// <summary>Memory dumps: the snapshot waits for their claims as for any other, and no restore makes anything of them.</summary>
    public static IEnumerable<CopiedVolume> MemoryDumps(JsonObject? machine) =>
        Volumes(machine)
            .Where(v => Text(v["memoryDump"]?["claimName"]) is not null)
            .Select(v => new CopiedVolume(Text(v["name"]) ?? "", Text(v["memoryDump"]!["claimName"])!, IsDataVolume: false, Template: null));

    /// <summary>The first volume whose storage class takes no snapshots, as KubeVirt says in the machine's status, and its words; null when all can be snapshotted or may come to be.</summary>
    public static (string Volume, string Reason)? WithoutSnapshots(JsonObject? machine)
    {
        var copied = Copied(machine).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var status in (machine?["status"]?["volumeSnapshotStatuses"] as JsonArray)?.OfType<JsonObject>() ?? [])
        {
            if (Text(status["name"]) is { } name && copied.Contains(name) && !IsTrue(status["enabled"])
                && Text(status["reason"]) is { } reason && reason.StartsWith("No VolumeSnapshotClass", StringComparison.Ordinal))
            {
                return (name, reason);
            }
        }

        return null;
    }

    /// <summary>Whether the machine is on, by what its status says.</summary>
    public static bool IsOn(JsonObject? machine) => IsTrue(machine?["status"]?["created"]);

    public static IEnumerable<(string Name, string? Mac, int Index)> Interfaces(JsonObject? machine) =>
        (Domain(machine)?["devices"]?["interfaces"] as JsonArray)?.Select((i, at) => (Text(i?["name"]) ?? "", Text(i?["macAddress"]), at)) ?? [];

    /// <summary>What of the machine's state KubeVirt cannot clone, or null.</summary>
    public static string? Unclonable(JsonObject? machine)
    {
        var domain = Domain(machine);
        if (IsTrue(domain?["devices"]?["tpm"]?["persistent"]))
            return "a persistent TPM";
        if (IsTrue(domain?["firmware"]?["bootloader"]?["efi"]?["persistent"]))
            return "persistent EFI variables";
        return Text(machine?["status"]?["changedBlockTracking"]?["state"]) is "Enabled" or "Initializing" or "PendingRestart"
            ? "changed block tracking"
            : null;
    }

    public static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var set) && set;

    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static IReadOnlyList<string> Keys(JsonNode? map) => map is JsonObject keys ? [.. keys.Select(k => k.Key)] : [];

    private static JsonObject? TemplateOf(JsonObject? machine, string dataVolume) =>
        (machine?["spec"]?["dataVolumeTemplates"] as JsonArray)?.OfType<JsonObject>()
            .FirstOrDefault(t => Text(t["metadata"]?["name"]) == dataVolume);
}
