using KubeVirtClone.Engine.Knowledge.Causes;

namespace KubeVirtClone.Engine.Power;

/// <summary>Refusals to start or stop a machine, in words. The server tells them apart by its texts only.</summary>
internal static class PowerFaults
{
    public static Fault From(KubernetesException e, PowerAction action, MachineReference machine)
    {
        var target = machine.ToString();
        if (e is not ApiStatusException status)
            return FaultMapper.From(e, target);
        if (status.IsNotFound)
            return NotFound(machine, e);
        var text = status.ApiMessage;
        // The admission's refusal comes wrapped in a 500 from the subresource, and as itself from a patch.
        if (Has(text, "snapshot") && (Has(text, "until snapshot") || Has(text, "in progress")))
            return Busy(machine, "a snapshot", e);
        if (Has(text, "restore") && Has(text, "in progress"))
            return Busy(machine, "a restore", e);
        return FaultMapper.From(e, target);
    }

    /// <summary>Whether a refusal says that the machine is where it was to be brought.</summary>
    public static bool IsThere(ApiStatusException e, PowerAction action) => e.IsConflict && action switch
    {
        PowerAction.Start => Has(e.ApiMessage, "already running") || Has(e.ApiMessage, "does not support manual start"),
        PowerAction.Stop => Has(e.ApiMessage, "not running") || Has(e.ApiMessage, "Halted"),
        _ => false,
    };

    public static Fault AlreadyRunning(MachineReference machine, Exception e) => FaultMapper.Make(
        FaultIds.VMAlreadyRunning,
        FaultCategory.InvalidOperation,
        $"The virtual machine {machine} runs already, so it cannot be started paused.",
        $"Stop it first ({CommandName.StopVM}), or leave {OptionName.Paused} out.",
        machine.ToString(),
        e);

    public static Fault Runs(MachineReference machine, string status) => FaultMapper.Make(
        FaultIds.VMRunning,
        FaultCategory.InvalidOperation,
        $"The virtual machine {machine} is {status}; it was not removed.",
        $"Stop it first ({CommandName.StopVM}), or give {OptionName.Force}, which removes it as it runs.",
        machine.ToString());

    public static Fault Going(MachineReference machine) => FaultMapper.Make(
        FaultIds.VMBusy,
        FaultCategory.ResourceBusy,
        $"The virtual machine {machine} is being deleted already, and its volumes may go with it.",
        $"What it owned can be seen as long as it is there: kubectl get pvc -n {machine.Namespace} -o yaml",
        machine.ToString());

    public static Fault NotFound(MachineReference machine, Exception? e = null) => FaultMapper.Make(
        FaultIds.VMNotFound,
        FaultCategory.ObjectNotFound,
        $"There is no virtual machine {machine}.",
        $"Check name and namespace: {CommandName.GetVM} {OptionName.AllNamespaces}",
        machine.ToString(),
        e);

    public static Fault Busy(MachineReference machine, string what, Exception? e = null) => FaultMapper.Make(
        FaultIds.VMBusy,
        FaultCategory.ResourceBusy,
        $"{char.ToUpperInvariant(what[0])}{what[1..]} of the virtual machine {machine} is in progress; until it ends the machine cannot be started, stopped or removed.",
        $"Wait for it ({CommandName.WaitVMSnapshot}), or remove it when it cannot end, and try again.",
        machine.ToString(),
        e);

    public static Fault Deleted(MachineReference machine) => FaultMapper.Make(
        FaultIds.VMDeleted,
        FaultCategory.ObjectNotFound,
        $"The virtual machine {machine} was deleted while it was waited for.",
        "Check who removes it.",
        machine.ToString());

    public static Fault CannotStart(MachineReference machine, string status, string? why) => FaultMapper.Make(
        FaultIds.VMStartFailed,
        FaultCategory.OperationStopped,
        $"The virtual machine {machine} does not come up: {status}{(string.IsNullOrEmpty(why) ? "" : $" ({StuckReasons.Shorten(why)})")}.",
        "Look at its conditions and events: kubectl describe vm,vmi " + machine.Name,
        machine.ToString());

    public static Fault Timeout(MachineReference machine, PowerAction action, string status, TimeSpan waited) => FaultMapper.Make(
        FaultIds.VMPowerTimeout,
        FaultCategory.OperationTimeout,
        $"The virtual machine {machine} {(action switch { PowerAction.Start => "did not run", PowerAction.Stop => "was not off", _ => "was not gone" })} within {Durations.Duration(waited)}; it is {status}.",
        action == PowerAction.Stop
            ? (Advice)$"Wait longer, or give the guest less time: {OptionName.GracePeriod} 0 switches it off."
            : $"Wait again with a longer {OptionName.Timeout}, or look at its events: kubectl describe vm,vmi {machine.Name}",
        machine.ToString());

    // What the server says after "Operation cannot be fulfilled on virtualmachine.kubevirt.io "web-1": ".
    private static string Bare(string text) => text.IndexOf("\": ", StringComparison.Ordinal) is >= 0 and var end ? text[(end + 3)..] : text;

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
}
