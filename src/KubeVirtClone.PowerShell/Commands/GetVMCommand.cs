using System.Management.Automation;
using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Errors;
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

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<string> names = Name;
        string? @namespace = null;
        if (InputObject is not null)
        {
            try
            {
                (names, @namespace) = Read(PipedObject.Recognize(InputObject));
            }
            catch (InputException e)
            {
                WriteError(e.ToErrorRecord(InputObject));
                return;
            }
        }

        var query = QueryFor(names, @namespace);
        RunWithCluster((cluster, ct) => WriteFoundAsync(
            new VirtualMachines(cluster).ListAsync(query(NamespaceOrDefault(cluster)), ct),
            static record => new VirtualMachine(record)));
    }

    private (IReadOnlyList<string> Names, string? Namespace) Read(PipedObject piped) => piped switch
    {
        { Kind: PipedKind.Text, Text: { } text } => ([text], null),
        { Kind: PipedKind.Source, SourceKind: "VirtualMachine", SourceName: { } name } => ([name], piped.Namespace),
        { Kind: PipedKind.Row } when PropertyReader.GetText(InputObject, "Name") is { } name =>
            ([name], PropertyReader.GetText(InputObject, "Namespace")),
        { Kind: PipedKind.Retry, Request: { TargetName: { Length: > 0 } name } request } => ([name], request.Namespace),
        _ => throw new InputException(
            "VMInputInvalid", ErrorCategory.InvalidType, "The object does not say which virtual machine is meant.", "Pipe in names, virtual machines or clones."),
    };
}
