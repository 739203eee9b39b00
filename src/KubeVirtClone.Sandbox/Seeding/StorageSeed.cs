namespace KubeVirtClone.Sandbox.Seeding;

/// <summary>
/// The storage classes of the sandbox, each with one behaviour: <c>fast</c> (default), <c>slow</c> (a volume takes 8 s),
/// <c>wffc</c> (WaitForFirstConsumer), all three with claims that may grow; <c>fixed</c> (they may not), <c>rounds</c> (a volume has at
/// least 4Gi), <c>never</c> (no volume is ever made), <c>nosnap</c> (no snapshots), <c>slowsnap</c> (a snapshot takes 6 s),
/// <c>brokensnap</c> (a snapshot ends in an error).
/// </summary>
internal static class StorageSeed
{
    private const string Driver = "csi.fake.example.com";

    public static IEnumerable<JsonObject> Objects()
    {
        yield return Class("fast", Driver, standard: true, grows: true);
        yield return Class("slow", Driver, parameters: new JsonObject { ["delay"] = "8" }, grows: true);
        yield return Class("wffc", Driver, mode: "WaitForFirstConsumer", grows: true);
        yield return Class("fixed", Driver);
        yield return Class("rounds", Driver, parameters: new JsonObject { ["round"] = "4Gi" }, grows: true);
        yield return Class("never", Driver, parameters: new JsonObject { ["never"] = "true" });
        yield return Class("nosnap", "nosnap.fake.example.com");
        yield return Class("slowsnap", "slowsnap.fake.example.com");
        yield return Class("brokensnap", "broken.fake.example.com");
        yield return Snapshots("csi-snapshots", Driver);
        yield return Snapshots("slow-snapshots", "slowsnap.fake.example.com", new JsonObject { ["delay"] = "6" });
        yield return Snapshots("broken-snapshots", "broken.fake.example.com", new JsonObject { ["delay"] = "1", ["error"] = "rpc error: code = Internal desc = the array is on fire" });
    }

    /// <summary>The drivers that are installed; without one CDI has no way but to copy, which is so for <c>nosnap</c>.</summary>
    public static IEnumerable<JsonObject> Drivers() => ((string[])[Driver, "slowsnap.fake.example.com", "broken.fake.example.com"]).Select(name => new JsonObject
    {
        ["apiVersion"] = "storage.k8s.io/v1",
        ["kind"] = "CSIDriver",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["attachRequired"] = false, ["podInfoOnMount"] = false },
    });

    private static JsonObject Class(string name, string driver, string mode = "Immediate", bool standard = false, JsonObject? parameters = null, bool grows = false)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (standard)
            metadata["annotations"] = new JsonObject { ["storageclass.kubernetes.io/is-default-class"] = "true" };
        var made = new JsonObject
        {
            ["apiVersion"] = "storage.k8s.io/v1",
            ["kind"] = "StorageClass",
            ["metadata"] = metadata,
            ["provisioner"] = driver,
            ["reclaimPolicy"] = "Delete",
            ["volumeBindingMode"] = mode,
        };
        if (grows)
            made["allowVolumeExpansion"] = true;
        if (parameters is not null)
            made["parameters"] = parameters;
        return made;
    }

    private static JsonObject Snapshots(string name, string driver, JsonObject? parameters = null)
    {
        var made = new JsonObject
        {
            ["apiVersion"] = "snapshot.storage.k8s.io/v1",
            ["kind"] = "VolumeSnapshotClass",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["driver"] = driver,
            ["deletionPolicy"] = "Delete",
        };
        if (parameters is not null)
            made["parameters"] = parameters;
        return made;
    }
}
