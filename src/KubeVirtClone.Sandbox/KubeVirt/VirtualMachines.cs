using System.Security.Cryptography;
using System.Text;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Facts read off a VirtualMachine.</summary>
internal static class VirtualMachines
{
    public const string ApiVersion = "kubevirt.io/v1";
    public const string KindName = "VirtualMachine";

    public static IEnumerable<JsonObject> Volumes(JsonObject machine) => machine.ArrayAt("spec", "template", "spec", "volumes").Objects();

    public static IEnumerable<JsonObject> InstanceVolumes(JsonObject instance) => instance.ArrayAt("spec", "volumes").Objects();

    /// <summary>The PVC a volume stands for: by claim name, or a DataVolume's name, which its PVC shares; null for other volumes.</summary>
    public static string? ClaimName(JsonObject volume) =>
        volume.TextAt("persistentVolumeClaim", "claimName") ?? volume.TextAt("dataVolume", "name") ?? volume.TextAt("memoryDump", "claimName");

    /// <summary>Volume types a snapshot can hold.</summary>
    public static bool IsSnapshottable(JsonObject volume) =>
        volume.ObjectAt("persistentVolumeClaim") is not null || volume.ObjectAt("dataVolume") is not null || volume.ObjectAt("memoryDump") is not null;

    /// <summary>Whether the VM keeps state in a PVC of its own: a persistent TPM or EFI, or changed block tracking.</summary>
    public static bool NeedsBackendStorage(JsonObject machine)
    {
        var domain = machine.ObjectAt("spec", "template", "spec", "domain");
        var tpm = domain.ObjectAt("devices", "tpm");
        return (tpm.FlagAt("persistent") is true && tpm.FlagAt("enabled") is not false)
            || domain.FlagAt("firmware", "bootloader", "efi", "persistent") is true
            || (machine.TextAt("status", "changedBlockTracking", "state") is { } state && state is not ("Undefined" or "Disabled"));
    }

    /// <summary>Why a VM's volumes cannot all be snapshotted, by what its status says of them.</summary>
    public static IEnumerable<string> SnapshotProblems(JsonObject machine)
    {
        var statuses = machine.ArrayAt("status", "volumeSnapshotStatuses").Objects().ToList();
        foreach (var volume in Volumes(machine))
        {
            if (volume.ObjectAt("persistentVolumeClaim") is null && volume.ObjectAt("dataVolume") is null)
                continue;
            var name = volume.TextAt("name");
            var status = statuses.Find(s => s.TextAt("name") == name);
            if (status is null)
                yield return $"Virtual Machine volume {name} snapshot support unknown";
            else if (status.FlagAt("enabled") is not true)
                yield return $"Virtual Machine volume {name} does not support snapshots";
        }
    }

    /// <summary>The name of an instance's pod, which is not simulated: its five characters that mean nothing are of the instance's uid.</summary>
    public static string PodName(JsonObject instance) => $"virt-launcher-{instance.Name()}-{(instance.Uid() is { Length: > 5 } uid ? uid[^5..] : "00000")}";

    /// <summary>The run strategy, also for a VM that has the older <c>running</c> field.</summary>
    public static string RunStrategy(JsonObject machine) => machine.FlagAt("spec", "running") switch
    {
        true => "Always",
        false => "Halted",
        null => machine.TextAt("spec", "runStrategy") ?? "Halted",
    };

    /// <summary>Whether an instance is there, but its guest stands still.</summary>
    public static bool IsPaused(JsonObject? instance) => instance.ArrayAt("status", "conditions").Objects().Any(c => c.TextAt("type") == "Paused" && c.TextAt("status") == "True");

    public static IEnumerable<JsonObject> Templates(JsonObject machine) => machine.ArrayAt("spec", "dataVolumeTemplates").Objects();

    /// <summary>The firmware UUID that KubeVirt gave VMs by their name before it stored random ones.</summary>
    public static string LegacyFirmwareUuid(string name)
    {
        var space = Convert.FromHexString("6a1a24a140614607" + "8bf4a3963d0c5895");
        var hash = new byte[20];
#pragma warning disable CA5350 // RFC 4122's name-based UUIDs are defined over SHA-1.
        SHA1.HashData([.. space, .. Encoding.UTF8.GetBytes(name)], hash);
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true).ToString();
    }
}
