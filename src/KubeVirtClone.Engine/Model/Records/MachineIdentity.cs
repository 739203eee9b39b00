namespace KubeVirtClone.Engine.Model.Records;

/// <summary>What a machine is known by to its guest and its network. Where the specification says nothing, the running instance does.</summary>
public sealed record MachineIdentity
{
    /// <summary>MAC addresses, in the order of the interfaces.</summary>
    public required IReadOnlyList<string> MacAddresses { get; init; }

    /// <summary>Serial number of the firmware (SMBIOS); null when it is not known.</summary>
    public string? Serial { get; init; }

    /// <summary>UUID of the firmware (SMBIOS); null when it is not known.</summary>
    public string? Uuid { get; init; }

    /// <summary>Addresses of the guest; empty while it does not run.</summary>
    public required IReadOnlyList<string> IpAddresses { get; init; }

    /// <summary>The identity of a machine.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="instance">Its instance; null while it does not run, or where instances may not be read.</param>
    internal static MachineIdentity Of(KubernetesObject machine, KubernetesObject? instance)
    {
        var record = VirtualMachineRecord.From(machine);
        var seen = (instance?.ItemsAt("status", "interfaces") ?? []).Where(i => i.Text("name") is not null).ToLookup(i => i.Text("name")!, i => i.Text("mac"), StringComparer.Ordinal);
        return new MachineIdentity
        {
            MacAddresses = [.. record.Interfaces.Select(i => string.IsNullOrEmpty(i.MacAddress) ? seen[i.Name].FirstOrDefault() : i.MacAddress).OfType<string>()],
            Serial = Firmware("serial"),
            Uuid = Firmware("uuid"),
            IpAddresses = instance is null ? [] : record.With(instance).IpAddresses,
        };

        string? Firmware(string field) => machine.StringAt("spec", "template", "spec", "domain", "firmware", field) is { Length: > 0 } given
            ? given
            : instance?.StringAt("spec", "domain", "firmware", field);
    }
}
