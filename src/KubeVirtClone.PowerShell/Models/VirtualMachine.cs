namespace KubeVirtClone;

/// <summary>One virtual machine at one moment; read again for news.</summary>
public sealed class VirtualMachine : KubeVirtObject
{
    private readonly RawObject _raw;

    internal VirtualMachine(VirtualMachineRecord record)
    {
        Name = record.Name;
        Namespace = record.Namespace;
        Status = record.Status;
        Ready = record.Ready;
        RunStrategy = record.RunStrategy;
        Cpu = record.Cpu;
        Memory = record.Memory;
        InstanceType = record.InstanceType;
        Volume = new VMTextList(record.Volumes.Select(v => v.Name));
        Interface = new VMTextList(record.Interfaces.Select(i => i.Name));
        MacAddress = new VMTextList(record.Interfaces.Select(i => i.MacAddress).OfType<string>());
        Labels = new VMTextTable(record.Labels);
        Annotations = new VMTextTable(record.Annotations);
        Node = record.Node;
        IpAddress = new VMTextList(record.IpAddresses);
        CreationTimestamp = record.CreationTimestamp;
        Uid = record.Uid;
        _raw = new RawObject(record.Raw.Json);
    }

    /// <summary>Name.</summary>
    public string Name { get; }

    /// <summary>Namespace.</summary>
    public string Namespace { get; }

    /// <summary>KubeVirt's own word for the state, as <c>kubectl get vm</c> prints it: Stopped, Starting, Running, Paused …</summary>
    public string Status { get; }

    /// <summary>True when the machine is up and its guest ready.</summary>
    public bool Ready { get; }

    /// <summary>Always, Halted, Manual, RerunOnFailure or Once.</summary>
    public string? RunStrategy { get; }

    /// <summary>Virtual CPUs; null when an instance type decides.</summary>
    public int? Cpu { get; }

    /// <summary>Guest memory as written, such as 2Gi; null when an instance type decides.</summary>
    public string? Memory { get; }

    /// <summary>Instance type, when one is used.</summary>
    public string? InstanceType { get; }

    /// <summary>Names of the volumes.</summary>
    public VMTextList Volume { get; }

    /// <summary>Names of the network interfaces.</summary>
    public VMTextList Interface { get; }

    /// <summary>MAC addresses in the specification.</summary>
    public VMTextList MacAddress { get; }

    /// <summary>The node it runs on; null while it does not run.</summary>
    public string? Node { get; }

    /// <summary>Addresses of the guest, of the first interface first; empty while it does not run.</summary>
    public VMTextList IpAddress { get; }

    /// <summary>Labels.</summary>
    public VMTextTable Labels { get; }

    /// <summary>Annotations.</summary>
    public VMTextTable Annotations { get; }

    /// <summary>When the machine was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; }

    /// <summary>Time since then.</summary>
    public TimeSpan? Age => DateTimeOffset.UtcNow - CreationTimestamp;

    /// <summary><see cref="Age"/> as the views show it: 42s, 5m30s, 12d.</summary>
    [Hidden]
    public string AgeText => Durations.Age(Age);

    /// <summary>Identity of the object.</summary>
    public string Uid { get; }

    /// <summary>The object as the server sent it, in the shape ConvertFrom-Json gives.</summary>
    [Hidden]
    public PSObject Raw => _raw.Value;

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}";
}
