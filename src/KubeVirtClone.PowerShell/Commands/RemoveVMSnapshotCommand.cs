using System.Collections.Concurrent;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Commands;

/// <summary>Removes snapshots, but not one that something still needs.</summary>
[Cmdlet(VerbsCommon.Remove, "VMSnapshot", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, HelpUri = HelpPages.Root + "Remove-VMSnapshot.md")]
public sealed class RemoveVMSnapshotCommand : SnapshotSelectionCmdlet
{
    private const int ReadParallelism = 16;

    /// <summary>Remove it although a volume waits to be filled from it; that volume can then never be filled.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string Example => "Get-VMSnapshot before-* | Remove-VMSnapshot";

    /// <inheritdoc/>
    protected override void EndProcessing() => AtEachCluster(Remove);

    private void Remove()
    {
        List<SnapshotRecord> snapshots = [];
        RunWithCluster(async (cluster, ct) => snapshots = await ReadAsync(cluster, ct));

        // Asked on the pipeline thread, all before the first is gone.
        var approved = snapshots.Where(s => ShouldProcess($"{s.Namespace}/{s.Name} (of {s.SourceName}){AtCluster}", "Remove the snapshot")).ToList();
        RemoveSnapshots(
            approved,
            (cluster, snapshot, ct) => new SnapshotCatalog(cluster).RemoveAsync(snapshot, Force, ct),
            static snapshot => (snapshot.Namespace, snapshot.Name, snapshot.Uid),
            static snapshot => new VMSnapshot(snapshot));
    }

    /// <summary>Reads the snapshots anew: what may be removed depends on how it is now.</summary>
    private async Task<List<SnapshotRecord>> ReadAsync(KubeVirtCluster cluster, CancellationToken ct)
    {
        var records = new ConcurrentBag<SnapshotRecord>();
        var catalog = new SnapshotCatalog(cluster);
        await Parallel.ForEachAsync(
            await SelectAsync(cluster, ct),
            new ParallelOptions { MaxDegreeOfParallelism = ReadParallelism, CancellationToken = ct },
            async (reference, token) =>
            {
                var record = await catalog.FindAsync(reference.Namespace, reference.Name, token);
                if (record is not null && (reference.Uid is null || reference.Uid == record.Uid))
                {
                    records.Add(record);
                    return;
                }

                if (record is not null && ReplacedFaults.OfSnapshot(record.Raw, reference.Uid) is { } another)
                {
                    Post(() => WriteError(ErrorRecords.From(another, reference.Input)));
                    return;
                }

                var error = ErrorRecords.Create(
                    FaultIds.VMSnapshotNotFound,
                    ErrorCategory.ObjectNotFound,
                    $"There is no snapshot {reference} any more.",
                    "It may have been removed already.",
                    reference.Input ?? reference.ToString());
                Post(() => WriteError(error));
            });
        return [.. records.OrderBy(r => r.Namespace, StringComparer.Ordinal).ThenBy(r => r.Name, StringComparer.Ordinal)];
    }
}
