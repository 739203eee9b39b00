using System.Management.Automation;
using KubeVirtClone.Completion;
using KubeVirtClone.Engine;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Engine.Snapshots;
using KubeVirtClone.Errors;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Lists snapshots of virtual machines.</summary>
[Cmdlet(VerbsCommon.Get, "VMSnapshot", HelpUri = HelpPages.Root + "Get-VMSnapshot.md")]
[OutputType(typeof(VMSnapshot))]
public sealed class GetVMSnapshotCommand : KubeVirtGetCmdlet
{
    /// <summary>Names of snapshots, exact or with wildcards; all when not given.</summary>
    [Parameter(Position = 0)]
    [Alias("SnapshotName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SnapshotCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>A snapshot to read again, the name of one, or a virtual machine, whose snapshots are listed.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Only snapshots of this machine.</summary>
    [Parameter]
    [Alias("Source", "VM", "VMName")]
    [ArgumentCompleter(typeof(VirtualMachineCompleter))]
    public string? SourceName { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<string> names = Name;
        string? @namespace = null;
        var source = string.IsNullOrEmpty(SourceName) ? null : SourceName;
        if (InputObject is not null)
        {
            try
            {
                if (InputObject.BaseObject is VirtualMachine vm)
                {
                    (source, @namespace) = (vm.Name, vm.Namespace);
                }
                else
                {
                    var reference = SnapshotReferenceReader.Read(InputObject);
                    names = [reference.Name];
                    @namespace = reference.Namespace.Length > 0 ? reference.Namespace : null;
                }
            }
            catch (InputException e)
            {
                WriteError(e.ToErrorRecord(InputObject));
                return;
            }
        }

        var query = QueryFor(names, @namespace);
        RunWithCluster((cluster, ct) => ListAsync(cluster, query(NamespaceOrDefault(cluster)), source, ct));
    }

    private async Task ListAsync(KubeVirtCluster cluster, ListQuery query, string? source, CancellationToken ct)
    {
        var catalog = new SnapshotCatalog(cluster);
        await foreach (var found in catalog.ListAsync(query, ct))
        {
            if (found.Fault is { } fault)
            {
                Post(() => WriteError(ErrorRecords.From(fault)));
            }
            else if (found.Value is { } snapshot && (source is null || snapshot.SourceName == source))
            {
                // The size stands in another object: one more read for each that is named, but not for each of a long list.
                var output = new VMSnapshot(query.Names.Count > 0 ? await catalog.DescribeAsync(snapshot, ct) : snapshot);
                Post(() => WriteObject(output));
            }
        }
    }
}
