using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Removes virtual machines and returns when they are gone.</summary>
[Cmdlet(VerbsCommon.Remove, "VM", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, HelpUri = HelpPages.Root + "Remove-VM.md")]
public sealed class RemoveVMCommand : MachineSelectionCmdlet
{
    /// <summary>Time a running guest gets to shut down; 0 switches it off.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? GracePeriod { get; set; }

    /// <summary>Wait until the machines are gone, for as long as -Timeout says, or without end; a machine that is not gone in time is an error then.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Return as soon as the deletion is accepted, without waiting until the machines are gone.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>Also remove machines that run; without it they are an error.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Also remove the claims and data volumes that were restored for the machines and that nothing else uses, with their data.</summary>
    [Parameter]
    public SwitchParameter IncludeVolumes { get; set; }

    /// <summary>Leave the claims and data volumes that the machines own, which would go with them; nobody owns them then.</summary>
    [Parameter]
    public SwitchParameter KeepVolumes { get; set; }

    private protected override string Verb => "Remove";

    private protected override string What => IncludeVolumes ? "the virtual machine and the volumes restored for it:"
        : KeepVolumes ? "the virtual machine, but none of its volumes:"
        : base.What;

    private protected override bool Waits => !NoWait;

    // Volumes that several machines share are unused only when the last of them goes, and a namespace is read once for all of them.
    private protected override bool Gathers => true;

    private protected override bool Forces => Force;

    private protected override bool TakesVolumes => IncludeVolumes;

    private protected override bool KeepsVolumes => KeepVolumes;

    private protected override TimeSpan? Grace => GracePeriod;

    private protected override TimeSpan? Patience => Wait ? null : TimeSpan.FromMinutes(2);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Wait && NoWait)
        {
            Refuse("RemoveWaitConflict", "-Wait and -NoWait exclude each other.", "Leave both out to wait up to two minutes.");
        }

        if (IncludeVolumes && KeepVolumes)
        {
            Refuse(
                "RemoveVolumesConflict",
                "-IncludeVolumes and -KeepVolumes exclude each other.",
                "Leave both out: what a machine owns goes with it then, and what was restored for it stays.");
        }
    }

    private protected override void WriteDone(object machine) => WriteVerbose($"The virtual machine '{machine}' is {(NoWait ? "being removed" : "gone")}.");
}
