using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Whether what a snapshot holds can be cloned.</summary>
internal static class CapturedSource
{
    /// <summary>Why not, in KubeVirt's words; empty when it can.</summary>
    public static IReadOnlyList<string> Problems(JsonObject snapshot, JsonObject content, Profile profile)
    {
        var machine = content.ObjectAt("spec", "source", "virtualMachine")!;
        if (machine.ObjectAt("spec", "template") is null)
            return [];
        if (profile.Is("backendStorageIsRefused") && VirtualMachines.NeedsBackendStorage(machine))
            return [$"Clone of source with backendstorage is not supported: snapshot {snapshot.Namespace()}/{snapshot.Name()}"];
        var backedUp = content.ArrayAt("spec", "volumeBackups").Objects().Select(b => b.TextAt("volumeName")).ToHashSet();
        return [.. VirtualMachines.Volumes(machine)
            .Where(v => v.ObjectAt("persistentVolumeClaim") is not null || v.ObjectAt("dataVolume") is not null)
            .Select(v => v.TextAt("name"))
            .Where(n => !backedUp.Contains(n))
            .Select(n => $"volume {n} is not backed up in snapshot {content.TextAt("spec", "virtualMachineSnapshotName")}")];
    }
}
