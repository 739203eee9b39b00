using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Knowledge.Causes;

/// <summary>Why a data volume that clones will never be filled.</summary>
/// <param name="Cause">What is in the way, to follow a colon.</param>
/// <param name="Action">What to do.</param>
/// <param name="Category">What kind of fault it is.</param>
/// <param name="Text">CDI's own words.</param>
internal sealed record DataVolumeCause(string Cause, string Action, FaultCategory Category, string Text)
{
    /// <summary>
    /// CDI gives nothing up: whatever it cannot do it tries for ever, in a phase that never changes, and says why in a condition or an Event only. Null while the data
    /// volume may still be filled.
    /// </summary>
    /// <param name="dataVolume">The data volume.</param>
    /// <param name="events">Reasons and messages of the Events about it, as they came.</param>
    public static DataVolumeCause? Of(KubernetesObject dataVolume, IEnumerable<(string Reason, string Message)> events)
    {
        if (dataVolume.StringAt("status", "phase") is { } phase and ("Failed" or "Succeeded"))
        {
            return phase == "Succeeded" ? null
                : new("its claim has lost its volume.", "Look at the claim and its PersistentVolume, and run the same command again.", FaultCategory.OperationStopped, "status.phase: Failed");
        }

        if (dataVolume.Condition("Bound") is { IsTrue: false, Reason: "ErrExceededQuota" } quota)
            return Quota(quota.Message ?? "");
        if (dataVolume.Condition("Running") is { IsTrue: false, Reason: "Error", Message: { } failing } && Fatal(failing) is { } fatal)
            return fatal;
        return events.Select(e => OfEvent(e.Reason, e.Message)).FirstOrDefault(c => c is not null);
    }

    private static DataVolumeCause? OfEvent(string reason, string message) => reason switch
    {
        "CloneWithoutSource" => new($"its source is gone ({message}).", "Take the source anew, and run the same command again.", FaultCategory.OperationStopped, message),
        "CloneValidationFailed" => new($"CDI refuses it ({message}).", "Ask for no less than the source's size, on a storage class that can take it.", FaultCategory.InvalidArgument, message),
        "ErrExceededQuota" => Quota(message),
        "ErrClaimNotValid" => new($"CDI cannot tell what claim to make ({message}).", "Name a storage class that CDI knows (kubectl get storageprofiles).", FaultCategory.InvalidArgument, message),
        "Error" => Fatal(message),
        _ => null,
    };

    private static DataVolumeCause Quota(string message) =>
        new($"the quota of the namespace is full ({message}).", "Make room in the namespace, or have its quota raised.", FaultCategory.LimitsExceeded, message);

    private static DataVolumeCause? Fatal(string message) => message.Contains("token", StringComparison.OrdinalIgnoreCase)
        ? new(
            $"CDI does not take its token ({message}): CDI was down or too busy for the five minutes a token lives.",
            "Run the same command again: the disk is asked for anew.",
            FaultCategory.OperationStopped,
            message)
        : null;
}
