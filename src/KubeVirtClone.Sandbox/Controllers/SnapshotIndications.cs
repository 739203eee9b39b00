namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>What a snapshot says of the state its VM was in.</summary>
internal static class SnapshotIndications
{
    private const string Partial = "PartialSnapshot";

    public static void Write(JsonObject status, SnapshotSource source, IReadOnlyList<string> known)
    {
        if (!source.IsOnline)
        {
            status.Remove("indications");
            status.Remove("sourceIndications");
            return;
        }

        var indications = new SortedSet<string>(status.ArrayAt("indications").Texts(), StringComparer.Ordinal) { "Online" };
        indications.Add(source.IsPaused ? "Paused" : source.HasGuestAgent ? "GuestAgent" : "NoGuestAgent");
        indications.IntersectWith(known);
        status["indications"] = JsonAccess.StringArray(indications);
        status["sourceIndications"] = new JsonArray([.. indications.Select(i => (JsonNode?)Described(i))]);
    }

    /// <summary>Some volume that could have been snapshotted was not: its class has no snapshots.</summary>
    public static void AddPartial(JsonObject status, IReadOnlyList<string> known)
    {
        if (!known.Contains(Partial) || status.ArrayAt("sourceIndications").Objects().Any(i => i.TextAt("indication") == Partial))
            return;
        var described = status.ArrayAt("sourceIndications") ?? [];
        described.Add((JsonNode)Described(Partial));
        status["sourceIndications"] = described.Parent is null ? described : described.DeepClone();
        if (!status.ArrayAt("indications").Texts().Contains(Partial))
            status["indications"] = JsonAccess.StringArray([.. status.ArrayAt("indications").Texts(), Partial]);
    }

    private static JsonObject Described(string indication) => new()
    {
        ["indication"] = indication,
        ["message"] = indication switch
        {
            "Online" => "Snapshot taken while the VM was running. Consistency depends on guest-agent quiescing.",
            "GuestAgent" => "Guest agent was active and attempted to quiesce the filesystem for application consistency.",
            "NoGuestAgent" => "Guest agent was not available. Snapshot is crash-consistent and may not be application-consistent.",
            "Paused" => "Snapshot taken while the VM was paused. Snapshot is crash-consistent and may not be application-consistent.",
            Partial => "Not all snapshotable volumes were included in the snapshot. Check status.snapshotVolumes for excluded volumes and VM VolumeSnapshotStatus for details.",
            _ => "Unknown indication",
        },
    };
}
