using KubeVirtClone.Engine.Knowledge.Causes;

namespace KubeVirtClone.Engine.Objects;

/// <summary>What goes wrong with snapshots, in words.</summary>
internal static class SnapshotFaults
{
    public static Fault From(KubernetesException e, string target)
    {
        var fault = FaultMapper.From(e, target);
        return e switch
        {
            ApiStatusException { IsNotFound: true, Kind: not "namespaces" } => NotFound(target),
            ApiStatusException { IsAlreadyExists: true } => fault with
            {
                Id = FaultIds.VMSnapshotExists,
                Message = $"A snapshot {target} exists already.",
                RecommendedAction = $"Choose another name, or remove that snapshot ({CommandName.RemoveVMSnapshot}).",
            },
            _ when fault.Id == FaultIds.VMCloneRejected => fault with { Id = FaultIds.VMSnapshotRejected },
            _ => fault,
        };
    }

    public static Fault NotFound(string target) => FaultMapper.Make(
        FaultIds.VMSnapshotNotFound,
        FaultCategory.ObjectNotFound,
        $"There is no virtual machine snapshot {target}.",
        $"Check name and namespace: {CommandName.GetVMSnapshot} {OptionName.AllNamespaces}",
        target);

    public static Fault Failed(SnapshotRecord snapshot) => FaultMapper.Make(
        FaultIds.VMSnapshotFailed,
        FaultCategory.OperationStopped,
        $"The snapshot {snapshot.Reference} of '{snapshot.SourceName}' has failed: {(snapshot.Message.Length == 0 ? "KubeVirt gives no reason" : StuckReasons.Shorten(snapshot.Message))}.",
        "Look at the machine's volumes and at its storage's snapshot support, remove the snapshot, and take another. A longer failure deadline helps where storage is slow.",
        snapshot.Reference.ToString());

    public static Fault Deleted(SnapshotReference snapshot) => FaultMapper.Make(
        FaultIds.VMSnapshotDeleted,
        FaultCategory.ObjectNotFound,
        $"The snapshot {snapshot} was deleted, or replaced by another of its name, while it was waited for.",
        "Take another if it is still wanted.",
        snapshot.ToString());

    public static Fault Timeout(SnapshotReference snapshot, SnapshotRecord? record, TimeSpan waited) => FaultMapper.Make(
        FaultIds.VMSnapshotTimeout,
        FaultCategory.OperationTimeout,
        $"The snapshot {snapshot} was not ready to use within {Durations.Duration(waited)}: {Waiting(record)}.",
        $"Wait again with a longer {OptionName.Timeout}, or look into what keeps it.",
        snapshot.ToString());

    public static Fault Partial(string snapshot, string source, IReadOnlyList<string> missing) => FaultMapper.Make(
        FaultIds.VMSnapshotPartial,
        FaultCategory.InvalidOperation,
        $"The snapshot {snapshot} of '{source}' does not hold every disk{(missing.Count == 0 ? "" : $" (missing: {string.Join(", ", missing)})")}. A machine made of it would use the source's own volume.",
        "Give the volume a storage class with a VolumeSnapshotClass, or take the volume out of the machine, and take another snapshot.",
        snapshot);

    private static string Waiting(SnapshotRecord? record) => record switch
    {
        null => "it was not seen at all",
        { Message.Length: > 0 } => StuckReasons.Shorten(record.Message),
        _ => $"it is in phase {record.Phase}",
    };
}
