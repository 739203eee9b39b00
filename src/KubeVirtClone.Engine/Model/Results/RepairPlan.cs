namespace KubeVirtClone.Engine.Model.Results;

/// <summary>What a repair does.</summary>
public enum RepairKind
{
    /// <summary>Deletes the clone object; Kubernetes collects its temporary snapshot and restore.</summary>
    DeleteClone,

    /// <summary>Deletes an unfinished restore.</summary>
    DeleteRestore,

    /// <summary>Deletes a temporary snapshot that nothing needs any more.</summary>
    DeleteSnapshot,

    /// <summary>Deletes a data volume that an unfinished restore left behind, and its claim with it.</summary>
    DeleteDataVolume,

    /// <summary>Deletes a claim that an unfinished restore left behind.</summary>
    DeleteClaim,

    /// <summary>Makes KubeVirt try a waiting restore again at once instead of after its growing pause.</summary>
    WakeRestore,

    /// <summary>Makes the clone again with the cause removed.</summary>
    CloneAgain,
}

/// <summary>One step of a repair, as a value: ask first, then carry it out.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Namespace">Where.</param>
/// <param name="Name">Name of the object.</param>
/// <param name="Reason">Why it is safe and needed.</param>
public sealed record RepairAction(RepairKind Kind, string Namespace, string Name, string Reason)
{
    /// <summary>Identity of the very object meant; another of its name is left alone.</summary>
    public string? Uid { get; init; }

    /// <summary>The request to make again, for <see cref="RepairKind.CloneAgain"/>.</summary>
    public CloneRequest? Request { get; init; }

    /// <summary>What it is done to, for a confirmation: <c>VirtualMachineClone team-a/web-1</c>.</summary>
    public string Target => $"{ObjectKind} {Namespace}/{Name}";

    /// <summary>What is done, for a confirmation.</summary>
    public string Operation => Kind switch
    {
        RepairKind.WakeRestore => "Try again now",
        RepairKind.CloneAgain => "Make the clone again",
        _ => "Delete",
    };

    private string ObjectKind => Kind switch
    {
        RepairKind.DeleteClone => "VirtualMachineClone",
        RepairKind.DeleteRestore or RepairKind.WakeRestore => "VirtualMachineRestore",
        RepairKind.DeleteSnapshot => "VirtualMachineSnapshot",
        RepairKind.DeleteDataVolume => "DataVolume",
        RepairKind.DeleteClaim => "PersistentVolumeClaim",
        _ => "VirtualMachine",
    };
}

/// <summary>What can safely be done about a clone, in the order it must be done.</summary>
/// <param name="Actions">The steps.</param>
public sealed record RepairPlan(IReadOnlyList<RepairAction> Actions)
{
    /// <summary>Nothing to do.</summary>
    public static RepairPlan None { get; } = new([]);

    /// <summary>True when there is nothing to do.</summary>
    public bool IsEmpty => Actions.Count == 0;
}
