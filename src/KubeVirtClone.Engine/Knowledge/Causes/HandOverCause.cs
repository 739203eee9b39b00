namespace KubeVirtClone.Engine.Knowledge.Causes;

/// <summary>Why a snapshot that was handed over will never be known, or a claim made of it never be bound: a driver is asked again for ever.</summary>
internal static class HandOverCause
{
    private static readonly (string Words, string Action, FaultCategory Category)[] Ends =
    [
        // The source was removed in the meantime, or somebody has removed what was handed over.
        ("not found", "Take the source anew, and run the same command again.", FaultCategory.OperationStopped),
        ("is currently being deleted", "Run the same command again.", FaultCategory.OperationStopped),
        ("is bound to a different snapshot", "Run the same command again.", FaultCategory.OperationStopped),
        ("is handled by a different CSI driver", "Name a storage class of the source's driver.", FaultCategory.InvalidArgument),
        ("is less than the size", "Leave the handing over out: CDI makes the disk as large as it has to be.", FaultCategory.InvalidArgument),
        ("modifies the mode of the source volume", "Name a storage class that keeps the volume mode.", FaultCategory.InvalidArgument),
    ];

    /// <summary>Null while it may still come.</summary>
    /// <param name="item">The VolumeSnapshot, or the claim.</param>
    /// <param name="events">Reasons and messages of the Events about it, as they came.</param>
    public static DataVolumeCause? Of(KubernetesObject item, IEnumerable<(string Reason, string Message)> events)
    {
        if (item.StringAt("status", "phase") == "Lost")
            return new("its claim has lost its volume.", "Look at the claim and its PersistentVolume, and run the same command again.", FaultCategory.OperationStopped, "status.phase: Lost");
        var said = events.Where(e => e.Reason is "ProvisioningFailed" or "SnapshotContentMisbound").Select(e => e.Message);
        foreach (var message in item.StringAt("status", "error", "message") is { } error ? said.Prepend(error) : said)
        {
            if (Array.Find(Ends, e => message.Contains(e.Words, StringComparison.OrdinalIgnoreCase)) is { Words: not null } end)
                return new($"its driver does not make it ({message}).", end.Action, end.Category, message);
        }

        return null;
    }
}
