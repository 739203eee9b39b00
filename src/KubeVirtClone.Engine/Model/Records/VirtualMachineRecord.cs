using System.Text.Json;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>One virtual machine at one moment.</summary>
public sealed record VirtualMachineRecord
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>KubeVirt's <c>status.printableStatus</c> (<c>Stopped</c>, <c>Running</c> …); <c>Unknown</c> when it has none yet.</summary>
    public required string Status { get; init; }

    /// <summary>True when the machine is up and its guest ready.</summary>
    public bool Ready { get; init; }

    /// <summary><c>Always</c>, <c>Halted</c>, <c>Manual</c>, <c>RerunOnFailure</c>, <c>Once</c>; the older <c>spec.running</c> is given as Always or Halted.</summary>
    public string? RunStrategy { get; init; }

    /// <summary>Virtual CPUs (cores × sockets × threads), or null when an instance type decides.</summary>
    public int? Cpu { get; init; }

    /// <summary>Guest memory as written (<c>2Gi</c>), or null when an instance type decides.</summary>
    public string? Memory { get; init; }

    /// <summary>Instance type, when one is used.</summary>
    public string? InstanceType { get; init; }

    /// <summary>The machine's volumes, in order.</summary>
    public required IReadOnlyList<VirtualMachineVolume> Volumes { get; init; }

    /// <summary>Network interfaces: name and MAC address, in order.</summary>
    public required IReadOnlyList<VirtualMachineInterface> Interfaces { get; init; }

    /// <summary>The node it runs on; null while it does not run, or where instances were not read.</summary>
    public string? Node { get; init; }

    /// <summary>Addresses its guest has, of the first interface first; empty while it does not run, or where instances were not read.</summary>
    public IReadOnlyList<string> IpAddresses { get; init; } = [];

    /// <summary>When the machine was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Annotations.</summary>
    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    /// <summary>Identity of the object.</summary>
    public required string Uid { get; init; }

    /// <summary>The object as the server sent it.</summary>
    public required KubernetesObject Raw { get; init; }

    /// <summary>Reads a VirtualMachine.</summary>
    /// <param name="vm">The object as received.</param>
    public static VirtualMachineRecord From(KubernetesObject vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return new VirtualMachineRecord
        {
            Name = vm.Name,
            Namespace = vm.Namespace ?? "",
            Status = vm.StringAt("status", "printableStatus") is { Length: > 0 } status ? status : "Unknown",
            Ready = vm.IsTrueAt("status", "ready"),
            RunStrategy = vm.StringAt("spec", "runStrategy") ?? vm.At("spec", "running")?.ValueKind switch
            {
                JsonValueKind.True => "Always",
                JsonValueKind.False => "Halted",
                _ => null,
            },
            Cpu = ReadCpu(vm),
            Memory = vm.StringAt("spec", "template", "spec", "domain", "memory", "guest")
                ?? vm.StringAt("spec", "template", "spec", "domain", "resources", "requests", "memory"),
            InstanceType = vm.StringAt("spec", "instancetype", "name"),
            Volumes = [.. vm.ItemsAt("spec", "template", "spec", "volumes").Select(VirtualMachineVolume.From)],
            Interfaces =
            [
                .. vm.ItemsAt("spec", "template", "spec", "domain", "devices", "interfaces")
                    .Select(i => new VirtualMachineInterface(i.Text("name") ?? "", i.Text("macAddress"))),
            ],
            CreationTimestamp = vm.CreationTimestamp,
            Labels = vm.Labels,
            Annotations = vm.Annotations,
            Uid = vm.Uid,
            Raw = vm,
        };
    }

    /// <summary>The same machine with what its instance tells: node, addresses, and what an instance type gave it.</summary>
    /// <param name="instance">The VirtualMachineInstance of its name.</param>
    internal VirtualMachineRecord With(KubernetesObject instance) => this with
    {
        Node = instance.StringAt("status", "nodeName"),
        IpAddresses = [.. instance.ItemsAt("status", "interfaces").SelectMany(AddressesOf).Distinct(StringComparer.Ordinal)],
        Cpu = Cpu ?? (instance.At("spec", "domain", "cpu") is { } cpu ? Count(cpu) : null),
        Memory = Memory ?? instance.StringAt("spec", "domain", "memory", "guest"),
    };

    private static IEnumerable<string> AddressesOf(JsonElement nic) =>
        nic.Member("ipAddresses") is { ValueKind: JsonValueKind.Array } all && all.GetArrayLength() > 0
            ? all.EnumerateArray().Where(a => a.ValueKind == JsonValueKind.String).Select(a => a.GetString()!)
            : nic.Text("ipAddress") is { Length: > 0 } one ? [one] : [];

    private static int Count(JsonElement cpu) => Count(cpu, "cores") * Count(cpu, "sockets") * Count(cpu, "threads");

    private static int? ReadCpu(KubernetesObject vm)
    {
        if (vm.At("spec", "template", "spec", "domain", "cpu") is { } cpu)
            return Count(cpu);

        return vm.At("spec", "instancetype") is null ? 1 : null;
    }

    private static int Count(JsonElement cpu, string key) => cpu.Member(key) is { ValueKind: JsonValueKind.Number } n && n.TryGetInt32(out var count) && count > 0 ? count : 1;
}

/// <summary>One volume of a virtual machine.</summary>
/// <param name="Name">Volume name.</param>
/// <param name="Kind">What it is made of: <c>dataVolume</c>, <c>persistentVolumeClaim</c>, <c>containerDisk</c>, <c>cloudInitNoCloud</c> …</param>
/// <param name="Reference">Claim or data volume name, image, or secret it points to; null when it points to nothing.</param>
public sealed record VirtualMachineVolume(string Name, string Kind, string? Reference)
{
    /// <summary>True for the kinds whose data KubeVirt copies.</summary>
    public bool IsCopied => Kind is "dataVolume" or "persistentVolumeClaim";

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal static VirtualMachineVolume From(JsonElement volume)
    {
        var source = volume.EnumerateObject().FirstOrDefault(p => p.Name != "name" && p.Value.ValueKind == JsonValueKind.Object);
        var kind = source.Value.ValueKind == JsonValueKind.Object ? source.Name : "unknown";
        var reference = kind == "unknown" ? null : source.Value.Text("name") ?? source.Value.Text("claimName") ?? source.Value.Text("image")
            ?? source.Value.Text("secretName") ?? source.Value.Text("path");
        return new VirtualMachineVolume(volume.Text("name") ?? "", kind, reference);
    }
}

/// <summary>One network interface of a virtual machine.</summary>
/// <param name="Name">Interface name.</param>
/// <param name="MacAddress">MAC address in the specification, or null.</param>
public sealed record VirtualMachineInterface(string Name, string? MacAddress)
{
    /// <inheritdoc/>
    public override string ToString() => MacAddress is null ? Name : $"{Name} {MacAddress}";
}
