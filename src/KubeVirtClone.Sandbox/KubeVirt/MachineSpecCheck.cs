namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>
/// What KubeVirt's validator says of a VM's template as far as a patch of a clone or restore easily gets there: names that do not fit
/// together, host names, machine type, buses, memory, addresses. In the order in which it looks.
/// </summary>
internal static class MachineSpecCheck
{
    private const string At = "spec.template.spec";
    private const string Devices = At + ".domain.devices";
    private static readonly string[] Buses = ["virtio", "scsi", "sata", "usb"];
    private static readonly string[] EvictionStrategies = ["None", "LiveMigrate", "LiveMigrateIfPossible", "External"];

    // By architecture, as patterns of a beginning.
    private static readonly Dictionary<string, string[]> MachineTypes = new(StringComparer.Ordinal)
    {
        ["amd64"] = ["q35*", "pc-q35*"],
        ["arm64"] = ["virt*"],
        ["s390x"] = ["s390-ccw-virtio*"],
    };

    /// <summary>The machine type a machine of an architecture has when none is given.</summary>
    public static string DefaultMachine(string? architecture) => MachineTypes.GetValueOrDefault(architecture ?? "", MachineTypes["amd64"])[0].TrimEnd('*');

    /// <param name="machine">The VM, with its instancetype and preference applied.</param>
    /// <param name="emptyCdroms">Whether a CD-ROM may be without a volume.</param>
    public static IEnumerable<ApiCause> Objections(JsonObject machine, bool emptyCdroms)
    {
        var spec = machine.ObjectAt("spec", "template", "spec");
        var disks = spec.ArrayAt("domain", "devices", "disks").Objects().ToList();
        var volumes = spec.ArrayAt("volumes").Objects().ToList();
        return Names(spec)
            .Concat(Memory(spec))
            .Concat(Machine(spec))
            .Concat(Interfaces(spec))
            .Concat(disks.Select((d, i) => (Disk: d, Index: i)).Where(d => !(emptyCdroms && d.Disk["cdrom"] is not null) && volumes.TrueForAll(v => v.TextAt("name") != d.Disk.TextAt("name")))
                .Select(d => Invalid($"{Devices}.disks[{d.Index}].name", $"{Devices}.disks[{d.Index}].Name '{d.Disk.TextAt("name")}' not found.")))
            .Concat(Repeated(disks, Devices + ".disks"))
            .Concat(disks.SelectMany(Bus))
            .Concat(SecureBoot(spec))
            .Concat(Repeated(volumes, At + ".volumes"))
            .Concat(Eviction(spec))
            .Concat(Templates(machine, volumes));
    }

    private static ApiCause Invalid(string field, string message) => new(field, "FieldValueInvalid", message);

    private static IEnumerable<ApiCause> Names(JsonObject? spec)
    {
        if (spec.TextAt("hostname") is { Length: > 0 } host && string.Join(", ", NameRules.LabelProblems(host)) is { Length: > 0 } wrong)
            yield return Invalid(At + ".hostname", $"{At}.hostname does not conform to the kubernetes DNS_LABEL rules : {wrong}");
        if (spec.TextAt("subdomain") is { Length: > 0 } domain && string.Join(", ", NameRules.SubdomainProblems(domain)) is { Length: > 0 } bad)
            yield return Invalid(At + ".subdomain", $"{At}.subdomain does not conform to the kubernetes DNS_SUBDOMAIN rules : {bad}");
    }

    private static IEnumerable<ApiCause> Memory(JsonObject? spec)
    {
        const string Resources = At + ".domain.resources";
        if (spec.TextAt("domain", "resources", "requests", "memory") is { } request && spec.TextAt("domain", "resources", "limits", "memory") is { } limit
            && Quantity.Value(request) > Quantity.Value(limit))
        {
            yield return Invalid(Resources + ".requests.memory", $"{Resources}.requests.memory '{request}' is greater than {Resources}.limits.memory '{limit}'");
        }
    }

    private static IEnumerable<ApiCause> Machine(JsonObject? spec)
    {
        var allowed = MachineTypes.GetValueOrDefault(spec.TextAt("architecture") is { Length: > 0 } architecture ? architecture : "amd64", []);
        if (spec.TextAt("domain", "machine", "type") is { Length: > 0 } type && !Array.Exists(allowed, a => type.StartsWith(a[..^1], StringComparison.Ordinal)))
            yield return Invalid(At + ".domain.machine.type", $"{At}.domain.machine.type is not supported: {type} (allowed values: [{string.Join(' ', allowed)}])");
    }

    // Secure boot is on where EFI does not say otherwise; system management mode is off where it is not named.
    private static IEnumerable<ApiCause> SecureBoot(JsonObject? spec)
    {
        const string Domain = At + ".domain";
        var secure = spec.ObjectAt("domain", "firmware", "bootloader", "efi") is { } efi && efi.FlagAt("secureBoot") is not false;
        var managed = spec.ObjectAt("domain", "features", "smm") is { } smm && smm.FlagAt("enabled") is not false;
        if (secure && !managed)
            yield return Invalid(Domain, $"{Domain} has EFI SecureBoot enabled. SecureBoot requires SMM, which is currently disabled.");
    }

    private static IEnumerable<ApiCause> Interfaces(JsonObject? spec)
    {
        var networks = spec.ArrayAt("networks").Objects().Select(n => n.TextAt("name")).ToHashSet();
        foreach (var (nic, index) in spec.ArrayAt("domain", "devices", "interfaces").Objects().Select((n, i) => (n, i)))
        {
            var field = $"{Devices}.interfaces[{index}].name";
            if (!networks.Contains(nic.TextAt("name")))
                yield return Invalid(field, $"{field} '{nic.TextAt("name")}' not found.");
            if (nic.TextAt("macAddress") is { Length: > 0 } mac && !MacAddress.IsValid(mac))
                yield return Invalid($"{Devices}.interfaces[{index}].macAddress", $"interface {field} has malformed MAC address ({mac}).");
        }
    }

    private static IEnumerable<ApiCause> Repeated(List<JsonObject> items, string field)
    {
        for (var later = 1; later < items.Count; later++)
        {
            for (var earlier = 0; earlier < later; earlier++)
            {
                if (items[earlier].TextAt("name") == items[later].TextAt("name"))
                    yield return Invalid($"{field}[{later}].name", $"{field}[{later}] and {field}[{earlier}] must not have the same Name.");
            }
        }
    }

    private static IEnumerable<ApiCause> Bus(JsonObject disk, int index)
    {
        foreach (var kind in (string[])["disk", "lun", "cdrom"])
        {
            if (disk.TextAt(kind, "bus") is { Length: > 0 } bus && !Buses.Contains(bus, StringComparer.Ordinal))
                yield return Invalid($"{Devices}.disks[{index}].{kind}.bus", $"{Devices}.disks[{index}] is set with an unrecognized bus {bus}, must be one of: [{string.Join(' ', Buses)}]");
        }
    }

    private static IEnumerable<ApiCause> Eviction(JsonObject? spec)
    {
        if (spec.TextAt("evictionStrategy") is { } strategy && !EvictionStrategies.Contains(strategy, StringComparer.Ordinal))
            yield return Invalid(At + ".evictionStrategy", $"{At}.evictionStrategy is set with an unrecognized option: {strategy}");
    }

    private static IEnumerable<ApiCause> Templates(JsonObject machine, List<JsonObject> volumes)
    {
        var used = volumes.Select(VirtualMachines.ClaimName).ToHashSet();
        return VirtualMachines.Templates(machine).Select((t, i) => (Template: t, Index: i)).Where(t => !used.Contains(t.Template.Name()))
            .Select(t => Invalid($"spec.dataVolumeTemplate[{t.Index}]", $"DataVolumeTemplate entry spec.dataVolumeTemplate[{t.Index}] must be referenced in the VMI template's 'volumes' list"));
    }
}
