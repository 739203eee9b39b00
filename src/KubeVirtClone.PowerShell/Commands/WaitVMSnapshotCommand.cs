using System.Globalization;
using KubeVirtClone.Engine.Waiting;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Waits until snapshots are ready to use; ends at once for one that has failed.</summary>
[Cmdlet(VerbsLifecycle.Wait, "VMSnapshot", HelpUri = HelpPages.Root + "Wait-VMSnapshot.md")]
[OutputType(typeof(VMSnapshot))]
public sealed class WaitVMSnapshotCommand : SnapshotSelectionCmdlet
{
    /// <summary>Longest wait: seconds, '5m', or a TimeSpan. Without it: as long as it may still come.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    private protected override string Example => "Get-VMSnapshot | Wait-VMSnapshot";

    /// <inheritdoc/>
    protected override void EndProcessing() => AtEachCluster(Wait);

    private void Wait()
    {
        List<SnapshotReference> chosen = [];
        RunWithCluster(async (cluster, ct) => chosen = await SelectAsync(cluster, ct));
        if (chosen.Count == 0) return;
        var what = chosen.Count == 1 ? chosen[0].Name : string.Create(CultureInfo.InvariantCulture, $"{chosen.Count} snapshots");
        RunItems<SnapshotRecord>(
            $"Waiting for {what} to be ready to use",
            chosen.Count,
            (cluster, emit, ct) => ForwardAsync(new SnapshotWaiter(cluster).WaitAsync(chosen, new SnapshotWaitOptions { Timeout = Timeout }, ct), emit),
            static record => new VMSnapshot(record),
            WriteObject);
    }
}
