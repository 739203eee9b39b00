using System.Management.Automation;
using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Lists clones.</summary>
[Cmdlet(VerbsCommon.Get, "VMClone", HelpUri = HelpPages.Root + "Get-VMClone.md")]
[OutputType(typeof(VMClone))]
public sealed class GetVMCloneCommand : KubeVirtGetCmdlet
{
    /// <summary>Names of clone objects, exact or with wildcards; all when not given.</summary>
    [Parameter(Position = 0)]
    [Alias("CloneName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(CloneCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>A clone to read again, or the name of one.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Only clones made in this batch.</summary>
    [Parameter]
    public string? Batch { get; set; }

    private protected override Chosen Given => new(Name);

    private protected override PSObject? Piped => InputObject;

    private protected override Chosen Read(PSObject input)
    {
        var clone = PipedReference.ReadClone(input);
        return new([clone.Name], clone.Namespace, Meant: new PipedIdentity(clone.Uid, Maker: null, PipedIdentity.ClusterOf(input)));
    }

    private protected override async Task WriteFoundAsync(KubeVirtCluster cluster, ListQuery query, string? of, CancellationToken ct)
    {
        var batch = string.IsNullOrEmpty(Batch) ? null : Batch;
        var found = 0;
        await WriteFoundAsync(new CloneCatalog(cluster).ListAsync(query, batch, ct), record =>
        {
            found++;
            return new VMClone(record);
        }, record => ReplacedFaults.OfClone(record.Raw, Meant?.Uid));
        if (found == 0 && batch is not null && query is { AllNamespaces: false, Names.Count: 0 }
            && await new BatchLeftovers(cluster).DescribeVolumesAsync(query.Namespace, batch, ct) is { } left)
        {
            Post(() => WriteWarning(left.ToString()));
        }
    }
}
