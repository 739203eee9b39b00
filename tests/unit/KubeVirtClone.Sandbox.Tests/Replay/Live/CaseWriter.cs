using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Live;

/// <summary>
/// Writes what a live cluster did as a case of the recordings' form, into the folder that <c>KUBEVIRTCLONE_RECORD</c> names. What a
/// case gives (objects, posts, steps) may come from a file that holds nothing else: so new cases are recorded.
/// </summary>
internal static class CaseWriter
{
    private static readonly JsonSerializerOptions Layout = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string? Folder => Environment.GetEnvironmentVariable("KUBEVIRTCLONE_RECORD") is { Length: > 0 } folder ? folder : null;

    public static void Write(string folder, VectorCase @case, JsonObject recording)
    {
        var written = new JsonObject();
        foreach (var key in (ReadOnlySpan<string>)["name", "title", "kubevirt", "namespace"])
            written[key] = @case.Data[key].Copy();
        written["kubevirt"] ??= "v1.9.0";
        written["before"] = recording["before"].Copy();
        if (@case.Data["clone"] is { } clone)
            written["clone"] = clone.DeepClone();
        foreach (var (key, value) in recording)
        {
            if (!key.EndsWith("History", StringComparison.Ordinal) && key != "before")
                written[key] = value.Copy();
        }

        foreach (var key in (ReadOnlySpan<string>)["query", "asUser"])
        {
            if (@case.Data.TextAt("create", key) is { } given)
                written["create"]![key] = given;
        }

        foreach (var part in (ReadOnlySpan<string>)["posted", "steps", "during", "after"])
            TakeTimes(written.ArrayAt(part));
        if (written.ArrayAt("posted") is { } posted)
        {
            foreach (var (post, given) in posted.Objects().Zip(@case.Posts()))
            {
                foreach (var key in (ReadOnlySpan<string>)["query", "asUser"])
                {
                    if (given[key] is { } value)
                        post[key] = value.DeepClone();
                }
            }
        }

        Shorten(written.ArrayAt("timeline"));
        Forget(written);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, @case.Name + ".json"), written.ToJsonString(Layout) + "\n");
    }

    // The moment at which it really was done, not the one that was planned.
    private static void TakeTimes(JsonArray? entries)
    {
        foreach (var entry in entries.Objects())
        {
            if (entry["at"] is not { } at)
                continue;
            entry.Remove("at");
            entry["ms"] = Math.Round(at.GetValue<double>());
        }
    }

    // Statuses of what the comparison looks at only at the end, and events told again, are most of a timeline.
    private static void Shorten(JsonArray? timeline)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in timeline.Objects().ToList())
        {
            var kind = entry.TextAt("kind");
            if (kind == "Event" && !told.Add(string.Join('|', entry.TextAt("on"), entry.TextAt("reason"), entry.TextAt("message"))))
            {
                timeline!.Remove(entry);
            }
            else if (kind is "VirtualMachine" or "VirtualMachineInstance" or "PersistentVolumeClaim" or "DataVolume" or "VolumeSnapshot")
            {
                foreach (var field in (ReadOnlySpan<string>)["phase", "printableStatus", "snapshotInProgress"])
                {
                    if (entry.At("status", field) is { } value)
                        entry[field] = value.DeepClone();
                }

                entry.Remove("status");
            }
        }
    }

    // Who wrote which field is of no use to a replay, and long.
    private static void Forget(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                map.Remove("managedFields");
                foreach (var (_, value) in map)
                    Forget(value);
                break;
            case JsonArray list:
                foreach (var item in list)
                    Forget(item);
                break;
        }
    }
}
