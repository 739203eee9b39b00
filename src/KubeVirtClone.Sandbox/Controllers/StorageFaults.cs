using KubeVirtClone.Sandbox.Http;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>The storage faults of a plan, as the storage behind the sandbox's classes meets them. Nothing goes wrong while <see cref="Paused"/>.</summary>
internal sealed class StorageFaults(FaultPlan? plan)
{
    private const string Broken = "rpc error: code = Unavailable desc = connection error: the storage backend does not answer";
    private const string Full = "rpc error: code = ResourceExhausted desc = the limit of snapshots is reached";

    /// <summary>While the first objects are made storage works, whatever faults a sandbox starts with.</summary>
    public bool Paused { get; set; }

    /// <summary>How much longer this operation takes.</summary>
    public TimeSpan Delay(string resource, JsonObject o, string? storageClass) => Find(FaultKind.StorageSlow, resource, o, storageClass)?.Latency ?? TimeSpan.Zero;

    /// <summary>The driver's error; null when it works.</summary>
    public string? Error(string resource, JsonObject o, string? storageClass)
    {
        if (Find(FaultKind.StorageBroken, resource, o, storageClass) is not null)
            return Broken;
        return resource == "volumesnapshots" && Find(FaultKind.StorageOutOfSnapshots, resource, o, storageClass) is not null ? Full : null;
    }

    /// <summary>Whether a quota is to refuse this claim.</summary>
    public bool RefusesClaim(string @namespace, string name, string? storageClass) =>
        !Paused && plan?.Storage(FaultKind.StorageQuotaExceeded, "persistentvolumeclaims", @namespace, name, storageClass) is not null;

    private Fault? Find(FaultKind kind, string resource, JsonObject o, string? storageClass) =>
        Paused ? null : plan?.Storage(kind, resource, o.Namespace() ?? "", o.Name(), storageClass);
}
