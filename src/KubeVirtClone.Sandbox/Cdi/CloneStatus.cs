using System.Globalization;
using KubeVirtClone.Sandbox.Controllers;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>The status of a DataVolume that clones: its phase by what the populator (or the copy) says of its claim, its conditions, and the Events of both.</summary>
internal sealed class CloneStatus(Cluster cluster)
{
    private static readonly Dictionary<string, string> Phases = new(StringComparer.Ordinal)
    {
        [""] = "CloneScheduled",
        ["Pending"] = "CloneScheduled",
        ["Snapshot"] = "SnapshotForSmartCloneInProgress",
        ["SnapshotClone"] = "CloneFromSnapshotSourceInProgress",
        ["CSIClone"] = "CSICloneInProgress",
        ["HostClone"] = "CloneInProgress",
        ["PrepClaim"] = "PrepClaimInProgress",
        ["Rebind"] = "RebindInProgress",
        ["Succeeded"] = "Succeeded",
    };

    /// <summary>Writes the status that follows from the claim; null while there is none.</summary>
    public void Follow(JsonObject dataVolume, JsonObject? claim, CloneSource source)
    {
        var status = dataVolume.ObjectAt("status")?.Copy() ?? [];
        var before = status.TextAt("phase");
        if (claim is null)
        {
            if (before is null)
                status["phase"] = "Pending";
        }
        else if (!claim.IsDeleting())
        {
            status["claimName"] = claim.Name();
            if (Phase(claim, before) is { } phase)
                status["phase"] = phase;
            status["progress"] = Progress(claim, status.TextAt("phase"));
        }

        var changed = status.TextAt("phase") is { } now && now != before ? Message(now, dataVolume, source) : null;
        Write(dataVolume, status, claim, null, changed is { } text ? ("Normal", status.TextAt("phase") == "Succeeded" ? "CloneSucceeded" : status.TextAt("phase")!, text) : null);
    }

    /// <summary>Writes that a clone has no claim yet, and why.</summary>
    public void Explain(JsonObject dataVolume, string? phase, string type, string reason, string message)
    {
        var status = dataVolume.ObjectAt("status")?.Copy() ?? [];
        var changes = phase is not null && status.TextAt("phase") != phase;
        if (phase is not null)
            status["phase"] = phase;
        Write(dataVolume, status, null, (reason, message), changes ? (type, reason, message) : null);
    }

    /// <summary>What CDI says of a phase.</summary>
    public static string? Message(string phase, JsonObject dataVolume, CloneSource source)
    {
        var (from, to) = ($"{source.Namespace}/{source.Name}", $"{dataVolume.Namespace()}/{dataVolume.Name()}");
        return phase switch
        {
            "CloneScheduled" => $"Cloning from {from} into {to} scheduled",
            "SnapshotForSmartCloneInProgress" => $"Creating snapshot for smart-clone is in progress (for pvc {from})",
            "CloneFromSnapshotSourceInProgress" => $"Creating PVC from snapshot source is in progress (for {source.Word} {from})",
            "CSICloneInProgress" => $"CSI Volume clone in progress (for pvc {from})",
            "CloneInProgress" => $"Cloning from {from} into {to} in progress",
            "PrepClaimInProgress" => $"Prepping PersistentVolumeClaim for DataVolume {to}",
            "RebindInProgress" => $"Rebinding PersistentVolumeClaim for DataVolume {to}",
            "Succeeded" => $"Successfully cloned from {from} into {to}",
            _ => null,
        };
    }

    private static string? Phase(JsonObject claim, string? before)
    {
        if (claim.TextAt("status", "phase") == "Lost")
            return "Failed";
        if (ClaimSources.Populator(claim) is not null)
            return Phases.GetValueOrDefault(claim.Annotation(CdiNames.ClonePhase) ?? "");
        // Copied by pods into the claim itself.
        if (claim.Annotation(CdiNames.PodPhase) == "Succeeded")
            return "Succeeded";
        if (claim.TextAt("status", "phase") != "Bound")
            return "Pending";
        return claim.Annotation(CdiNames.PodPhase) == "Running" ? "CloneInProgress" : before == "CloneInProgress" ? before : "CloneScheduled";
    }

    private static string Progress(JsonObject claim, string? phase)
    {
        var given = claim.Annotation(CdiNames.Progress);
        return phase == "Succeeded" && ClaimSources.Populator(claim) is null ? CdiNames.Done : given ?? "N/A";
    }

    private void Write(JsonObject dataVolume, JsonObject status, JsonObject? claim, (string Reason, string Message)? why, (string Type, string Reason, string Message)? said)
    {
        var old = dataVolume.ArrayAt("status", "conditions");
        var conditions = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var (type, value, reason, message) in Conditions(status, claim, why))
            conditions[type] = Condition(old, type, value, reason, message);
        status["conditions"] = new JsonArray([.. conditions.Values]);
        if (!cluster.WriteStatus(cluster.DataVolumes, dataVolume, status))
            return;
        var component = SourceComponent(dataVolume);
        if (said is { } news)
        {
            if (news.Type == "Warning")
                cluster.Recorder.Warning(dataVolume, news.Reason, news.Message, component);
            else
                cluster.Recorder.Normal(dataVolume, news.Reason, news.Message, component);
        }

        if (Differs(old, conditions["Bound"]))
            cluster.Recorder.Normal(dataVolume, conditions["Bound"].TextAt("reason") ?? "", conditions["Bound"].TextAt("message") ?? "", component);
        var running = conditions["Running"];
        var underWay = conditions["Bound"].TextAt("status") == "True" || status.TextAt("phase") is not ("Pending" or "PendingPopulation");
        if (underWay && conditions["Ready"].TextAt("status") == "False" && running.TextAt("status") == "False" && running.TextAt("message") is { } failing
            && old.Objects().FirstOrDefault(c => c.TextAt("type") == "Running").TextAt("message") != failing)
        {
            cluster.Recorder.Warning(dataVolume, running.TextAt("reason") ?? "", failing, component);
        }
    }

    private string SourceComponent(JsonObject dataVolume) =>
        CloneSource.Of(dataVolume, dataVolume.Namespace(), (ns, name) => cluster.Get(cluster.DataSources, ns, name))?.Component ?? "datavolume-pvc-clone-controller";

    private static IEnumerable<(string Type, string Status, string? Reason, string? Message)> Conditions(JsonObject status, JsonObject? claim, (string Reason, string Message)? why)
    {
        var succeeded = status.TextAt("phase") == "Succeeded";
        var running = claim?.Annotation(CdiNames.Running);
        var (bound, reason, message) = claim is null ? ("False", why?.Reason ?? "NotFound", why?.Message ?? "No PVC found") : Bound(claim);
        yield return ("Bound", bound, reason, message);
        yield return running == "true" && !succeeded
            ? ("Ready", "False", "TransferRunning", null)
            : ("Ready", succeeded ? "True" : "False", claim is null ? why?.Reason : null, claim is null ? why?.Message : null);
        yield return ("Running", running == "true" ? "True" : "False", Text(claim, CdiNames.RunningReason), Text(claim, CdiNames.RunningMessage));
    }

    private static (string Status, string Reason, string Message) Bound(JsonObject claim)
    {
        var given = claim.Annotation(CdiNames.Bound) == "false" ? claim.Annotation(CdiNames.BoundMessage) : null;
        return claim.TextAt("status", "phase") switch
        {
            "Bound" => given is null ? ("True", "Bound", $"PVC {claim.Name()} Bound") : ("False", "Pending", given),
            "Lost" => ("False", "ClaimLost", "Claim Lost"),
            _ => ("False", "Pending", given is null ? $"PVC {claim.Name()} Pending" : $"target PVC {claim.Name()} Pending and {given}"),
        };
    }

    private static string? Text(JsonObject? claim, string annotation) => claim?.Annotation(annotation) is { Length: > 0 } text ? text : null;

    private static bool Differs(JsonArray? old, JsonObject condition) => !old.Objects().Any(c =>
        c.TextAt("type") == condition.TextAt("type") && c.TextAt("status") == condition.TextAt("status")
        && c.TextAt("reason") == condition.TextAt("reason") && c.TextAt("message") == condition.TextAt("message"));

    private JsonObject Condition(JsonArray? old, string type, string value, string? reason, string? message)
    {
        var made = new JsonObject();
        var now = JsonAccess.Timestamp(cluster.Now);
        var before = old.Objects().FirstOrDefault(c => c.TextAt("type") == type);
        var same = before.TextAt("status") == value;
        made["lastHeartbeatTime"] = same && before.TextAt("reason") == reason && before.TextAt("message") == message ? before.TextAt("lastHeartbeatTime") : now;
        made["lastTransitionTime"] = same ? before.TextAt("lastTransitionTime") : now;
        if (message is not null)
            made["message"] = message;
        if (reason is not null)
            made["reason"] = reason;
        made["status"] = value;
        made["type"] = type;
        return made;
    }

    /// <summary>A number of bytes as Go prints it.</summary>
    public static string Bytes(decimal amount) => decimal.Ceiling(amount).ToString("0", CultureInfo.InvariantCulture);
}
