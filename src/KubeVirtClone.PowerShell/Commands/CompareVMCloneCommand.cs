using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>
/// Compares clones with what they were made of: is each what was asked for, and is its identity its own? Where the clone object
/// is gone, the machines are named instead.
/// </summary>
[Cmdlet(VerbsData.Compare, "VMClone", HelpUri = HelpPages.Root + "Compare-VMClone.md")]
[OutputType(typeof(VMCloneDifference), typeof(bool))]
public sealed class CompareVMCloneCommand : CloneSelectionCmdlet
{
    private const int Parallelism = 8;

    private readonly List<Piped<MachineReference>> _machines = [];
    private readonly List<MachineComparison?> _comparisons = [];
    private IReadOnlyList<Piped<MachineReference>> _machinesHere = [];
    private bool _unusable;

    /// <summary>Machines that were cloned; for those whose clone object has been removed, give the source too. Of what is piped in, only these, exact or with wildcards.</summary>
    [Parameter]
    [Alias("Target", "VM", "VMName")]
    [ArgumentCompleter(typeof(VirtualMachineCompleter))]
    public string[] TargetName { get; set; } = [];

    /// <summary>The machine to compare with, instead of the one the clone object names.</summary>
    [Parameter]
    [Alias("Source")]
    [ArgumentCompleter(typeof(VirtualMachineCompleter))]
    public string? SourceName { get; set; }

    /// <summary>The snapshot to compare with, instead of what the clone object names.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SnapshotCompleter))]
    public string? Snapshot { get; set; }

    /// <summary>Namespace of -SourceName or -Snapshot, where that is not the clone's own.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? SourceNamespace { get; set; }

    /// <summary>Write only whether every clone is what was asked for.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject?.BaseObject is VirtualMachine machine)
        {
            try
            {
                var reference = new MachineReference(NamespaceOf(machine.Namespace, machine.Name), machine.Name, machine.Uid) { Input = machine };
                _machines.Add(new(reference, machine, machine.Cluster));
            }
            catch (InputException e)
            {
                _unusable = true;
                WriteError(e.ToErrorRecord(InputObject));
            }

            return;
        }

        base.ProcessRecord();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!HasQuery && !IsPipeline && _machines.Count == 0 && TargetName.Length == 0) RefuseEmptySelection("Get-VMClone -Batch lab7 | Compare-VMClone");
        if (!string.IsNullOrEmpty(SourceName) && !string.IsNullOrEmpty(Snapshot))
        {
            Refuse(FaultIds.VMCloneSourceGivenTwice, "-SourceName and -Snapshot both say what to compare with.", "Leave one of them out.", Snapshot);
        }

        if (!string.IsNullOrEmpty(SourceNamespace) && string.IsNullOrEmpty(SourceName) && string.IsNullOrEmpty(Snapshot))
        {
            ThrowTerminatingError(ErrorRecords.Create(
                FaultIds.VMCloneSourceMissing, ErrorCategory.InvalidArgument, "-SourceNamespace says where to look for a source, and none is named.", "Add -SourceName or -Snapshot, or leave it out: a clone tells where its source is.", SourceNamespace));
        }

        AtEachPlace(_machines, own: false, here =>
        {
            _machinesHere = here;
            RunAll((_, _) => Task.FromResult(MachineRequests()));
        });
        if (_machines.Count == 0 || HasQuery || IsPipedClone) AtEachCluster(() => RunAll(RequestsAsync));
        Write();
    }

    /// <summary>Whether -TargetName narrows down what is piped in, and names nothing itself.</summary>
    private bool IsNarrowed => TargetName.Length > 0 && (IsPipeline || _machines.Count > 0);

    private void RunAll(Func<KubeVirtCluster, CancellationToken, Task<List<CompareRequest>>> find)
    {
        MachineComparison?[] comparisons = [];
        RunWithCluster(async (cluster, ct) =>
        {
            var requests = await find(cluster, ct);
            comparisons = new MachineComparison?[requests.Count];
            await Parallel.ForEachAsync(
                Enumerable.Range(0, requests.Count),
                new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = ct },
                async (i, token) => comparisons[i] = await CompareAsync(cluster, requests[i], token));
        });
        _comparisons.AddRange(comparisons);
    }

    private void Write()
    {
        if (Quiet)
        {
            // An empty selection gives no answer; what could not be compared is not as asked.
            _unusable |= HasRefused;
            if (_comparisons.Count > 0 || _unusable) WriteObject(!_unusable && _comparisons.TrueForAll(c => c is { AsAsked: true }));
            return;
        }

        foreach (var comparison in _comparisons.OfType<MachineComparison>())
        {
            WriteVerbose($"{comparison.Namespace}/{comparison.TargetName}: {comparison.Differences.Count} differences from '{comparison.SourceName}', {comparison.Unexpected.Count()} of them not asked for.");
            foreach (var difference in comparison.Differences) WriteObject(new VMCloneDifference(comparison, difference));
        }
    }

    private async Task<MachineComparison?> CompareAsync(KubeVirtCluster cluster, CompareRequest request, CancellationToken ct)
    {
        var (comparison, fault) = await new CloneComparer(cluster).CompareAsync(request, ct);
        if (fault is not null) Post(() => WriteError(ErrorRecords.From(fault, request.Target?.Input ?? $"{request.Namespace}/{request.TargetName}")));
        return comparison;
    }

    private async Task<List<CompareRequest>> RequestsAsync(KubeVirtCluster cluster, CancellationToken ct)
    {
        var @namespace = NamespaceOrDefault(cluster);
        var requests = IsAtOwnPlace && !IsNarrowed ? TargetName.Select(name => new CompareRequest(@namespace, name)).ToList() : [];
        requests.AddRange((await FindSomeClonesAsync(cluster, everything: false, ct)).Select(CompareRequest.Of));
        var catalog = new CloneCatalog(cluster);
        foreach (var reference in await PipedClonesAsync(cluster, ct))
        {
            var record = await catalog.FindAsync(reference.Namespace, reference.Name, ct);
            if (record is not null && (reference.Uid is null || reference.Uid == record.Uid))
            {
                requests.Add(CompareRequest.Of(record));
            }
            else if (record is not null && ReplacedFaults.OfClone(record.Raw, reference.Uid) is { } another)
            {
                _unusable = true;
                Post(() => WriteError(ErrorRecords.From(another, reference.Input)));
            }
            else if (reference.Input is VMClone clone)
            {
                // Its object is gone, but what it told is still true.
                var asked = CloneSpec.FromManifest(clone.Raw);
                requests.Add(new CompareRequest(clone.Namespace, clone.TargetName)
                {
                    SourceKind = clone.SourceKind,
                    SourceName = clone.SourceName,
                    SourceNamespace = clone.SourceNamespace,
                    SourceUid = clone.SourceUid,
                    BroughtAs = clone.SourceNamespace is null ? null : clone.SnapshotName,
                    Asked = clone.Method == nameof(CloneMethod.Clone) ? asked : null,
                });
            }
            else
            {
                _unusable = true;
                var error = ErrorRecords.Create(
                    FaultIds.VMCloneNotFound,
                    ErrorCategory.ObjectNotFound,
                    $"There is no clone {reference} any more.",
                    "Name the machines: Compare-VMClone -TargetName web-1 -SourceName golden",
                    reference.Input ?? reference.ToString());
                Post(() => WriteError(error));
            }
        }

        return Chosen(requests);
    }

    private List<CompareRequest> MachineRequests() => Chosen(_machinesHere.Select(p => new CompareRequest(p.Item.Namespace, p.Item.Name) { Target = p.Item }));

    private List<CompareRequest> Chosen(IEnumerable<CompareRequest> requests) =>
        [.. requests.DistinctBy(r => (r.Namespace, r.TargetName)).Where(r => !IsNarrowed || TargetName.Any(t => new WildcardName(t).Matches(r.TargetName))).Select(WithGivenSource)];

    private CompareRequest WithGivenSource(CompareRequest request)
    {
        if (!string.IsNullOrEmpty(Snapshot)) return request.With(SourceKinds.VirtualMachineSnapshot, Snapshot, SourceNamespace);
        return string.IsNullOrEmpty(SourceName) ? request : request.With(SourceKinds.VirtualMachine, SourceName, SourceNamespace);
    }
}
