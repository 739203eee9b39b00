using KubeVirtClone.Engine.Insight.Measurement;

namespace KubeVirtClone.Commands;

/// <summary>Tells where the time of clones went: snapshot, restore, bind, boot; for each clone, or as percentiles for each batch.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "VMClone", HelpUri = HelpPages.Root + "Measure-VMClone.md")]
[OutputType(typeof(VMCloneTiming), typeof(VMCloneTimingSummary))]
public sealed class MeasureVMCloneCommand : CloneFilterCmdlet
{
    /// <summary>Write count, total and percentiles of each batch instead of the single clones.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => AtEachCluster(Measure);

    private void Measure() => RunWithCluster(async (cluster, ct) =>
    {
        var found = await FindSomeClonesAsync(cluster, everything: !IsPipeline, ct);
        IReadOnlyList<CloneReference> clones = [.. (await PipedClonesAsync(cluster, ct)).Concat(found.Select(c => c.Reference)).DistinctBy(c => (c.Namespace, c.Name, c.Uid))];
        if (clones.Count == 0) return;
        var measurer = new CloneMeasurer(cluster);
        var measured = await measurer.MeasureAsync(clones, ct);
        if (!Summary)
        {
            var timings = measured.Clones.Select(c => new VMCloneTiming(c)).ToList();
            Post(() => WriteObject(timings, enumerateCollection: true));
            return;
        }

        var batches = measured.Clones.GroupBy(c => (c.Namespace, c.Batch)).ToList();
        foreach (var batch in batches)
        {
            // What a batch shares, such as its snapshot, is found only when it is measured by itself.
            var sum = batches.Count == 1 ? measured.Batch : await MeasureAsync(measurer, clones, [.. batch], ct);
            var summary = new VMCloneTimingSummary(batch.Key.Namespace, sum);
            Post(() => WriteObject(summary));
        }
    });

    private static async Task<BatchTiming> MeasureAsync(CloneMeasurer measurer, IReadOnlyList<CloneReference> clones, List<CloneTiming> batch, CancellationToken ct)
    {
        var names = batch.Select(c => (c.Namespace, c.Name)).ToHashSet();
        return (await measurer.MeasureAsync([.. clones.Where(c => names.Contains((c.Namespace, c.Name)))], ct)).Batch;
    }
}
