namespace KubeVirtClone.Commands;

/// <summary>Starts virtual machines; one that was stopped by Stop-VM gets back the run strategy it had.</summary>
[Cmdlet(VerbsLifecycle.Start, "VM", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, HelpUri = HelpPages.Root + "Start-VM.md")]
[OutputType(typeof(VirtualMachine))]
public sealed class StartVMCommand : MachineSelectionCmdlet
{
    /// <summary>Wait until each machine runs.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Start paused, before the guest's first instruction.</summary>
    [Parameter]
    public SwitchParameter Paused { get; set; }

    /// <summary>Write the machines.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override string Verb => "Start";

    private protected override bool Waits => Wait;

    private protected override bool StartsPaused => Paused;

    private protected override void WriteDone(object machine)
    {
        if (PassThru) WriteObject(machine);
    }
}
