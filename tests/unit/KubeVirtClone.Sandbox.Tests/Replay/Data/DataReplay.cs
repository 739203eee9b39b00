using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Data;

/// <summary>
/// Replays a case whose steps are data and returns a recording of the same form. A step begins where the recording's began; after a wait,
/// which takes as long as it takes here, what follows keeps its distance.
/// </summary>
internal sealed class DataReplay(ReplaySandbox sandbox, DataCase @case)
{
    private const double Look = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestSettling = TimeSpan.FromMinutes(2);
    private readonly DataSteps _steps = new(sandbox, @case);

    public JsonObject Run()
    {
        DataCluster.Install(sandbox);
        var all = new JsonObject
        {
            ["beforeState"] = new JsonArray([.. @case.BeforeState.Concat(DataCase.Flat(@case.Data, "left")).Select(o => (JsonNode?)o.Copy())]),
            ["timeline"] = @case.Data["timeline"].Copy(),
        };
        sandbox.TakeChances(new RecordedChances(all));
        var recording = new JsonObject { ["name"] = @case.Name, ["namespaces"] = @case.Data["namespaces"].Copy() };
        recording["before"] = new JsonArray([.. @case.Before.Select(entry =>
        {
            var result = _steps.Do(entry);
            if (!DataSteps.TakesItsTime(entry))
                sandbox.Run(Pause);
            return (JsonNode?)Entry(entry, result);
        })]);
        sandbox.RunUntil(() => @case.BeforeState.All(IsReached), LongestSettling);
        sandbox.Run(Pause);
        recording["beforeState"] = DataRecorder.State(sandbox, @case.Namespaces);
        if (SnapshotTime() is { } time)
            sandbox.TakeSnapshotTime(time);
        sandbox.StartRecording();
        recording["steps"] = Steps();
        recording["timeline"] = DataRecorder.Timeline(sandbox.Changes);
        recording["left"] = DataRecorder.State(sandbox, @case.Namespaces);
        recording["leftPersistentVolumes"] = DataRecorder.Volumes(sandbox, @case.Namespaces);
        return recording;
    }

    private JsonArray Steps()
    {
        var done = new JsonArray();
        var shift = 0.0;
        JsonObject? waited = null;
        foreach (var entry in @case.Steps)
        {
            var ms = entry["ms"]!.GetValue<double>();
            if (waited is not null)
                shift = sandbox.Ms - ms;
            sandbox.RunToMs(Math.Max(sandbox.Ms, ms + shift));
            var at = sandbox.Ms;
            var answer = Entry(entry, _steps.Do(entry));
            answer["ms"] = at;
            done.Add((JsonNode)answer);
            waited = entry.TextAt("step", "do") == "wait" ? entry : null;
        }

        // The recorder's end: after a wait at once, with what was on its way then.
        if (waited is not null)
            shift = sandbox.Ms - @case.LastMs;
        sandbox.RunToMs(Math.Max(sandbox.Ms, @case.LastMs + shift) + Look);
        return done;
    }

    private static JsonObject Entry(JsonObject entry, JsonObject result)
    {
        // Of an answer in which all is well most recordings keep the status only.
        foreach (var part in (ReadOnlySpan<string>)["stored", "object"])
        {
            if (entry["result"].At(part) is null && result["httpStatus"]?.GetValue<int>() < 300)
                result.Remove(part);
        }

        return new JsonObject { ["step"] = entry["step"].Copy(), ["result"] = result };
    }

    // Names made from a uid cannot be found by name; their owners are waited for instead.
    private bool IsReached(JsonObject recorded)
    {
        var type = sandbox.Find(recorded.Kind());
        if (sandbox.Api.Get(type, recorded.Namespace(), recorded.Name()) is not { } ours)
            return DataCase.Uuids(recorded.Name()).Count > 0;
        return ours.TextAt("status", "phase") == recorded.TextAt("status", "phase")
            && ours.FlagAt("status", "readyToUse") == recorded.FlagAt("status", "readyToUse")
            && ours.TextAt("status", "printableStatus") == recorded.TextAt("status", "printableStatus");
    }

    // Snapshots of volumes take as long as in the recording, whose snapshot-controller was throttled; longer than the case when they
    // were never seen to end. In seconds.
    private double? SnapshotTime()
    {
        const double OwnPart = 0.15;
        var times = new List<double>();
        foreach (var history in @case.Data.ArrayAt("timeline").Objects().Where(t => t.TextAt("kind") == "VolumeSnapshot").GroupBy(t => t.TextAt("namespace") + "/" + t.TextAt("name")))
        {
            if (history.FirstOrDefault(t => t.TextAt("event") == "ADDED") is not { } added)
                continue;
            var done = history.FirstOrDefault(t => t.FlagAt("readyToUse") is true)?["ms"]?.GetValue<double>();
            times.Add((done ?? (@case.LastMs + 1000)) - added["ms"]!.GetValue<double>());
        }

        return times.Count == 0 ? null : Math.Max(0, (times.Min() / 1000) - OwnPart);
    }
}
