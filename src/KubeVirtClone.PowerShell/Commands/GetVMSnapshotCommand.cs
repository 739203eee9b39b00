using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
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

    private protected override Chosen Given => new(Name, Of: GivenSource);

    private protected override PSObject? Piped => InputObject;

    private string? GivenSource => string.IsNullOrEmpty(SourceName) ? null : SourceName;

    private protected override Chosen Read(PSObject input)
    {
        if (input.BaseObject is VirtualMachine vm) return new(Name, vm.Namespace, vm.Name);
        var snapshot = PipedReference.ReadSnapshot(input);
        return new([snapshot.Name], snapshot.Namespace, GivenSource, new PipedIdentity(snapshot.Uid, Maker: null, PipedIdentity.ClusterOf(input)));
    }

    private protected override async Task WriteFoundAsync(KubeVirtCluster cluster, ListQuery query, string? of, CancellationToken ct)
    {
        var catalog = new SnapshotCatalog(cluster);
        await foreach (var found in catalog.ListAsync(query, ct))
        {
            if ((found.Fault ?? (found.Value is { } listed ? ReplacedFaults.OfSnapshot(listed.Raw, Meant?.Uid) : null)) is { } fault)
            {
                Post(() => WriteError(ErrorRecords.From(fault)));
            }
            else if (found.Value is { } snapshot && (of is null || snapshot.SourceName == of))
            {
                // The size stands in another object: one more read for each that is named, but not for each of a long list.
                var output = new VMSnapshot(query.Names.Count > 0 ? await catalog.DescribeAsync(snapshot, ct) : snapshot);
                Post(() => WriteObject(output));
            }
        }
    }
}
