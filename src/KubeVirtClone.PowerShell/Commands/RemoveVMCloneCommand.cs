using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Commands;

/// <summary>Removes clone objects, with -IncludeTarget also the virtual machines they made; returns when they are gone.</summary>
[Cmdlet(VerbsCommon.Remove, "VMClone", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, HelpUri = HelpPages.Root + "Remove-VMClone.md")]
public sealed class RemoveVMCloneCommand : CloneFilterCmdlet
{
    private const int Parallelism = 16;

    /// <summary>Also delete the virtual machines the clones made.</summary>
    [Parameter]
    public SwitchParameter IncludeTarget { get; set; }

    /// <summary>With -IncludeTarget: leave the volumes of those machines, with their data; nobody owns them then.</summary>
    [Parameter]
    public SwitchParameter KeepVolumes { get; set; }

    /// <summary>Only clones that are done: succeeded, with their volumes bound. Without a name or batch: all of those in the namespace.</summary>
    [Parameter]
    public SwitchParameter Completed { get; set; }

    /// <summary>Remove a clone although its volumes wait to be filled; they can then never be filled.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (KeepVolumes && !IncludeTarget)
        {
            Refuse(
                "RemoveVolumesConflict",
                "-KeepVolumes says what becomes of the volumes of machines that are removed, and none is.",
                "Add -IncludeTarget to remove the machines, or leave -KeepVolumes out: machines and volumes stay then.");
        }

        if (!HasQuery && !IsPipeline && !Completed) RefuseEmptySelection("Get-VMClone web-* | Remove-VMClone");
        AtEachCluster(Remove);
    }

    private void Remove()
    {
        List<CloneRecord> clones = [];
        RunWithCluster(async (cluster, ct) =>
        {
            var found = await FindClonesAsync(cluster, everything: Completed && !IsPipeline, ct);
            found.AddRange(await ReadPipedAsync(cluster, ct));
            TakeOutAmbiguous(found);
            clones = [.. found.Where(c => !Completed || c is { Bound: true, IsGrowing: false }).DistinctBy(c => c.Uid)];
        });

        // Asked on the pipeline thread, all before the first is gone: a No to all must not come after half of them.
        var action = IncludeTarget ? $"Remove the clone and the virtual machine it made{(KeepVolumes ? ", but none of its volumes" : "")}" : "Remove the clone";
        var approved = clones.Where(c => ShouldProcess(Describe(c) + AtCluster, action)).ToList();
        if (approved.Count == 0 && !(clones.Count == 0 && IsWholeBatch && ShouldProcess($"batch {Batch}{AtCluster}", "Remove what it left behind"))) return;
        RunWithCluster((cluster, ct) => RemoveAsync(cluster, approved, ct));
    }

    private bool IsWholeBatch => WholeBatch is not null && !Completed;

    private async Task RemoveAsync(KubeVirtCluster cluster, List<CloneRecord> clones, CancellationToken ct)
    {
        var removal = new CloneRemoval(cluster, IncludeTarget, Force, KeepVolumes);
        await Parallel.ForEachAsync(
            clones,
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = ct },
            async (clone, token) =>
            {
                if (await removal.RemoveAsync(clone, token) is { } fault) Post(() => WriteError(ErrorRecords.From(fault, new VMClone(clone))));
            });
        foreach (var staying in removal.DescribeStaying()) Post(() => WriteWarning(staying.ToString()));
        await AwaitRemovalAsync(cluster, removal.Removed, ct);

        await CollectAsync(cluster, clones, ct);
    }

    // The snapshots the clones shared: Kubernetes collects them with the last of their owners, but not one that had none yet.
    private async Task CollectAsync(KubeVirtCluster cluster, List<CloneRecord> clones, CancellationToken ct)
    {
        var leftovers = new BatchLeftovers(cluster);
        var batches = clones.Where(c => c.Batch is not null).Select(c => (c.Namespace, Batch: c.Batch!)).ToHashSet();
        if (IsWholeBatch && clones.Count == 0) batches.Add((NamespaceOrDefault(cluster), Batch!));
        foreach (var (@namespace, batch) in batches)
        {
            var kept = IsWholeBatch
                ? await leftovers.CollectBatchAsync(@namespace, batch, IncludeTarget && !KeepVolumes, ct)
                : await leftovers.CollectSnapshotsAsync(@namespace, batch, ct);
            foreach (var item in kept) Post(() => WriteVerbose($"Kept while it is needed: {item}."));
        }
    }

    private string Describe(CloneRecord clone) =>
        IncludeTarget && clone.TargetName.Length > 0 ? $"{clone.Namespace}/{clone.Name} (virtual machine {clone.TargetName})" : $"{clone.Namespace}/{clone.Name}";
}
