using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>
/// Base of the cmdlets that act on clones: piped in, named, or of a batch. The selection is gathered until the pipeline ends,
/// because one list and one watch then serve them all.
/// </summary>
public abstract class CloneSelectionCmdlet : KubeVirtCmdlet
{
    private readonly List<Piped<PipedClone>> _piped = [];
    private IReadOnlyList<PipedClone> _here = [];
    private bool _somethingPiped;

    /// <summary>Names of clones, or of the virtual machines they make, exact or with wildcards.</summary>
    [Parameter(Position = 0)]
    [Alias("CloneName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(CloneCompleter))]
    public virtual string[] Name { get; set; } = [];

    /// <summary>What New-VMClone or Get-VMClone writes, a virtual machine for its clone, or names.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The clones made in this batch.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(BatchCompleter))]
    public string? Batch { get; set; }

    /// <summary>Whether clones are chosen by name or batch, beside those piped in, or by a filter where none are.</summary>
    private protected bool HasQuery => Name.Length > 0 || !string.IsNullOrEmpty(Batch) || (IsFiltered && !IsPipeline);

    /// <summary>The batch, where that alone says which clones are meant: all that belongs to it then is.</summary>
    private protected string? WholeBatch => IsPipeline || Name.Length > 0 || string.IsNullOrEmpty(Batch) || IsFiltered ? null : Batch;

    /// <summary>Whether anything was piped in, usable or not: an empty pipeline selects nothing, it does not select all.</summary>
    private protected bool IsPipeline => _somethingPiped || MyInvocation.ExpectingInput;

    /// <summary>What was piped in and stands for a clone, as it came.</summary>
    private protected IEnumerable<object> PipedObjects => _piped.Select(p => p.Input).OfType<object>();

    /// <summary>The objects that clones were piped in as: those that come back with what is said of them.</summary>
    private protected IEnumerable<object> PipedInputs => _piped.Select(p => p.Item.Reference?.Input ?? p.Item.Machine?.Input ?? p.Item.Name).OfType<object>();

    /// <summary>Whether a clone was piped in.</summary>
    private protected bool IsPipedClone => _piped.Count > 0;

    /// <summary>The query with what else the command's parameters narrow it down by; what is piped in is narrowed down by that too.</summary>
    private protected virtual CloneQuery Narrowed(CloneQuery query) => query;

    private protected bool IsFiltered => Narrowed(new CloneQuery()) != new CloneQuery();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        _somethingPiped = true;
        TakeIn(InputObject, () => _piped.Add(new(Read(InputObject), InputObject, PipedIdentity.ClusterOf(InputObject))));
    }

    private PipedClone Read(PSObject input)
    {
        if (input.BaseObject is string name) return new PipedClone(Name: name);
        if (PipedReference.ReadMachine(input) is { } machine) return new PipedClone(Machine: machine with { Namespace = NamespaceOf(machine.Namespace, machine.Name) });
        var clone = PipedReference.ReadClone(input);
        return new PipedClone(Reference: clone with { Namespace = NamespaceOf(clone.Namespace, clone.Name) });
    }

    /// <summary>Does work at the cluster of each clone that was piped in, and at the command's own where clones are chosen by name or batch, or none was piped in.</summary>
    private protected void AtEachCluster(Action work) => AtEachPlace(_piped, own: HasQuery || !IsPipeline, here =>
    {
        _here = [.. here.Select(p => p.Item)];
        work();
    });

    /// <summary>The clones piped in of the cluster at hand, each once, in their order: those of machines and of names looked up. What is not found is reported and left out.</summary>
    private protected async Task<IReadOnlyList<CloneReference>> PipedClonesAsync(KubeVirtCluster cluster, CancellationToken ct)
    {
        var fallback = NamespaceOrDefault(cluster);
        string[] names = [.. _here.Select(p => p.Name).OfType<string>()];
        List<CloneRecord> named = names.Length == 0 ? [] : await FindAsync(cluster, new CloneQuery { Namespace = fallback }, names, ct);
        var machines = _here.Select(p => p.Machine).OfType<MachineReference>().Select(m => m.Namespace.Length > 0 ? m : m with { Namespace = fallback }).ToList();
        var ofMachines = (machines.Count == 0 ? [] : await new CloneCatalog(cluster).ListOfMachinesAsync(machines, ct)).ToLookup(f => (f.Machine.Namespace, f.Machine.Name), f => f.Found);
        var references = new List<CloneReference>();
        foreach (var piped in _here)
        {
            if (piped.Reference is { } clone)
            {
                references.Add(clone.Namespace.Length > 0 ? clone : clone with { Namespace = fallback });
            }
            else if (piped.Name is { } name)
            {
                var wanted = new WildcardName(name);
                references.AddRange(named.Where(c => wanted.Matches(c.Name) || wanted.Matches(c.TargetName)).Select(c => c.Reference with { Input = name }));
            }
            else
            {
                foreach (var (record, fault) in ofMachines[(piped.Machine!.Namespace.Length > 0 ? piped.Machine.Namespace : fallback, piped.Machine.Name)])
                {
                    if (record is not null) references.Add(record.Reference with { Input = piped.Machine.Input });
                    else if (fault is not null) Post(() => WriteError(ErrorRecords.From(fault, piped.Machine.Input)));
                }
            }
        }

        var distinct = references.DistinctBy(r => (r.Namespace, r.Name, r.Uid)).ToList();
        return IsFiltered && distinct.Count > 0 ? await FilteredAsync(cluster, distinct, ct) : distinct;
    }

    private async Task<IReadOnlyList<CloneReference>> FilteredAsync(KubeVirtCluster cluster, List<CloneReference> clones, CancellationToken ct)
    {
        var filtered = new HashSet<(string, string)>();
        foreach (var place in clones.Select(c => c.Namespace).Distinct(StringComparer.Ordinal))
        {
            await foreach (var found in new CloneCatalog(cluster).ListAsync(Narrowed(new CloneQuery { Namespace = place }), ct))
            {
                if (found.Value is { } clone) filtered.Add((clone.Namespace, clone.Name));
            }
        }

        return [.. clones.Where(c => filtered.Contains((c.Namespace, c.Name)))];
    }

    /// <summary>Reads the piped clones anew, in their order: a record tells how its clone was, and what may be done depends on how it is.</summary>
    private protected async Task<List<CloneRecord>> ReadPipedAsync(KubeVirtCluster cluster, CancellationToken ct)
    {
        var records = new List<CloneRecord>();
        foreach (var (reference, record) in await new CloneCatalog(cluster).ReadAsync(await PipedClonesAsync(cluster, ct), ct))
        {
            if (record is not null && (reference.Uid is null || reference.Uid == record.Uid))
            {
                records.Add(record);
                continue;
            }

            if (record is not null && ReplacedFaults.OfClone(record.Raw, reference.Uid) is { } another)
            {
                Post(() => WriteError(ErrorRecords.From(another, reference.Input)));
                continue;
            }

            var error = ErrorRecords.Create(
                FaultIds.VMCloneNotFound,
                ErrorCategory.ObjectNotFound,
                $"There is no clone {reference} any more.",
                "It may have been removed already. KubeVirt also deletes a finished clone when its virtual machine is deleted.",
                reference.Input ?? reference.ToString());
            Post(() => WriteError(error));
        }

        return records;
    }

    /// <summary>The clones chosen by name, batch or filter. What is not found is reported and left out.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="everything">List all clones of the namespace when nothing chooses some.</param>
    /// <param name="ct">Cancels.</param>
    private protected async Task<List<CloneRecord>> FindClonesAsync(KubeVirtCluster cluster, bool everything, CancellationToken ct) =>
        (!HasQuery && !everything) || !IsAtOwnPlace
            ? []
            : await FindAsync(cluster, Narrowed(new CloneQuery { Namespace = NamespaceOrDefault(cluster), Batch = string.IsNullOrEmpty(Batch) ? null : Batch }), Name, ct);

    /// <summary>The same for a command that has nothing to do where there are none: a batch without clones is an error then.</summary>
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

    /// <summary>For a command that changes clones: takes out those of which it cannot be told whether a name means them, and reports them.</summary>
    private protected void TakeOutAmbiguous(List<CloneRecord> clones)
    {
        foreach (var fault in CloneCatalog.TakeOutAmbiguous(clones, [.. Name, .. _here.Select(p => p.Name).OfType<string>()]))
        {
            Post(() => WriteError(ErrorRecords.From(fault)));
        }
    }

    private async Task<List<CloneRecord>> FindAsync(KubeVirtCluster cluster, CloneQuery query, string[] names, CancellationToken ct)
    {
        var clones = new List<CloneRecord>();
        await foreach (var found in new CloneCatalog(cluster).ListAsync(query with { Names = names }, ct))
        {
            if (found.Value is { } clone) clones.Add(clone);
            else if (found.Fault is { } fault) Post(() => WriteError(ErrorRecords.From(fault)));
        }

        return clones;
    }

    private protected void RefuseEmptySelection(string example)
    {
        Refuse("VMCloneSelectionMissing", "Nothing says which clones are meant.", $"Give -Name or -Batch, or pipe clones in: {example}");
    }

    /// <summary>What stands for a clone in the pipeline: the clone, its machine, or a name of either.</summary>
    private protected sealed record PipedClone(CloneReference? Reference = null, MachineReference? Machine = null, string? Name = null)
    {
        /// <inheritdoc/>
        public override string ToString() => Reference?.ToString() ?? Machine?.ToString() ?? Name ?? "";
    }
}

/// <summary>Base of the cmdlets on clones that also choose them by their source and target.</summary>
public abstract class CloneFilterCmdlet : CloneSelectionCmdlet
{
    /// <summary>Only clones that make one of these virtual machines, exact or with wildcards.</summary>
    [Parameter]
    [Alias("Target")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VirtualMachineCompleter))]
    public string[] TargetName { get; set; } = [];

    /// <summary>Only clones of one of these machines, snapshots or golden images, exact or with wildcards.</summary>
    [Parameter]
    [Alias("Source")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VirtualMachineCompleter))]
    public string[] SourceName { get; set; } = [];

    private protected override CloneQuery Narrowed(CloneQuery query) =>
        TargetName.Length + SourceName.Length == 0 ? query : query with { TargetNames = TargetName, SourceNames = SourceName };
}
