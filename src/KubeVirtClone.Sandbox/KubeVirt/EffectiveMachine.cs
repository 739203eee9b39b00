using System.Globalization;
using KubeVirtClone.Sandbox.Controllers;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>
/// A VM with its instancetype and preference applied, as KubeVirt judges it and starts it: sizes from the instancetype, and from the
/// preference what the VM leaves open.
/// </summary>
internal static class EffectiveMachine
{
    private const string Domain = "spec.template.spec.domain";

    /// <summary>What a VM's matchers stand for now: the pinned revision where one is named, else the object; null where there is none.</summary>
    public static (JsonObject? Instancetype, JsonObject? Preference) Matched(ApiMachinery api, JsonObject machine) =>
        (Matched(api, machine, "instancetype"), Matched(api, machine, "preference"));

    private static JsonObject? Matched(ApiMachinery api, JsonObject machine, string matcher)
    {
        if (machine.ObjectAt("spec", matcher) is not { } wanted || wanted.TextAt("name") is not { Length: > 0 } name)
            return null;
        if (wanted.TextAt("revisionName") is { Length: > 0 } revision)
            return api.Get(api.Type("apps", "controllerrevisions"), machine.Namespace(), revision).ObjectAt("data", "spec");
        var kind = InstancetypeRevisions.KindOf(wanted, matcher);
        return api.FindType("instancetype.kubevirt.io", kind.ToLowerInvariant() + "s") is { } type
            ? api.Get(type, type.Namespaced ? machine.Namespace() : null, name).ObjectAt("spec")
            : null;
    }

    /// <summary>The fields of a VM that an instancetype decides and that therefore may not be given.</summary>
    public static IEnumerable<ApiCause> Conflicts(JsonObject machine, JsonObject? instancetype)
    {
        if (instancetype is null)
            yield break;
        var domain = machine.ObjectAt("spec", "template", "spec", "domain");
        foreach (var field in (string[])["sockets", "cores", "threads"])
        {
            if (domain.At("cpu", field) is { } count && count.ToString() != "0")
                yield return Conflict("cpu." + field);
        }

        if (domain.TextAt("memory", "guest") is not null)
            yield return Conflict("memory.guest");
        if (domain.TextAt("memory", "maxGuest") is not null && instancetype.TextAt("memory", "maxGuest") is not null)
            yield return Conflict("memory.maxGuest");
        foreach (var resource in (string[])["cpu", "memory"])
        {
            foreach (var bound in (string[])["requests", "limits"])
            {
                if (domain.At("resources", bound, resource) is not null)
                    yield return Conflict($"resources.{bound}.{resource}");
            }
        }
    }

    private static ApiCause Conflict(string field) => new($"{Domain}.{field}", "FieldValueInvalid", $"VM field(s) {Domain}.{field} conflicts with selected instance type");

    /// <summary>A template's spec with both applied; the given one is left as it is.</summary>
    public static JsonObject Expand(JsonObject templateSpec, JsonObject? instancetype, JsonObject? preference)
    {
        var spec = templateSpec.Copy();
        if (instancetype is not null)
            Size(spec.Ensure("domain"), instancetype, preference.TextAt("cpu", "preferredCPUTopology"));
        if (preference is not null)
            Prefer(spec.Ensure("domain"), preference);
        return spec;
    }

    private static void Size(JsonObject domain, JsonObject instancetype, string? topology)
    {
        if (instancetype.At("cpu", "guest") is { } guest && int.TryParse(guest.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var count))
        {
            var cpu = domain.Ensure("cpu");
            (cpu["sockets"], cpu["cores"], cpu["threads"]) = topology switch
            {
                "cores" or "preferCores" => (1, count, 1),
                "threads" or "preferThreads" => (1, 1, count),
                "spread" or "preferSpread" when count > 1 && count % 2 == 0 => (count / 2, 2, 1),
                _ => (count, 1, 1),
            };
            foreach (var field in (ReadOnlySpan<string>)["model", "dedicatedCPUPlacement", "isolateEmulatorThread", "maxSockets", "numa", "realtime"])
            {
                if (instancetype.At("cpu", field) is { } value)
                    cpu[field == "dedicatedCPUPlacement" ? "dedicatedCpuPlacement" : field] = value.DeepClone();
            }
        }

        foreach (var field in (ReadOnlySpan<string>)["guest", "maxGuest", "hugepages"])
        {
            if (instancetype.At("memory", field) is { } value)
                domain.Ensure("memory")[field] = value.DeepClone();
        }

        foreach (var field in (ReadOnlySpan<string>)["gpus", "hostDevices"])
        {
            if (instancetype.At(field) is { } value)
                domain.Ensure("devices")[field] = value.DeepClone();
        }

        foreach (var field in (ReadOnlySpan<string>)["ioThreadsPolicy", "launchSecurity"])
        {
            if (instancetype.At(field) is { } value)
                domain[field] = value.DeepClone();
        }
    }

    // Only what the VM leaves open.
    private static void Prefer(JsonObject domain, JsonObject preference)
    {
        if (preference.At("devices", "preferredTPM") is { } tpm && domain.At("devices", "tpm") is null)
            domain.Ensure("devices")["tpm"] = tpm.DeepClone();
        if (domain.At("firmware", "bootloader") is null)
        {
            if (preference.ObjectAt("firmware", "preferredEfi") is { } efi)
                domain.Ensure("firmware", "bootloader")["efi"] = efi.DeepClone();
            else if (preference.FlagAt("firmware", "preferredUseEfi") is true)
                domain.Ensure("firmware", "bootloader")["efi"] = new JsonObject { ["secureBoot"] = preference.FlagAt("firmware", "preferredUseSecureBoot") is true };
            else if (preference.FlagAt("firmware", "preferredUseBios") is true)
                domain.Ensure("firmware", "bootloader")["bios"] = new JsonObject();
        }

        foreach (var (name, value) in preference.ObjectAt("features") ?? [])
        {
            var feature = name.StartsWith("preferred", StringComparison.Ordinal) ? name["preferred".Length..].ToLowerInvariant() : name;
            if (domain.At("features", feature) is null)
                domain.Ensure("features")[feature] = value?.DeepClone();
        }

        foreach (var disk in domain.ArrayAt("devices", "disks").Objects())
        {
            foreach (var (kind, wish) in (ReadOnlySpan<(string, string)>)[("disk", "preferredDiskBus"), ("cdrom", "preferredCdromBus"), ("lun", "preferredLunBus")])
            {
                if (disk.ObjectAt(kind) is { } device && string.IsNullOrEmpty(device.TextAt("bus")) && preference.TextAt("devices", wish) is { } bus)
                    device["bus"] = bus;
            }
        }

        foreach (var nic in domain.ArrayAt("devices", "interfaces").Objects())
        {
            if (string.IsNullOrEmpty(nic.TextAt("model")) && preference.TextAt("devices", "preferredInterfaceModel") is { } model)
                nic["model"] = model;
        }
    }
}
