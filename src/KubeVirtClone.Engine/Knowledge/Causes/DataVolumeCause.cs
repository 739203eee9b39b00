namespace KubeVirtClone.Engine.Knowledge.Causes;

/// <summary>Why a data volume that clones will never be filled.</summary>
/// <param name="Cause">What is in the way, to follow a colon.</param>
/// <param name="Action">What to do.</param>
/// <param name="Category">What kind of fault it is.</param>
/// <param name="Text">CDI's own words.</param>
internal sealed record DataVolumeCause(string Cause, string Action, FaultCategory Category, string Text)
{
    /// <summary>Pods that failed this often do not succeed the next time.</summary>
    private const int ManyRestarts = 3;

    // What CDI's populators say of a claim (cdi.kubevirt.io/cloneError), of which the data volume has the words in its condition Running.
    private static readonly (string Words, Func<string, DataVolumeCause> Cause)[] Errors =
    [
        ("token", static text => new(
            $"CDI does not take its token ({text}): CDI was down or too busy for the five minutes a token lives.", "Run the same command again: the disk is asked for anew.", FaultCategory.OperationStopped, text)),
        ("exceeded quota", Quota),
        ("is forbidden", Limit),
        ("denied the request", Limit),
        ("smaller than the source", Refused),
        ("source snapshot does not exist", Gone),
        ("storage class not found", Class),
        ("storageclass doesn't exist", Class),
        ("emptystring storageclass", Class),
        ("no storage class match", Class),
        ("unable to find a valid storage class", Class),
        ("volumesnapshotclass", static text => new(
            $"no VolumeSnapshotClass is of the disk's driver ({text}).", "Have one made for the driver, or name another storage class.", FaultCategory.InvalidOperation, text)),
        ("not supported yet", static text => new($"CDI cannot do it ({text}).", "Make the machine in the namespace of its source.", FaultCategory.InvalidOperation, text)),
    ];

    /// <summary>
    /// CDI gives nothing up: whatever it cannot do it tries for ever, in a phase that never changes, and says why in a condition or an Event only. Null while the data
    /// volume may still be filled.
    /// </summary>
    /// <param name="dataVolume">The data volume.</param>
    /// <param name="events">Reasons and messages of the Events about it, as they came.</param>
    /// <param name="ofClaim">The same of those about its claim.</param>
    public static DataVolumeCause? Of(KubernetesObject dataVolume, IEnumerable<(string Reason, string Message)> events, IEnumerable<(string Reason, string Message)> ofClaim)
    {
        var phase = dataVolume.StringAt("status", "phase") ?? "";
        if (phase is "Failed" or "Succeeded")
        {
            return phase == "Succeeded" ? null
                : new("its claim has lost its volume.", "Look at the claim and its PersistentVolume, and run the same command again.", FaultCategory.OperationStopped, "status.phase: Failed");
        }

        if (dataVolume.Condition("Bound") is { IsTrue: false, Reason: { } reason } bound && OfEvent(reason, bound.Message ?? "") is { } unmade)
            return unmade;
        if (dataVolume.Condition("Running") is { IsTrue: false, Message: { Length: > 0 } failing } running)
        {
            if (running.Reason == "Error" && OfError(failing) is { } fatal)
                return fatal;
            if (dataVolume.At("status", "restartCount") is { ValueKind: System.Text.Json.JsonValueKind.Number } count && count.TryGetInt32(out var times) && times >= ManyRestarts)
                return new($"the pods that copy it have failed {times} times ({failing}).", "Look at their logs in both namespaces, and run the same command again.", FaultCategory.OperationStopped, failing);
        }

        // What was in the way of a claim that is there, or is filled by now, is so no more.
        var ofIt = string.IsNullOrEmpty(dataVolume.StringAt("status", "claimName")) ? events : events.Where(e => e.Reason == "Error");
        return ofIt.Concat(phase is "" or "Pending" or "CloneScheduled" ? ofClaim : []).Select(e => OfEvent(e.Reason, e.Message)).FirstOrDefault(c => c is not null);
    }

    /// <summary>A claim for the disk does not fit into a namespace.</summary>
    /// <param name="message">The server's words; null comes of any that speak of nothing of the kind.</param>
    /// <param name="policies">Also where a policy or webhook does not take it: these may let CDI do what they do not let the user.</param>
    public static DataVolumeCause? OfRefusedClaim(string message, bool policies = false) => message switch
    {
        _ when policies && (message.Contains("denied request", StringComparison.Ordinal) || message.Contains("denied the request", StringComparison.Ordinal)) => Limit(message),
        _ when message.Contains("exceeded quota", StringComparison.Ordinal) => Quota(message),
        _ when message.Contains("storage usage per PersistentVolumeClaim", StringComparison.Ordinal) => Limit(message),
        _ => null,
    };

    private static DataVolumeCause? OfEvent(string reason, string message) => reason switch
    {
        "CloneWithoutSource" => Gone(message),
        "CloneValidationFailed" or "ErrIncompatiblePVC" => Refused(message),
        "ErrExceededQuota" => Quota(message),
        "ErrClaimNotValid" => new($"CDI cannot tell what claim to make ({message}).", "Name a storage class that CDI knows (kubectl get storageprofiles).", FaultCategory.InvalidArgument, message),
        "ErrResourceExists" => new($"a claim of that name is there and is not its own ({message}).", "Remove that claim if nobody needs it.", FaultCategory.ResourceExists, message),
        "Error" => OfError(message),
        "ProvisioningFailed" when message.Contains("storageclass.storage.k8s.io", StringComparison.Ordinal) && message.EndsWith("not found", StringComparison.Ordinal) => Class(message),
        _ => null,
    };

    private static DataVolumeCause? OfError(string message) =>
        Array.Find(Errors, e => message.Contains(e.Words, StringComparison.OrdinalIgnoreCase)).Cause?.Invoke(message);

    private static DataVolumeCause Quota(string message) => message.Contains("\"tmp-", StringComparison.Ordinal)
        ? new($"the quota of the source's namespace, where CDI works on it, is full ({message}).", "Make room in that namespace, or have its quota raised.", FaultCategory.LimitsExceeded, message)
        : new($"the quota of the namespace is full ({message}).", "Make room in the namespace, or have its quota raised.", FaultCategory.LimitsExceeded, message);

    private static DataVolumeCause Limit(string message) =>
        new($"the namespace does not take such a claim ({message}).", "Have the namespace's LimitRange or policy let it in.", FaultCategory.LimitsExceeded, message);

    private static DataVolumeCause Gone(string message) =>
        new($"its source is gone ({message}).", "Take the source anew, and run the same command again.", FaultCategory.OperationStopped, message);

    private static DataVolumeCause Refused(string message) =>
        new($"CDI refuses it ({message}).", "Ask for no less than the source's size, on a storage class that can take it.", FaultCategory.InvalidArgument, message);

    private static DataVolumeCause Class(string message) =>
        new($"its storage class is not there ({message}).", "Name a storage class that exists (kubectl get storageclasses).", FaultCategory.InvalidArgument, message);
}
