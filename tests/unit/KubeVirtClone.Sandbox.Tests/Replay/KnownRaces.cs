using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>
/// What the recording holds of races between KubeVirt's workers and their caches, and the sandbox, which does one thing at a time,
/// does not: each rule names what it takes out and why that cannot hide a wrong answer.
/// </summary>
internal static class KnownRaces
{
    /// <summary>
    /// A clone whose restore was made already, but not yet in the controller's cache, is worked on once more: the second creation is
    /// refused as "in progress". Taken out only where the restore of that clone was indeed created.
    /// </summary>
    public static IEnumerable<JsonObject> Events(JsonArray? timeline)
    {
        var created = timeline.Objects().Where(t => t.TextAt("reason") == "RestoreCreated").Select(t => t.TextAt("on")).ToHashSet();
        foreach (var entry in timeline.Objects())
        {
            if (entry.TextAt("kind") != "Event")
                continue;
            var message = entry.TextAt("message") ?? "";
            if (entry.TextAt("reason") == "RestoreCreationFailed" && created.Contains(entry.TextAt("on")) && message.EndsWith(" in progress", StringComparison.Ordinal))
                continue;
            if (entry.TextAt("reason") is "VirtualMachineRestoreError" or "RestoreDataVolumeCreateError" && IsAlreadyExists(message))
                continue;
            yield return entry;
        }
    }

    /// <summary>A restore that does not see in its cache yet what it made a moment ago makes it again and is told it exists.</summary>
    public static bool IsAlreadyExists(string text) => text.Contains("already exists", StringComparison.Ordinal) && !text.Contains("restore target already exists", StringComparison.Ordinal);

    /// <summary>The claim beside a DataVolume's while CDI imports; the sandbox does not simulate the import.</summary>
    public static bool IsImportHelper(string name) => name.StartsWith("prime-", StringComparison.Ordinal) || name.StartsWith("<uid PersistentVolumeClaim/prime-", StringComparison.Ordinal);

    /// <summary>
    /// The recording's snapshot-controller was held to five requests a second, so VolumeSnapshots on their way out were still there
    /// when the recorder looked. One that a pending claim holds is no such case and stays.
    /// </summary>
    public static bool IsStillGoing(JsonObject item, IReadOnlySet<string?> heldByClaims) => item.FlagAt("deleting") is true && !heldByClaims.Contains(item.TextAt("name"));

    /// <summary>
    /// The controllers look at everything again every five minutes, which renews a time in an object that is otherwise as before the
    /// case began.
    /// </summary>
    public static bool IsResync(JsonObject entry, JsonArray? before) => entry.TextAt("event") == "MODIFIED" && before.Objects().Any(o =>
        o.Kind() == entry.TextAt("kind") && o.Name() == entry.TextAt("name") && o["status"].Same(entry["status"]));

    /// <summary>See <see cref="IsResync"/>; for the last state seen of an object.</summary>
    public static bool IsUnchanged(JsonObject seen, JsonArray? before) => before.Objects().Any(o => o.Same(seen["object"]));

    /// <summary>Whether the snapshot-controller had looked at a new VolumeSnapshot yet ("not ready" instead of nothing) is chance.</summary>
    public static void ForgetNotReady(JsonArray statuses)
    {
        foreach (var status in statuses.Objects().Where(s => s.FlagAt("readyToUse") is false))
            status.Remove("readyToUse");
    }

    /// <summary>Statuses of the clone in order; equal neighbours (only a time renewed) once.</summary>
    public static JsonArray Phases(JsonArray? phases)
    {
        var result = new JsonArray();
        foreach (var phase in phases.Objects())
        {
            var state = phase.TextAt("event") == "DELETED" ? "DELETED" : (phase["status"] ?? new JsonObject()).ToJsonString();
            if (result.Count == 0 || result[^1].AsText() != state)
                result.Add(state);
        }

        return result;
    }
}
