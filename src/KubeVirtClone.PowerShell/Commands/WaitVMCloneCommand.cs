using System.Globalization;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Input;
using KubeVirtClone.Progress;

namespace KubeVirtClone.Commands;

/// <summary>Waits for clones over one watch, however many; writes each when it is there.</summary>
[Cmdlet(VerbsLifecycle.Wait, "VMClone", HelpUri = HelpPages.Root + "Wait-VMClone.md")]
[OutputType(typeof(VMClone))]
public sealed class WaitVMCloneCommand : CloneFilterCmdlet
{
    private CloneProgressView? _progress;

    /// <summary>The state waited for.</summary>
    [Parameter]
    public VMCloneWaitState For { get; set; } = VMCloneWaitState.Succeeded;

    /// <summary>Longest wait: seconds, '5m', or a TimeSpan. Without it the wait has no end of its own.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Go on in the background, as a job: Get-Job, Wait-Job and Receive-Job know it.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!HasQuery && !IsPipeline) RefuseEmptySelection("Get-VMClone | Wait-VMClone");
        if (AsJob) StartJob(PipedObjects);
        else AtEachCluster(Wait);
    }

    /// <inheritdoc/>
    private protected override IReadOnlyList<object> TakeUnreached() => TakeUnsettled(PipedInputs);

    private void Wait()
    {
        try
        {
            RunWithCluster(
                async (cluster, ct) =>
                {
                    var chosen = await FindSomeClonesAsync(cluster, everything: false, ct);
                    List<CloneReference> clones = [.. (await PipedClonesAsync(cluster, ct)), .. chosen.Select(c => c.Reference)];
                    if (clones.Count == 0) return;
                    var count = clones.Count == 1 ? clones[0].Name : string.Create(CultureInfo.InvariantCulture, $"{clones.Count} clones");
                    Volatile.Write(ref _progress, new CloneProgressView(this, $"Waiting for {count} to be {For}", silent: false));
                    var options = new WaitOptions { For = Enum.Parse<WaitState>(For.ToString()), Timeout = Timeout };
                    await foreach (var update in new CloneWaiter(cluster).WaitAsync(clones, options, ct))
                    {
                        Settle(update, update.Reference?.Input);
                        WriteUpdate(update, _progress);
                    }
                },
                () => Volatile.Read(ref _progress)?.Tick());
        }
        finally
        {
            _progress?.Complete();
        }
    }
}
