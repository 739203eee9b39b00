using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>
/// Clones virtual machines. This half declares what there is beyond the requests themselves; nothing is sent before the
/// pipeline has ended.
/// </summary>
[Cmdlet(VerbsCommon.New, "VMClone", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, HelpUri = HelpPages.Root + "New-VMClone.md")]
[OutputType(typeof(VMClone), typeof(string))]
public sealed partial class NewVMCloneCommand : CloneRequestCmdlet
{
    /// <summary>Which way clones are made. Auto: Clone for up to 8 targets of one source, Restore, which is many times as fast, above.</summary>
    [Parameter]
    public VMCloneMethod Method { get; set; } = VMCloneMethod.Auto;

    /// <summary>Let every clone take a snapshot of its own, instead of one for all clones of a machine.</summary>
    [Parameter]
    public SwitchParameter NoSharedSnapshot { get; set; }

    /// <summary>Batch id, put as a label on what is made. The same call with the same batch makes nothing twice.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(BatchCompleter))]
    public string? Batch { get; set; }

    /// <summary>Pass over targets that exist, without an error.</summary>
    [Parameter]
    public SwitchParameter SkipExisting { get; set; }

    /// <summary>Wait for each clone, and write it when it is there.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>The state waited for.</summary>
    [Parameter]
    public VMCloneWaitState For { get; set; } = VMCloneWaitState.Succeeded;

    /// <summary>Longest wait for each clone: seconds, '5m', or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Most clones in flight at once. Not given, clones made directly until Bound are counted in creation only, and then by their claims.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = DefaultThrottleLimit;

    /// <summary>With -TargetNamespace: also copy the Secrets and ConfigMaps the source names, where there is none of that name. None is overwritten.</summary>
    [Parameter]
    public SwitchParameter CopySecrets { get; set; }

    /// <summary>With -TargetNamespace: hand over the storage driver's snapshots by their handles instead of having CDI bring the disks; for who administers the cluster.</summary>
    [Parameter]
    public SwitchParameter HandOver { get; set; }

    /// <summary>Remove each clone object once its machine and volumes are there. The machine stays.</summary>
    [Parameter]
    public SwitchParameter PurgeOnSuccess { get; set; }

    /// <summary>Do not look at sources and targets first; the server alone decides.</summary>
    [Parameter]
    public SwitchParameter SkipPreflight { get; set; }

    /// <summary>Write the manifests as YAML instead of creating anything: New-VMClone … -AsManifest | kubectl create -f -</summary>
    [Parameter]
    public SwitchParameter AsManifest { get; set; }

    /// <summary>Go on in the background, as a job: Get-Job, Wait-Job and Receive-Job know it. What is to be confirmed is asked first.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (PurgeOnSuccess && !Wait)
        {
            Refuse("PurgeNeedsWait", "-PurgeOnSuccess needs -Wait: a clone object is needed until its volumes are there.", "Add -Wait, or clean up later with Remove-VMClone -Completed.");
        }

        if (AsManifest && ManifestPlanner.WhyNot(CopySecrets, HandOver) is { } unwritable) ThrowTerminatingError(ErrorRecords.From(unwritable));
        if (!Wait && (IsGiven(nameof(For)) || Timeout is not null)) WarnOnce("-For and -Timeout have an effect only together with -Wait.");
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Requests.Count == 0) return;
        AtEachCluster(own: false, AsManifest ? WriteManifests : CreateClones);
    }
}
