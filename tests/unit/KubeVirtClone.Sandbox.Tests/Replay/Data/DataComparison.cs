using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Data;

/// <summary>
/// Compares a recording whose steps are data with its replay: every result, what was there before and at the end, the distinct states
/// of every object in order, and the Events. Identifiers and times are matched by <see cref="Identities"/>; <see cref="KnownRaces"/>
/// takes out what is a race of the real controllers.
/// </summary>
internal static class DataComparison
{
    private static readonly string[] States = ["deleting", "status", "printableStatus", "readyToUse", "phase", "owner", "cloneType", "progress", "conditions"];

    public static IReadOnlyList<string> Of(JsonObject recorded, JsonObject replayed)
    {
        var a = Prepare(recorded, recorded);
        var b = Prepare(replayed, recorded);
        var differences = new List<string>();
        Compare("before", x => Steps(x.ArrayAt("before")));
        Compare("steps", x => Steps(x.ArrayAt("steps")));
        Compare("beforeState", x => Objects(x, "beforeState"));
        Compare("progress", Progress);
        Compare("events", x => Events(x.ArrayAt("timeline")));
        Compare("left", x => Objects(x, "left"));
        Compare("leftPersistentVolumes", Volumes);
        return differences;

        void Compare(string part, Func<JsonObject, JsonNode?> take) => differences.AddRange(Difference.Between(take(a), take(b), part));
    }

    private static JsonObject Prepare(JsonObject recording, JsonObject @case)
    {
        recording = PopulationRaces.WithReadTokens(recording);
        var identities = new Identities();
        foreach (var uuid in DataCase.GivenUuids(@case))
            identities.Given(uuid);
        foreach (var step in recording.ArrayAt("steps").Objects())
        {
            if (step.TextAt("step", "object", "metadata", "generateName") is { } start && step.TextAt("result", "stored", "metadata", "name") is { } made)
                identities.Generated(made, start);
        }

        // Of two objects of one name the one that was there before is the first, whatever the order of the parts.
        identities.Learn(recording["beforeState"]);
        identities.Learn(recording);
        return (JsonObject)identities.Show(recording)!;
    }

    private static JsonArray Steps(JsonArray? steps)
    {
        var results = new JsonArray();
        JsonObject? before = null;
        foreach (var step in steps.Objects())
        {
            var result = Comparison.Canonical(step["result"]);
            if (before.TextAt("step", "do") == "wait" && result.ObjectAt("object") is { } read)
                KnownRaces.ForgetJustMade(read);
            results.Add(result);
            before = step;
        }

        return results;
    }

    private static JsonObject Objects(JsonObject recording, string part)
    {
        var result = new JsonObject();
        foreach (var o in DataCase.Flat(recording, part))
        {
            if (o.Kind() == "VolumeSnapshot" && o.IsDeleting())
                continue;
            var copy = (JsonObject)Comparison.Canonical(o)!;
            copy.ObjectAt("metadata")?.Remove("generation");
            PopulationRaces.ForgetProvisioner(copy);
            result[$"{o.Namespace()}/{o.Kind()}/{o.Name()}"] = copy;
        }

        return result;
    }

    private static JsonArray Volumes(JsonObject recording) => new([.. recording.ArrayAt("leftPersistentVolumes").Objects()
        .Select(v => (JsonNode?)v.Copy()).OrderBy(v => v!.ToJsonString(), StringComparer.Ordinal)]);

    // Every distinct state of each object in order.
    private static JsonObject Progress(JsonObject recording)
    {
        var result = new JsonObject();
        var several = PopulationRaces.SeveralAtOnce(recording.ArrayAt("timeline"));
        foreach (var entry in recording.ArrayAt("timeline").Objects().Where(t => t.TextAt("kind") != "Event"))
        {
            var key = $"{entry.TextAt("namespace")}/{entry.TextAt("kind")}/{entry.TextAt("name")}";
            if (KnownRaces.IsImportHelper(entry.TextAt("name") ?? ""))
                continue;
            var state = entry.TextAt("event") == "DELETED" ? "DELETED" : PopulationRaces.State(entry, several) ?? State(entry);
            if (result[key] is not JsonArray list)
                result[key] = list = [];
            if (!KnownRaces.IsAlreadyExists(state) && (list.Count == 0 || list[^1].AsText() != state))
                list.Add(state);
        }

        foreach (var (key, states) in result)
            PopulationRaces.ForgetMoments(key, (JsonArray)states!);
        return result;
    }

    private static string State(JsonObject entry)
    {
        var state = new JsonObject();
        foreach (var field in States)
        {
            // Whether a snapshot-controller had looked at a VolumeSnapshot yet is chance.
            if (entry[field] is { } value && !(field == "readyToUse" && entry.FlagAt(field) is false))
                state[field] = Comparison.Canonical(value);
        }

        return state.ToJsonString();
    }

    // Events, each once, in order of first appearance on their object.
    private static JsonObject Events(JsonArray? timeline)
    {
        var result = new JsonObject();
        foreach (var entry in PopulationRaces.Events([.. KnownRaces.Events(timeline)]))
        {
            var on = $"{entry.TextAt("namespace")}/{entry.TextAt("on")}";
            var text = $"{entry.TextAt("type")} {entry.TextAt("reason")} {entry.TextAt("from")}: {entry.TextAt("message")}";
            if (result[on] is not JsonArray list)
                result[on] = list = [];
            if (!list.Texts().Contains(text))
                list.Add(text);
        }

        foreach (var (on, list) in result.ToList())
        {
            if (PopulationRaces.ComesInAnyOrder(on))
                result[on] = JsonAccess.StringArray(((JsonArray)list!).Texts().Order(StringComparer.Ordinal));
        }

        return result;
    }
}
