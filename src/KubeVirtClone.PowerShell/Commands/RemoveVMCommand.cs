using System.Management.Automation;
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

    /// <summary>Return as soon as the deletion is accepted, without waiting until the machines are gone.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    private protected override string Verb => "Remove";

    private protected override bool Waits => !NoWait;

    private protected override TimeSpan? Grace => GracePeriod;

    private protected override TimeSpan? Patience => TimeSpan.FromMinutes(2);

    private protected override void WriteDone(object machine) => WriteVerbose($"The virtual machine '{machine}' is {(NoWait ? "being removed" : "gone")}.");
}
