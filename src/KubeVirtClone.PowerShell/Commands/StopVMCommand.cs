using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Stops virtual machines; the run strategy they had is kept for the next start.</summary>
[Cmdlet(VerbsLifecycle.Stop, "VM", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, HelpUri = HelpPages.Root + "Stop-VM.md")]
[OutputType(typeof(VirtualMachine))]
public sealed class StopVMCommand : MachineSelectionCmdlet
{
    /// <summary>Wait until each machine is off.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Time the guest gets to shut down; 0 switches it off. Without it: what the machine says.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? GracePeriod { get; set; }

    /// <summary>Write the machines.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override string Verb => "Stop";

    private protected override bool Waits => Wait;

    private protected override TimeSpan? Grace => GracePeriod;

    private protected override void WriteDone(object machine)
    {
        if (PassThru) WriteObject(machine);
    }
}
