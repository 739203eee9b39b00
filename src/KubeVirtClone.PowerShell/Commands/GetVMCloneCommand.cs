using System.Management.Automation;
using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Errors;
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

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<string> names = Name;
        string? @namespace = null;
        if (InputObject is not null)
        {
            try
            {
                var reference = CloneReferenceReader.Read(InputObject);
                names = [reference.Name];
                @namespace = reference.Namespace.Length > 0 ? reference.Namespace : null;
            }
            catch (InputException e)
            {
                WriteError(e.ToErrorRecord(InputObject));
                return;
            }
        }

        var query = QueryFor(names, @namespace);
        RunWithCluster((cluster, ct) => WriteFoundAsync(
            new CloneCatalog(cluster).ListAsync(query(NamespaceOrDefault(cluster)), string.IsNullOrEmpty(Batch) ? null : Batch, ct),
            static record => new VMClone(record)));
    }
}
