namespace KubeVirtClone.Errors;

/// <summary>The target object of a clone's error: <c>$failed.TargetObject | New-VMClone</c> must ask for the same clone again.</summary>
internal static class RetryTarget
{
    /// <summary>The clone where there is one, with the request it came from; else the request; null when neither is known.</summary>
    public static object? Of(ItemUpdate<CloneRecord> update)
    {
        var request = update.Request?.Input as VMCloneRequest;
        if (request is null && (update.Request ?? FromRecord(update)) is { } engineRequest) request = VMCloneRequest.FromEngine(engineRequest);
        return update.Record is { } record ? new VMClone(record, request) : request;
    }

    private static CloneRequest? FromRecord(ItemUpdate<CloneRecord> update) => update.Record is { } record ? CloneRequest.FromClone(record) : null;
}
