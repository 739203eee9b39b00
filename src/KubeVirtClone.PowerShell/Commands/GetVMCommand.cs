using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Lists virtual machines.</summary>
[Cmdlet(VerbsCommon.Get, "VM", HelpUri = HelpPages.Root + "Get-VM.md")]
[OutputType(typeof(VirtualMachine))]
public sealed class GetVMCommand : KubeVirtGetCmdlet
{
    /// <summary>Names, exact or with wildcards; all when not given.</summary>
    [Parameter(Position = 0)]
    [Alias("VMName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VirtualMachineCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>A name, a virtual machine to read again, or a clone, which stands for the machine it made.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    private protected override Chosen Given => new(Name);

    private protected override PSObject? Piped => InputObject;

    private protected override Chosen Read(PSObject input) => PipedObject.Recognize(input) switch
    {
        { Kind: PipedKind.Text, Text: { } text } => new([text]),
        { Kind: PipedKind.Source, SourceKind: "VirtualMachine", SourceName: { } name } piped => new([name], piped.Namespace, Meant: PipedIdentity.OfSource(input)),
        { Kind: PipedKind.Row } when PropertyReader.GetText(input, "Name") is { } name => new([name], PropertyReader.GetText(input, "Namespace")),
        { Kind: PipedKind.Retry, Request: { TargetName: { Length: > 0 } name } request } => new([name], request.Namespace),
        _ => throw new InputException(
            "VMInputInvalid", ErrorCategory.InvalidType, "The object does not say which virtual machine is meant.", "Pipe in names, virtual machines or clones."),
    };

    private protected override Task WriteFoundAsync(KubeVirtCluster cluster, ListQuery query, string? of, CancellationToken ct) =>
        WriteFoundAsync(new VirtualMachines(cluster).ListWithInstancesAsync(query, ct), static record => new VirtualMachine(record), record => Meant is { } meant ? ReplacedFaults.OfMachine(record.Raw, meant.Uid, meant.Maker) : null);
}
