using System.Management.Automation;
using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Errors;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>
/// Base of the cmdlets that act on clones: piped in, named, or of a batch. The selection is gathered until the pipeline ends,
/// because one list and one watch then serve them all.
/// </summary>
public abstract class CloneSelectionCmdlet : KubeVirtCmdlet
{
    private readonly List<Piped<CloneReference>> _piped = [];
    private IReadOnlyList<Piped<CloneReference>> _here = [];
    private bool _somethingPiped;

    /// <summary>Names of clone objects, exact or with wildcards.</summary>
    [Parameter(Position = 0)]
    [Alias("CloneName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(CloneCompleter))]
    public virtual string[] Name { get; set; } = [];

    /// <summary>What New-VMClone or Get-VMClone writes, or names of clones.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The clones made in this batch.</summary>
    [Parameter]
    public string? Batch { get; set; }

    /// <summary>Whether clones are chosen by name or batch, beside those piped in.</summary>
    private protected bool HasQuery => Name.Length > 0 || !string.IsNullOrEmpty(Batch);

    /// <summary>Whether anything was piped in, usable or not: an empty pipeline selects nothing, it does not select all.</summary>
    private protected bool IsPipeline => _somethingPiped || MyInvocation.ExpectingInput;

    /// <summary>The objects that clones were piped in as.</summary>
    private protected IEnumerable<object> PipedInputs => _piped.Select(p => p.Item.Input).OfType<object>();

    /// <summary>Whether a clone was piped in.</summary>
    private protected bool IsPipedClone => _piped.Count > 0;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        _somethingPiped = true;
        try
        {
            var clone = PipedReference.ReadClone(InputObject);
            _piped.Add(new(clone with { Namespace = NamespaceOf(clone.Namespace, clone.Name) }, InputObject, PipedIdentity.ClusterOf(InputObject)));
        }
        catch (InputException e)
        {
            WriteError(e.ToErrorRecord(InputObject));
        }
    }

    /// <summary>Does work at the cluster of each clone that was piped in, and at the command's own where clones are chosen by name or batch, or none was piped in.</summary>
    private protected void AtEachCluster(Action work) => AtEachPlace(_piped, own: HasQuery || !IsPipeline, here =>
    {
        _here = here;
        work();
    });

    /// <summary>The clones piped in of the cluster at hand, their namespace filled in, each once.</summary>
    private protected IReadOnlyList<CloneReference> PipedClones(KubeVirtCluster cluster)
    {
        var fallback = NamespaceOrDefault(cluster);
        return [.. _here.Select(p => p.Item).Select(r => r.Namespace.Length > 0 ? r : r with { Namespace = fallback }).DistinctBy(r => (r.Namespace, r.Name, r.Uid))];
    }

    /// <summary>The clones chosen by name or batch. What is not found is reported and left out.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="everything">List all clones of the namespace when neither name nor batch is given.</param>
    /// <param name="ct">Cancels.</param>
    private protected async Task<List<CloneRecord>> FindClonesAsync(KubeVirtCluster cluster, bool everything, CancellationToken ct)
    {
        var clones = new List<CloneRecord>();
        if ((!HasQuery && !everything) || !IsAtOwnPlace) return clones;
        var query = new ListQuery { Names = Name, Namespace = NamespaceOrDefault(cluster) };
        await foreach (var found in new CloneCatalog(cluster).ListAsync(query, string.IsNullOrEmpty(Batch) ? null : Batch, ct))
        {
            if (found.Value is { } clone)
            {
                clones.Add(clone);
            }
            else if (found.Fault is { } fault)
            {
                Post(() => WriteError(ErrorRecords.From(fault)));
            }
        }

        return clones;
    }

    /// <summary>The clones chosen by name or batch, for a command that has nothing to do where there are none: a batch without clones is an error then.</summary>
    private protected async Task<List<CloneRecord>> FindSomeClonesAsync(KubeVirtCluster cluster, bool everything, CancellationToken ct)
    {
        var clones = await FindClonesAsync(cluster, everything, ct);
        if (IsAtOwnPlace && clones.Count == 0 && Name.Length == 0 && !string.IsNullOrEmpty(Batch))
        {
            var fault = CloneCatalog.NoneOfBatch(NamespaceOrDefault(cluster), Batch);
            Post(() => WriteError(ErrorRecords.From(fault)));
        }

        return clones;
    }

    private protected void RefuseEmptySelection(string example)
    {
        ThrowTerminatingError(ErrorRecords.Create(
            "VMCloneSelectionMissing", ErrorCategory.InvalidArgument, "Nothing says which clones are meant.", $"Give -Name or -Batch, or pipe clones in: {example}", target: null));
    }
}
