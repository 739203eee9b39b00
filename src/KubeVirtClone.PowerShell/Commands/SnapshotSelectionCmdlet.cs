using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Base of the cmdlets that act on snapshots: piped in, or named. They are gathered until the pipeline ends.</summary>
public abstract class SnapshotSelectionCmdlet : KubeVirtCmdlet
{
    private readonly List<Piped<SnapshotReference>> _piped = [];
    private IReadOnlyList<Piped<SnapshotReference>> _here = [];

    /// <summary>Names of snapshots, exact or with wildcards.</summary>
    [Parameter(Position = 0)]
    [Alias("SnapshotName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SnapshotCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>What New-VMSnapshot or Get-VMSnapshot writes, or names of snapshots.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    private protected abstract string Example { get; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        RequireChoice(Name.Length > 0, "VMSnapshotSelectionMissing", "Nothing says which snapshots are meant.", $"Give -Name, or pipe snapshots in: {Example}");
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        TakeIn(InputObject, () =>
        {
            var snapshot = PipedReference.ReadSnapshot(InputObject);
            _piped.Add(new(snapshot with { Namespace = NamespaceOf(snapshot.Namespace, snapshot.Name) }, InputObject, PipedIdentity.ClusterOf(InputObject)));
        });
    }

    /// <summary>Does work at the cluster of each snapshot that was piped in, and at the command's own where some are named.</summary>
    private protected void AtEachCluster(Action work) => AtEachPlace(_piped, own: Name.Length > 0, here =>
    {
        _here = here;
        work();
    });

    /// <summary>The snapshots of the cluster at hand that are meant. What is not found by name is reported and left out.</summary>
    private protected async Task<List<SnapshotReference>> SelectAsync(KubeVirtCluster cluster, CancellationToken ct)
    {
        var fallback = NamespaceOrDefault(cluster);
        var chosen = _here.Select(p => p.Item).Select(r => r.Namespace.Length > 0 ? r : r with { Namespace = fallback }).ToList();
        if (Name.Length > 0 && IsAtOwnPlace)
        {
            await foreach (var found in new SnapshotCatalog(cluster).ListAsync(new ListQuery { Names = Name, Namespace = fallback }, ct))
            {
                if (found.Value is { } snapshot)
                {
                    chosen.Add(snapshot.Reference with { Input = new VMSnapshot(snapshot) });
                }
                else if (found.Fault is { } fault)
                {
                    Post(() => WriteError(ErrorRecords.From(fault)));
                }
            }
        }

        return [.. chosen.DistinctBy(r => (r.Namespace, r.Name, r.Uid))];
    }
}
