using System.Buffers.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Data;

/// <summary>
/// What of a recording of CDI is chance: its controllers read caches that lag, copy each other's Events, and miss phases that last a
/// moment. Each rule names what it takes out and why that cannot hide a wrong answer.
/// </summary>
internal static partial class PopulationRaces
{
    // Phases of a DataVolume that may be over before they are written.
    private static readonly string[] MomentaryPhases = ["RebindInProgress", "CloneInProgress"];

    // And when several are worked on at once, as the controller has its limits.
    private static readonly string[] MissedPhases = ["SnapshotForSmartCloneInProgress", "CloneFromSnapshotSourceInProgress", "CSICloneInProgress", "PrepClaimInProgress"];

    // What a machine's status says on the way to what it says in the end.
    private static readonly string[] MomentaryStates = ["Stopped", "Starting", "ErrorUnschedulable"];

    [GeneratedRegex(@"^[\w-]+\.[\w-]+\.[\w-]+$", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Token();

    [GeneratedRegex(@"(?<launcher>virt-launcher-[\w-]+)-\w{5}\b", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Launcher();

    /// <summary>A copy in which each token stands as what it says and how long it lives, without its signature and its moment.</summary>
    public static JsonObject WithReadTokens(JsonObject recording)
    {
        var copy = recording.Copy();
        Walk(copy);
        return copy;
    }

    private static void Walk(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (key, value) in map.ToList())
                {
                    if (key.EndsWith("clone.token", StringComparison.Ordinal) && value.AsText() is { } token)
                        map[key] = Read(token);
                    else
                        Walk(value);
                }

                break;
            case JsonArray list:
                foreach (var item in list)
                    Walk(item);
                break;
        }
    }

    private static string Read(string token)
    {
        if (!Token().IsMatch(token))
            return token;
        var said = (JsonObject)JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!;
        said["lives"] = said["exp"]!.GetValue<long>() - said["iat"]!.GetValue<long>();
        foreach (var moment in (ReadOnlySpan<string>)["exp", "iat", "nbf"])
            said.Remove(moment);
        return said.ToJsonString();
    }

    /// <summary>
    /// A claim that a populator fills may lose the note of its provisioner to a write of the populator in the same instant ("Error saving
    /// claim"); its volume comes from the populator either way.
    /// </summary>
    public static void ForgetProvisioner(JsonObject claim)
    {
        if (claim.TextAt("spec", "dataSourceRef", "kind") is not "VolumeCloneSource")
            return;
        foreach (var name in (ReadOnlySpan<string>)["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"])
            claim.ObjectAt("metadata", "annotations")?.Remove(name);
    }

    /// <summary>
    /// The state of an entry of the watch that is CDI's work; null for others. Of a DataVolume its phase and owner: what its conditions say
    /// on the way is an Event of its claim that happened to be the last; those at the end are compared whole. Of a claim beside it that it
    /// is there: whether it is bound, lost or deleted first is chance.
    /// </summary>
    public static string? State(JsonObject entry, bool severalAtOnce)
    {
        var name = entry.TextAt("name") ?? "";
        switch (entry.TextAt("kind"))
        {
            case "DataVolume":
                var state = new JsonObject();
                foreach (var field in (ReadOnlySpan<string>)["deleting", "phase", "owner"])
                {
                    if (entry[field] is { } value)
                        state[field] = value.DeepClone();
                }

                // An import says Pending when its claim was not there at the first look.
                var first = entry.TextAt("phase") == "Pending" && entry.TextAt("cloneType") is null;
                return first || IsMomentary(entry.TextAt("phase"), severalAtOnce) ? "moment" : state.ToJsonString();
            case "PersistentVolumeClaim" when name.StartsWith("tmp-", StringComparison.Ordinal) || name.EndsWith("-host-assisted-source-pvc", StringComparison.Ordinal):
                return "there";
            default:
                return null;
        }
    }

    /// <summary>Whether more than one DataVolume is cloned in a case.</summary>
    public static bool SeveralAtOnce(JsonArray? timeline) =>
        timeline.Objects().Where(t => t.TextAt("kind") == "DataVolume" && t.TextAt("cloneType") is not null).Select(t => t.TextAt("namespace") + "/" + t.TextAt("name")).Distinct().Count() > 1;

    private static bool IsMomentary(string? phase, bool severalAtOnce) => MomentaryPhases.Contains(phase) || (severalAtOnce && MissedPhases.Contains(phase));

    /// <summary>Takes out of a history what lasts a moment only and is no end.</summary>
    public static void ForgetMoments(string key, JsonArray states)
    {
        var machine = key.Contains("/VirtualMachine/", StringComparison.Ordinal);
        // A change of an instance that shows in none of what is watched, before it is told to go.
        if (key.Contains("/VirtualMachineInstance/", StringComparison.Ordinal) && states.Count > 1 && states[1].AsText() == states[0].AsText()?.Replace("{", "{\"deleting\":true,", StringComparison.Ordinal))
            states.RemoveAt(0);
        for (var i = states.Count - 2; i >= 0; i--)
        {
            var text = states[i].AsText() ?? "";
            if (text == "moment" || (machine && MomentaryStates.Any(s => text == $"{{\"printableStatus\":\"{s}\"}}")))
                states.RemoveAt(i);
        }

        for (var i = states.Count - 1; i > 0; i--)
        {
            if (states[i].AsText() == states[i - 1].AsText())
                states.RemoveAt(i);
        }
    }

    /// <summary>
    /// Events without those that a DataVolume or a populated claim repeats of others, those of phases that last a moment, and those of a
    /// write that lost against another and was done again. A Warning of the same reason and words as a Normal Event is told once.
    /// </summary>
    public static IEnumerable<JsonObject> Events(IReadOnlyList<JsonObject> events)
    {
        var said = events.Where(e => e.TextAt("type") == "Normal").Select(e => (e.TextAt("namespace"), e.TextAt("on"), e.TextAt("reason"), e.TextAt("message"))).ToHashSet();
        var several = events.Where(e => e.TextAt("reason") == "CloneSucceeded" && e.TextAt("on")!.StartsWith("DataVolume/", StringComparison.Ordinal)).Select(e => e.TextAt("on")).Distinct().Count() > 1;
        var succeeded = events.Where(e => e.TextAt("reason") is "CloneSucceeded").Select(e => (e.TextAt("namespace"), e.TextAt("on"))).ToHashSet();
        foreach (var entry in events)
        {
            var (on, reason, message, from) = (entry.TextAt("on") ?? "", entry.TextAt("reason"), entry.TextAt("message") ?? "", entry.TextAt("from"));
            if (KnownRaces.IsImportHelper(on[(on.IndexOf('/', StringComparison.Ordinal) + 1)..]))
                continue;
            if (on.StartsWith("DataVolume/", StringComparison.Ordinal))
            {
                if (reason == "Pending" || IsMomentary(reason, several))
                    continue;
                if (entry.TextAt("type") == "Warning" && (said.Contains((entry.TextAt("namespace"), on, reason, message)) || (reason == "Error" && succeeded.Contains((entry.TextAt("namespace"), on)))))
                    continue;
            }

            if (on.StartsWith("PersistentVolumeClaim/", StringComparison.Ordinal))
            {
                if (message.StartsWith("Error saving claim: ", StringComparison.Ordinal) || message.StartsWith('[') || from == "import-populator")
                    continue;
                // Said of a claim that is filled by somebody else unless it was filled before the controller looked.
                if (reason is "ExternalProvisioning" or "VolumeSnapshotClassSelected" && events.Any(e => e.TextAt("namespace") == entry.TextAt("namespace") && e.TextAt("on") == "DataVolume/" + on[22..]))
                    continue;
                if (reason == "ExternalProvisioning" && on.StartsWith("PersistentVolumeClaim/tmp-", StringComparison.Ordinal))
                    continue;
            }

            var copy = entry.Copy();
            copy["message"] = Launcher().Replace(message, "${launcher}-xxxxx");
            yield return copy;
        }
    }

    /// <summary>Objects on which several controllers report at once.</summary>
    public static bool ComesInAnyOrder(string on) => on.Contains("/DataVolume/", StringComparison.Ordinal) || on.Contains("/PersistentVolumeClaim/", StringComparison.Ordinal);
}
