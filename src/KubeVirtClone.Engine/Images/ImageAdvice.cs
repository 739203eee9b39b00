using System.Text.Json;

namespace KubeVirtClone.Engine.Images;

/// <summary>What machines made of one source will share, or will have in common although no two should, and what to do about it.</summary>
internal static class ImageAdvice
{
    /// <summary>What makes a machine impossible to clone; null when nothing does.</summary>
    public static string? WhyUnsupported(KubernetesObject vm)
    {
        if (vm.IsTrueAt("spec", "template", "spec", "domain", "devices", "tpm", "persistent"))
            return "a persistent TPM";
        return vm.IsTrueAt("spec", "template", "spec", "domain", "firmware", "bootloader", "efi", "persistent") ? "persistent EFI variables" : null;
    }

    public static IEnumerable<Advice> For(KubernetesObject vm)
    {
        var shared = Shared(vm).Distinct(StringComparer.Ordinal).ToList();
        if (shared.Count > 0)
            yield return $"Machines made of '{vm.Name}' will share with it and with each other: {string.Join(", ", shared)}. Give each clone its own where that matters ({OptionName.CloudInitSecret}, {OptionName.NetworkDataSecret}, {OptionName.Patch}), or take it out of the source.";
        yield return IsWindows(vm)
            ? $"Machines made of '{vm.Name}' will have the same Windows SID and computer name unless the guest was generalized: run 'sysprep /generalize /oobe /shutdown' in it first."
            : $"Machines made of '{vm.Name}' will have the same machine-id and SSH host keys unless the guest was cleaned: empty /etc/machine-id, delete /etc/ssh/ssh_host_*, and run 'cloud-init clean' in it first.";
    }

    /// <summary>What an image of a running machine is worth; null when the machine is off.</summary>
    public static Advice? OfRunning(KubernetesObject vm)
    {
        if (!IsOn(vm))
            return null;
        return vm.Condition("AgentConnected")?.IsTrue == true
            ? (Advice)$"'{vm.Name}' is running: its guest agent freezes the file systems, so the image is consistent for applications that take part in it. {OptionName.StopSource} gives a clean one."
            : $"'{vm.Name}' is running without a guest agent: the image will be as after a power cut. {OptionName.StopSource} gives a clean one.";
    }

    /// <summary>Whether the machine has an instance, or will have one in a moment: KubeVirt has not yet come to see a machine without a status.</summary>
    public static bool IsOn(KubernetesObject vm) =>
        vm.IsTrueAt("status", "created")
        || (vm.StringAt("status", "printableStatus") is { Length: > 0 } status
            ? status != "Stopped"
            : vm.IsTrueAt("spec", "running") || vm.StringAt("spec", "runStrategy") is "Always" or "RerunOnFailure" or "Once");

    private static IEnumerable<string> Shared(KubernetesObject vm)
    {
        foreach (var volume in vm.ItemsAt("spec", "template", "spec", "volumes"))
        {
            var name = volume.Text("name");
            if (volume.Member("hostDisk") is { } host)
                yield return $"the host's disk {host.Text("path")} ({name})";
            if (volume.Member("ephemeral")?.Member("persistentVolumeClaim")?.Text("claimName") is { } claim)
                yield return $"the claim {claim} behind the ephemeral disk {name}";
            if (volume.Member("secret")?.Text("secretName") is { } secret)
                yield return $"Secret {secret} ({name})";
            if (volume.Member("configMap")?.Text("name") is { } map)
                yield return $"ConfigMap {map} ({name})";
            foreach (var source in new[] { "cloudInitNoCloud", "cloudInitConfigDrive", "sysprep" }.Select(k => volume.Member(k)).OfType<JsonElement>())
            {
                foreach (var key in new[] { "secretRef", "networkDataSecretRef", "secret", "configMap" })
                {
                    if (source.Member(key)?.Text("name") is { } reference)
                        yield return $"{(key == "configMap" ? "ConfigMap" : "Secret")} {reference} ({name})";
                }
            }
        }

        foreach (var credential in vm.ItemsAt("spec", "template", "spec", "accessCredentials"))
        {
            foreach (var kind in new[] { "sshPublicKey", "userPassword" })
            {
                if (credential.Member(kind)?.Member("source")?.Member("secret")?.Text("secretName") is { } secret)
                    yield return $"Secret {secret} (access credentials)";
            }
        }
    }

    private static bool IsWindows(KubernetesObject vm) =>
        vm.ItemsAt("spec", "template", "spec", "volumes").Any(v => v.Member("sysprep") is not null)
        || vm.At("spec", "template", "spec", "domain", "features", "hyperv") is not null
        || (vm.StringAt("spec", "preference", "name")?.Contains("windows", StringComparison.OrdinalIgnoreCase) ?? false);
}
