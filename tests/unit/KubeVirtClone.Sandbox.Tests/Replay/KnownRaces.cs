using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

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
            // Two of the snapshot-controller's workers delete one VolumeSnapshotContent; the second is told so.
            if (entry.TextAt("reason") == "SnapshotContentObjectDeleteError")
                continue;
            if (entry.TextAt("reason") is "VirtualMachineRestoreError" or "RestoreDataVolumeCreateError" && IsAlreadyExists(message))
                continue;
            yield return entry;
        }
    }

    /// <summary>
    /// Equal requests made in the same instant: which of them comes first is chance. They are known by the order in which they came
    /// to an end instead of by name.
    /// </summary>
    public static IEnumerable<(string Name, string Place)> Simultaneous(JsonObject recording)
    {
        var groups = recording.ArrayAt("posted").Objects()
            .GroupBy(p =>
            {
                var body = p.ObjectAt("object")!.Copy();
                body.ObjectAt("metadata")?.Remove("name");
                return Math.Round(p["ms"]!.GetValue<double>() / 20) + body.ToJsonString();
            })
            .Where(g => g.Count() > 1 && g.Select(p => p.TextAt("object", "metadata", "name")).Distinct().Count() == g.Count())
            .OrderBy(g => g.Min(p => p.TextAt("object", "metadata", "name")), StringComparer.Ordinal)
            .ToList();
        foreach (var group in groups)
        {
            var names = group.Select(p => p.TextAt("object", "metadata", "name")!).ToList();
            var kind = group.First().TextAt("object", "kind");
            var ordered = names.OrderBy(n => End(recording.ArrayAt("statuses", kind + "/" + n))).ToList();
            for (var i = 0; i < ordered.Count; i++)
                yield return (ordered[i], $"<{i + 1} of the simultaneous {groups.IndexOf(group)}>");
        }

        static double End(JsonArray? statuses) => statuses.Objects().Where(s => s.FlagAt("status", "readyToUse") is true || s.FlagAt("status", "complete") is true)
            .Select(s => s["ms"]!.GetValue<double>()).DefaultIfEmpty(double.MaxValue).First();
    }

    /// <summary>An object whose owner never was is collected at a moment of chance.</summary>
    public static bool IsOrphan(JsonObject seen) => seen.ObjectAt("object").ArrayAt("metadata", "ownerReferences").Objects()
        .Any(o => o.TextAt("uid") is "00000000-0000-0000-0000-000000000000" || o.TextAt("uid")?.EndsWith("/gone>", StringComparison.Ordinal) is true);

    /// <summary>
    /// A content that stays when its snapshot goes loses its finalizer only if its VolumeSnapshot happens to change afterwards.
    /// </summary>
    public static bool IsRetained(JsonObject content, JsonObject recording) => content.Kind() == "VirtualMachineSnapshotContent"
        && !recording.ArrayAt("left", "VirtualMachineSnapshot").Objects().Any(s => s.TextAt("name") == content.TextAt("spec", "virtualMachineSnapshotName"));

    /// <summary>The object posted less than a tenth of a second before a look: the recorder saw it half made.</summary>
    public static string? JustPosted(JsonObject step, JsonArray? posted)
    {
        var ms = step["ms"]?.GetValue<double>() ?? 0;
        return posted.Objects().LastOrDefault(p => p["ms"]!.GetValue<double>() is var at && at < ms && ms - at < 100) is { } post
            ? post.TextAt("stored", "metadata", "uid")
            : null;
    }

    /// <summary>
    /// A machine read at once when the wait for what made it was over: how far the machine's controller is with it (finalizer, status) is
    /// chance. What became of it is compared at the end.
    /// </summary>
    public static void ForgetJustMade(JsonObject read)
    {
        if (read.Kind() != "VirtualMachine")
            return;
        read.Remove("status");
        read.ObjectAt("metadata")?.Remove("finalizers");
    }

    public static void ForgetUnderWay(JsonObject item, string kind, string? underWay)
    {
        if (underWay is not null && kind == "VirtualMachine")
            item.Remove("snapshotInProgress");
        if (kind == "VolumeSnapshot" && item.FlagAt("readyToUse") is false)
            item.Remove("readyToUse");
    }

    /// <summary>
    /// VolumeSnapshots on their way out, which the recording's throttled snapshot-controller had not finished with, and what hangs on
    /// them. One that a pending claim holds keeps its source protection and stays in.
    /// </summary>
    public static bool IsGoing(JsonObject item, string kind, JsonObject view)
    {
        if (kind == "PersistentVolumeClaim")
            return IsImportHelper(item.TextAt("name") ?? "");
        var pending = view.ArrayAt("PersistentVolumeClaim").Objects().Any(c => c.TextAt("phase") == "Pending");
        bool Goes(JsonObject s) => s.FlagAt("deleting") is true && !(pending && s.ArrayAt("finalizers").Texts().Any(f => f.EndsWith("as-source-protection", StringComparison.Ordinal)));
        return kind switch
        {
            "VolumeSnapshot" => Goes(item),
            "VolumeSnapshotContent" => view.ArrayAt("VolumeSnapshot").Objects().FirstOrDefault(s => s.TextAt("name") == item.TextAt("for")) is var owner && (owner is null || Goes(owner)),
            _ => false,
        };
    }

    /// <summary>
    /// Compares histories of statuses. Where the recording ends while storage was still at work on a snapshot (its storage was slower,
    /// see <see cref="IsStillGoing"/>), the replay may be further: then the recorded history must be the beginning of the replayed one.
    /// An object that belonged to nothing from its beginning is collected at a moment of chance: only that it went is compared.
    /// </summary>
    public static IEnumerable<string> StatusDifferences(JsonObject recorded, JsonObject replayed, string path)
    {
        foreach (var key in recorded.Select(p => p.Key).Union(replayed.Select(p => p.Key)).Order(StringComparer.Ordinal))
        {
            var a = recorded.ArrayAt(key);
            var b = replayed.ArrayAt(key);
            var stillAtWork = a is { Count: > 0 } && b is not null && !key.StartsWith("VirtualMachineRestore/", StringComparison.Ordinal)
                && a[^1].AsText()!.Contains("\"readyToUse\":false", StringComparison.Ordinal) && !a[^1].AsText()!.Contains("\"error\"", StringComparison.Ordinal);
            if (stillAtWork && b!.Count > a!.Count && a.Texts().SequenceEqual(b.Texts().Take(a.Count)))
                continue;
            var orphan = a is not null && b is not null && a[0].AsText()!.Contains("ConfigMap/gone", StringComparison.Ordinal);
            if (orphan && a![^1].AsText()!.Contains("DELETED", StringComparison.Ordinal) && b![^1].AsText()!.Contains("DELETED", StringComparison.Ordinal))
                continue;
            foreach (var difference in Difference.Between(a, b, path + "." + key))
                yield return difference;
        }
    }

    /// <summary>
    /// A restore that does not see in its cache yet what it made (or, in place, deleted) a moment ago does it again and is told that it
    /// exists (or is not found).
    /// </summary>
    public static bool IsAlreadyExists(string text) => (text.Contains("already exists", StringComparison.Ordinal) && !text.Contains("restore target already exists", StringComparison.Ordinal))
        || (text.Contains("persistentvolumeclaims", StringComparison.Ordinal) && text.Contains("not found", StringComparison.Ordinal));

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
