using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>
/// Compares a recording with its replay. Identifiers and times are matched by <see cref="Identities"/>; lists whose order Go's maps
/// make random (volume backups, filter removals among the patches) are compared as sets; what is known to be a race of the real
/// controllers is taken out by <see cref="KnownRaces"/>. Everything else must be equal.
/// </summary>
internal static class Comparison
{
    private static readonly string[] ObservedKinds = ["VirtualMachineClone", "VirtualMachineSnapshot", "VirtualMachineRestore", "VirtualMachineSnapshotContent"];

    public static IReadOnlyList<string> OfClone(JsonObject recorded, JsonObject replayed)
    {
        var a = Prepare(recorded, recorded);
        var b = Prepare(replayed, recorded);
        var differences = new List<string>();
        Compare("create", Answer);
        Compare("phases", x => KnownRaces.Phases(x.ArrayAt("phases")));
        Compare("events", x => Events(x.ArrayAt("timeline")));
        Compare("progress", Progress);
        // A clone that was deleted on the way: the recorder noted its temporary objects somewhere in the middle of their collection.
        var midway = KnownRaces.Phases(a.ArrayAt("phases")) is [.., var end] && end.AsText() == "DELETED";
        foreach (var part in (ReadOnlySpan<string>)["snapshots", "restores", "contents"])
        {
            var history = b.ArrayAt(part + "History");
            var last = Objects(a, part);
            if (!midway || !last.All(o => Objects(history).Any(h => h.Same(o))))
                differences.AddRange(recorded["phases"] is null ? [] : Difference.Between(last, Objects(b, part), part));
        }

        if (recorded["otherClones"] is not null)
            Compare("otherClones", x => OtherClones(x));
        Compare("cloneFinal", x => x["cloneFinal"]);
        Compare("targetName", x => x["targetName"]);
        Compare("targetVM", x => x["targetVM"]);
        Compare("left", x => Left(x));
        Compare("leftPVCs", x => Claims(x.ArrayAt("leftPVCs")));
        Compare("during", x => Steps(x.ArrayAt("during")));
        Compare("after", x => Steps(x.ArrayAt("after")));
        return differences;

        void Compare(string part, Func<JsonObject, JsonNode?> take)
        {
            // A refused clone has no history.
            if (recorded["phases"] is null && part is not ("create" or "left" or "leftPVCs"))
                return;
            differences.AddRange(Difference.Between(take(a), take(b), part));
        }
    }

    public static IReadOnlyList<string> OfRestores(JsonObject recorded, JsonObject replayed)
    {
        var a = Prepare(recorded, recorded);
        var b = Prepare(replayed, recorded);
        var differences = new List<string>();
        Compare("posted", x => Posts(x.ArrayAt("posted")));
        Compare("steps", x => Steps(x.ArrayAt("steps"), x.ArrayAt("posted")));
        differences.AddRange(KnownRaces.StatusDifferences(Statuses(a), Statuses(b), "statuses"));
        Compare("events", x => Events(x.ArrayAt("timeline")));
        Compare("snapshots", x => Objects(x, "snapshots"));
        Compare("restores", x => Objects(x, "restores"));
        Compare("contents", x => Objects(x, "contents"));
        Compare("VMs", x => Sorted(x.ArrayAt("VMs")));
        Compare("left", x => Left(x));
        Compare("leftPVCs", x => Claims(x.ArrayAt("leftPVCs")));
        Compare("leftDataVolumes", x => Sorted(x.ArrayAt("leftDataVolumes")));
        return differences;

        void Compare(string part, Func<JsonObject, JsonNode?> take) => differences.AddRange(Difference.Between(take(a), take(b), part));
    }

    private static JsonObject OtherClones(JsonObject recording) => new((recording.ObjectAt("otherClones") ?? [])
        .Select(p => new KeyValuePair<string, JsonNode?>(p.Key, KnownRaces.Phases((JsonArray)p.Value!))));

    private static JsonArray Posts(JsonArray? posts) => new([.. posts.Objects().Select(p =>
    {
        var result = new JsonObject { ["object"] = p.TextAt("object", "kind") + "/" + p.TextAt("object", "metadata", "name"), ["httpStatus"] = p["httpStatus"].Copy() };
        foreach (var field in (ReadOnlySpan<string>)["stored", "response", "warnings"])
        {
            if (p[field] is { } value)
                result[field] = value.DeepClone();
        }

        return (JsonNode?)result;
    }).OrderBy(p => p!.TextAt("object")!.Contains("of the simultaneous", StringComparison.Ordinal) ? p!.TextAt("object") : "", StringComparer.Ordinal)]);

    private static JsonArray Sorted(JsonArray? objects) => new([.. objects.Objects().Select(o => (JsonNode?)o.Copy()).OrderBy(o => o!.TextAt("metadata", "name"), StringComparer.Ordinal)]);

    private static JsonObject Statuses(JsonObject recording)
    {
        var result = new JsonObject();
        foreach (var (key, entries) in recording.ObjectAt("statuses") ?? [])
        {
            var list = new JsonArray();
            foreach (var entry in ((JsonArray)entries!).Objects())
            {
                var copy = entry.Copy();
                copy.Remove("ms");
                if (copy.TextAt("event") != "DELETED")
                    copy.Remove("event");
                copy["status"] ??= new JsonObject();
                // Which of several VolumeSnapshots is ready first is chance.
                if (key.StartsWith("VirtualMachineSnapshotContent/", StringComparison.Ordinal) && copy.FlagAt("status", "readyToUse") is false)
                {
                    foreach (var volume in copy.ArrayAt("status", "volumeSnapshotStatus").Objects())
                    {
                        volume.Remove("readyToUse");
                        volume.Remove("creationTime");
                    }
                }

                if (key.StartsWith("VirtualMachineSnapshotContent/", StringComparison.Ordinal) && copy.ArrayAt("finalizers") is { Count: 0 } && copy.FlagAt("deleting") is not true)
                    continue;
                var state = Canonical(copy)!.ToJsonString();
                if (!KnownRaces.IsAlreadyExists(state) && (list.Count == 0 || list[^1].AsText() != state))
                    list.Add(state);
            }

            if (list.Count > 0)
                result[key] = list;
        }

        return result;
    }

    private static JsonObject Prepare(JsonObject recording, JsonObject @case)
    {
        var identities = new Identities();
        foreach (var entry in @case.ArrayAt("before").Objects())
            identities.Given(entry["object"]);
        identities.Given(@case["clone"]);
        foreach (var post in @case.ArrayAt("posted").Objects())
        {
            // An owner's uid is another object's identifier, not data.
            var body = post.ObjectAt("object")!.Copy();
            body.ObjectAt("metadata")?.Remove("ownerReferences");
            identities.Given(body);
        }

        foreach (var post in recording.ArrayAt("posted").Objects())
        {
            if (post.TextAt("object", "metadata", "generateName") is { } start && post.TextAt("stored", "metadata", "name") is { } made)
                identities.Generated(made, start);
        }

        foreach (var (bearer, place) in KnownRaces.Simultaneous(recording))
            identities.Renamed(bearer, place);

        if (recording.TextAt("create", "stored", "metadata", "name") is { } name && @case.TextAt("clone", "metadata", "generateName") is { } beginning)
            identities.Generated(name, beginning);
        if (recording.TextAt("create", "stored", "spec", "target", "name") is { } target && string.IsNullOrEmpty(@case.TextAt("clone", "spec", "target", "name")))
            identities.Generated(target, "clone-" + @case.TextAt("clone", "spec", "source", "name") + "-");
        identities.Learn(recording);
        return (JsonObject)identities.Show(recording)!;
    }

    private static JsonObject Answer(JsonObject recording)
    {
        var create = recording.ObjectAt("create")!;
        var result = new JsonObject { ["httpStatus"] = create["httpStatus"].Copy() };
        foreach (var field in (ReadOnlySpan<string>)["stored", "response", "warnings"])
        {
            if (create[field] is { } value)
                result[field] = value.DeepClone();
        }

        return result;
    }

    // Events of the objects KubeVirt itself works on, each once, in order of first appearance on their object.
    private static JsonObject Events(JsonArray? timeline)
    {
        var result = new JsonObject();
        foreach (var entry in KnownRaces.Events(timeline))
        {
            var on = entry.TextAt("on") ?? "";
            if (!ObservedKinds.Contains(on.Split('/')[0]))
                continue;
            var text = $"{entry.TextAt("type")} {entry.TextAt("reason")} {entry.TextAt("from")}: {entry.TextAt("message")}";
            if (result[on] is not JsonArray list)
                result[on] = list = [];
            if (!list.Texts().Contains(text))
                list.Add(text);
        }

        // VolumeSnapshots are made in the order of a Go map.
        foreach (var (on, list) in result.ToList())
        {
            if (on.StartsWith("VirtualMachineSnapshotContent/", StringComparison.Ordinal))
                result[on] = JsonAccess.StringArray(((JsonArray)list!).Texts().Order(StringComparer.Ordinal));
        }

        return result;
    }

    // Every distinct status of each snapshot, content and restore in order.
    private static JsonObject Progress(JsonObject recording)
    {
        var result = new JsonObject();
        foreach (var entry in recording.ArrayAt("timeline").Objects())
        {
            if (KnownRaces.IsResync(entry, recording.ArrayAt("beforeState")))
                continue;
            if (entry.TextAt("kind") is not ("VirtualMachineSnapshot" or "VirtualMachineRestore" or "VirtualMachineSnapshotContent"))
                continue;
            var key = entry.TextAt("kind") + "/" + entry.TextAt("name");
            var state = entry.TextAt("event") == "DELETED" ? "DELETED" : State(entry).ToJsonString();
            if (result[key] is not JsonArray list)
                result[key] = list = [];
            if (!KnownRaces.IsAlreadyExists(state) && (list.Count == 0 || list[^1].AsText() != state))
                list.Add(state);
        }

        return result;
    }

    // The recordings' timelines leave out the list of VolumeSnapshots of a content.
    private static JsonNode State(JsonObject entry)
    {
        var status = Canonical(entry["status"] ?? new JsonObject())!;
        if (status is JsonObject o)
            o.Remove("volumeSnapshotStatus");
        return status;
    }

    // Lists of what there is, in an order of their own.
    private static JsonObject View(JsonObject view, string? underWay)
    {
        var result = new JsonObject();
        foreach (var (key, value) in view)
        {
            if (value is not JsonArray list || key is "conditions" or "finalizers")
            {
                result[key] = value.Copy();
                continue;
            }

            var items = list.Where(i => i is not JsonObject o || !KnownRaces.IsGoing(o, key, view)).Select(i => i.Copy()).ToList();
            foreach (var item in items.OfType<JsonObject>())
                KnownRaces.ForgetUnderWay(item, key, underWay);
            items.RemoveAll(i => i is JsonObject o && underWay is not null && (o.TextAt("name") ?? o.TextAt("for") ?? "").Contains(underWay, StringComparison.Ordinal));
            if (items.Count > 0)
                result[key] = new JsonArray([.. items.OrderBy(i => i!.ToJsonString(), StringComparer.Ordinal)]);
        }

        return result;
    }

    private static JsonObject Left(JsonObject recording)
    {
        if (recording["posted"] is not null)
            return View(recording.ObjectAt("left") ?? [], null);

        var pending = recording.ArrayAt("leftPVCs").Objects().Where(c => c.TextAt("status", "phase") == "Pending").Select(c => c.TextAt("spec", "dataSource", "name")).ToHashSet();
        var result = new JsonObject();
        foreach (var (kind, items) in recording.ObjectAt("left") ?? [])
        {
            var kept = ((JsonArray)items!).Objects()
                .Where(i => !KnownRaces.IsImportHelper(i.TextAt("name") ?? "") && !(kind == "VolumeSnapshot" && KnownRaces.IsStillGoing(i, pending)))
                .Select(i => i.Copy()).OrderBy(i => i.ToJsonString(), StringComparer.Ordinal).ToArray<JsonNode?>();
            if (kept.Length > 0)
                result[kind] = new JsonArray(kept);
        }

        return result;
    }

    private static JsonArray Objects(JsonObject recording, string part) =>
        Objects(new JsonArray([.. recording.ArrayAt(part).Objects()
            .Where(o => !KnownRaces.IsUnchanged(o, recording.ArrayAt("beforeState")) && !(KnownRaces.IsOrphan(o) && o.TextAt("lastEvent") == "DELETED"))
            .Select(o =>
            {
                var copy = o.Copy();
                if (copy.TextAt("lastEvent") != "DELETED" && recording["posted"] is not null && KnownRaces.IsRetained(copy.ObjectAt("object")!, recording))
                    copy.ObjectAt("object", "metadata")!.Remove("finalizers");
                return (JsonNode?)copy;
            })]));

    private static JsonArray Objects(JsonArray? seen) => new([.. seen.Objects()
        .Select(o => (JsonNode?)new JsonObject { ["gone"] = o.TextAt("lastEvent") == "DELETED", ["object"] = Canonical(o["object"]) })
        .OrderBy(o => o!.TextAt("object", "metadata", "name"), StringComparer.Ordinal)]);

    private static JsonArray Claims(JsonArray? claims) => new([.. claims.Objects().Where(c => !KnownRaces.IsImportHelper(c.Name()))
        .Select(c =>
        {
            var copy = c.Copy();
            copy.Remove("apiVersion");
            return (JsonNode?)copy;
        })
        .OrderBy(c => c!.TextAt("metadata", "name"), StringComparer.Ordinal)]);

    private static JsonArray Steps(JsonArray? steps, JsonArray? posted = null) => new([.. steps.Objects().Select(s =>
    {
        var result = s["result"].Copy();
        if (result is JsonObject view && view["httpStatus"] is null)
            result = View(view, KnownRaces.JustPosted(s, posted));
        return (JsonNode?)new JsonObject { ["step"] = StepText(s.TextAt("step") ?? ""), ["result"] = result };
    })]);

    // A step that waited for several names them in an order of no meaning.
    private static string StepText(string text) => text.StartsWith("reached: ", StringComparison.Ordinal) && text.LastIndexOf(": ", StringComparison.Ordinal) is var colon
        ? text[..(colon + 2)] + string.Join(", ", text[(colon + 2)..].Split(", ").Order(StringComparer.Ordinal))
        : text;

    /// <summary>Sorts what Go's maps leave in random order.</summary>
    internal static JsonNode? Canonical(JsonNode? node)
    {
        var copy = node.Copy();
        Sort(copy);
        return copy;
    }

    private static void Sort(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (key, value) in map.ToList())
                {
                    Sort(value);
                    if (value is not JsonArray list)
                        continue;
                    if (key == "volumeSnapshotStatus")
                        KnownRaces.ForgetNotReady(list);
                    if (key is "volumeBackups" or "restores" or "volumeSnapshotStatus")
                        map[key] = new JsonArray([.. list.Select(i => i.Copy()).OrderBy(i => i.TextAt("volumeName") ?? i.TextAt("volumeSnapshotName"), StringComparer.Ordinal)]);
                    else if (key == "patches")
                        map[key] = JsonAccess.StringArray(SortRemovals([.. list.Texts()]));
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                    Sort(item);
                break;
        }
    }

    // Removals of one map stand together; only their order among themselves is random.
    private static IEnumerable<string> SortRemovals(List<string> patches)
    {
        for (var i = 0; i < patches.Count;)
        {
            var run = patches.Skip(i).TakeWhile(p => MapOf(p) is { } m && m == MapOf(patches[i])).Order(StringComparer.Ordinal).ToList();
            if (run.Count == 0)
                run = [patches[i]];
            foreach (var patch in run)
                yield return patch;
            i += run.Count;
        }
    }

    private static string? MapOf(string patch)
    {
        if (!patch.StartsWith("{\"op\":\"remove\",\"path\":\"", StringComparison.Ordinal))
            return null;
        var path = patch["{\"op\":\"remove\",\"path\":\"".Length..];
        return path[..(path.LastIndexOf('/') is var slash and >= 0 ? slash : 0)];
    }
}
