using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Tests.Replay.Live;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>
/// Replays a case of snapshots and restores used directly. Its posts and steps are taken in the recorded order and, after what it
/// waited for has come about, at the recorded distances.
/// </summary>
internal sealed class RestoreReplay
{
    private readonly IReplayTarget _sandbox;
    private readonly VectorCase _case;
    private readonly Preparation _preparation;
    private readonly StepTargets _targets;
    private double _shift;

    public RestoreReplay(IReplayTarget sandbox, VectorCase @case)
    {
        _sandbox = sandbox;
        _case = @case;
        _preparation = new Preparation(sandbox, @case);
        _targets = new StepTargets(sandbox, @case, _preparation);
    }

    private JsonObject Data => _case.Data;

    public (JsonObject Recording, IReadOnlyList<string> Problems) Run()
    {
        var problems = _preparation.Run().ToList();
        if (problems.Count > 0 && _sandbox.IsLive)
            throw new NotRepeatableException("the cluster answers otherwise to what is there first: " + string.Join("; ", problems));
        var recording = new JsonObject { ["before"] = _preparation.Answers, ["beforeState"] = _preparation.State() };
        _preparation.TakeRecordedSpeed();
        _sandbox.StartRecording();
        var posted = new JsonArray();
        var steps = new JsonArray();
        foreach (var (ms, post, step) in Schedule())
        {
            if (post is not null)
            {
                // A webhook that broke off found a snapshot nobody had worked on yet, one that met an object on its way out came before
                // it was gone: posted before the controllers get to it.
                if (post["httpStatus"]?.GetValue<int>() != 500 && !(post.TextAt("response", "message") ?? "").Contains("object is being deleted", StringComparison.Ordinal))
                    _sandbox.RunToMs(ms + _shift);
                posted.Add((JsonNode)PostAsOften(post, posted));
            }
            else
            {
                var translated = (JsonObject)_preparation.Translate(step!);
                var result = Do(translated, ms);
                steps.Add((JsonNode)new JsonObject { ["ms"] = ms, ["at"] = _sandbox.Ms, ["step"] = translated["step"].Copy(), ["result"] = result });
            }
        }

        _sandbox.RunToMs(LastMs() + _shift + 100);
        if (_case.IsDraft)
            LiveRules.AwaitQuiet(_sandbox, TimeSpan.FromSeconds(5));
        else if (_sandbox.IsLive)
            LiveRules.AwaitEnd(_sandbox, Data, "left", detailed: true, TimeSpan.FromSeconds(45));
        var seen = _sandbox.Changes;
        recording["posted"] = posted;
        recording["steps"] = steps;
        recording["statuses"] = Recorder.Statuses(seen);
        recording["timeline"] = Recorder.Timeline(seen);
        foreach (var (part, kind) in (ReadOnlySpan<(string, string)>)[("snapshots", "VirtualMachineSnapshot"), ("restores", "VirtualMachineRestore"), ("contents", "VirtualMachineSnapshotContent")])
            recording[part] = Recorder.LastSeen(seen, kind);
        recording["VMs"] = Recorder.Objects(_sandbox, "VirtualMachine");
        recording["left"] = Recorder.Left(_sandbox, detailed: true);
        recording["leftPVCs"] = Recorder.Objects(_sandbox, "PersistentVolumeClaim");
        recording["leftDataVolumes"] = Recorder.Objects(_sandbox, "DataVolume");
        return (recording, problems);
    }

    // Posts and steps carry times of one clock. A step "reached" ends a wait and so comes before what has the same time.
    private IEnumerable<(double Ms, JsonObject? Post, JsonObject? Step)> Schedule() => Data.ArrayAt("posted").Objects()
        .Select(p => (Ms: p["ms"]!.GetValue<double>(), Post: (JsonObject?)p, Step: (JsonObject?)null))
        .Concat(Data.ArrayAt("steps").Objects().Select(s => (Ms: s["ms"]!.GetValue<double>(), Post: (JsonObject?)null, Step: (JsonObject?)s)))
        .OrderBy(e => e.Ms).ThenBy(e => e.Post is null ? 0 : 1);

    private double LastMs() => Data.ArrayAt("timeline").Objects().Select(t => t["ms"]!.GetValue<double>())
        .Concat(Data.ArrayAt("steps").Objects().Select(s => s["ms"]!.GetValue<double>())).DefaultIfEmpty(0).Max();

    // The recorder posted what was refused again every 50 ms and noted an answer when it was another than the one before.
    private JsonObject PostAsOften(JsonObject post, JsonArray before)
    {
        var answer = Post(post);
        if (Before(before, post) is not { } ours || Before(Data.ArrayAt("posted")!, post) is not { } recorded || IsSame(recorded, post))
            return answer;
        for (var waited = 0; IsSame(ours, answer) && waited < 10_000; waited += 50)
        {
            _sandbox.Run(TimeSpan.FromMilliseconds(50));
            answer = Post(post);
        }

        _shift = Math.Max(_shift, _sandbox.Ms - post["ms"]!.GetValue<double>());
        return answer;

        static JsonObject? Before(JsonArray list, JsonObject post) => list.Objects().TakeWhile(p => !ReferenceEquals(p, post))
            .LastOrDefault(p => p["object"].Same(post["object"]) && p["httpStatus"]?.GetValue<int>() >= 400);

        static bool IsSame(JsonObject a, JsonObject b) => a["httpStatus"].Same(b["httpStatus"]) && a.TextAt("response", "message") == b.TextAt("response", "message");
    }

    private JsonObject Post(JsonObject post)
    {
        var body = (JsonObject)_preparation.Translate(post["object"]!);
        var result = _sandbox.Post(_sandbox.Find(body), _case.Namespace, body, post.TextAt("query"), Preparation.UserName(post.TextAt("asUser")));
        result["object"] = post["object"].Copy();
        result["ms"] = post["ms"].Copy();
        result["at"] = _sandbox.Ms;
        _preparation.Match(post.ObjectAt("stored"), result.ObjectAt("stored"));
        if (result.ObjectAt("stored") is { } stored)
            stored["apiVersion"] = body.TextAt("apiVersion");
        return result;
    }

    private JsonNode? Do(JsonObject step, double ms)
    {
        var text = step.TextAt("step") ?? "";
        if (text.StartsWith("reached: ", StringComparison.Ordinal))
        {
            // The wait takes as long as it takes here; what follows keeps its distance to it.
            _sandbox.RunToMs(Math.Min(ms + _shift, _sandbox.Ms));
            if (Conditions(text["reached: ".Length..]) is not { } condition)
            {
                // What it waited for has no words here: it waits as long as it did there, and what came of it is compared all the same.
                _sandbox.RunToMs(ms + _shift);
                return null;
            }

            var atMost = _sandbox.IsLive ? TimeSpan.FromMilliseconds(Math.Max(60_000, 2 * ms)) : TimeSpan.FromMinutes(8);
            if (!_sandbox.RunUntil(condition, atMost))
                return "not reached";
            // The recorder looked every few hundredths of a second: what follows at once has settled by then.
            if (!_sandbox.IsLive)
                _sandbox.Run(TimeSpan.FromMilliseconds(30));
            _shift = _sandbox.Ms - ms;
            return null;
        }

        _sandbox.RunToMs(ms + _shift);
        // A live cluster may be slower than the recorded one was: a look waits a little for what it should see.
        if (_sandbox.IsLive && !_case.IsDraft && step["result"] is JsonObject seen && seen["httpStatus"] is null)
            LiveRules.AwaitEnd(_sandbox, step, "result", detailed: true, TimeSpan.FromSeconds(10));
        if (text.StartsWith("not reached in ", StringComparison.Ordinal))
            return Conditions(text[(text.IndexOf(": ", StringComparison.Ordinal) + 2)..])?.Invoke() is true ? "reached" : null;
        return _targets.Do(step);
    }

    private Func<bool>? Conditions(string text)
    {
        var names = text.Contains(": ", StringComparison.Ordinal) ? text[(text.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split(", ") : [];
        if (text.StartsWith("complete: ", StringComparison.Ordinal))
            return () => names.All(n => Restore(n).FlagAt("status", "complete") is true);
        if (text.StartsWith("error or complete: ", StringComparison.Ordinal))
            return () => names.All(n => Restore(n) is { } r && (r.FlagAt("status", "complete") is true || IsInError(r)));
        if (text.StartsWith("error: ", StringComparison.Ordinal))
            return () => names.All(n => Restore(n) is { } r && IsInError(r));
        if (text.StartsWith("failed: ", StringComparison.Ordinal))
            return () => names.All(n => Restore(n).ArrayAt("status", "conditions").Objects().Any(c => c.TextAt("type") == "Failure" && c.TextAt("status") == "True"));
        if (text.StartsWith("readyToUse: ", StringComparison.Ordinal))
            return () => names.All(n => _sandbox.Get("VirtualMachineSnapshot", n).FlagAt("status", "readyToUse") is true);
        if (text.EndsWith(" is gone", StringComparison.Ordinal) && text.Split(' ') is [var kind, var name, ..])
            return () => _sandbox.Get(kind, name) is null;
        if (text.Split(' ') is [var snapshot, "phase", var phases])
            return () => phases.Split('/').Contains(_sandbox.Get("VirtualMachineSnapshot", snapshot).TextAt("status", "phase"));
        return text switch
        {
            "a PVC of the restore" => () => _sandbox.List("PersistentVolumeClaim").Any(c => c.Annotation("restore.kubevirt.io/name") is not null),
            "content named in the status" => () => _sandbox.List("VirtualMachineSnapshot").Any(s => s.TextAt("status", "virtualMachineSnapshotContentName") is not null),
            "VolumeSnapshot made" => () => _sandbox.List("VolumeSnapshot").Count > 0,
            "no VolumeSnapshot left" => () => _sandbox.List("VolumeSnapshot").Count == 0,
            "PVCs of all restores" => () => _sandbox.List("VirtualMachineRestore").All(r => _sandbox.List("PersistentVolumeClaim").Any(c => c.Annotation("restore.kubevirt.io/name") == r.Name())),
            "Succeeded" => () => _sandbox.List("VirtualMachineClone").All(c => c.TextAt("status", "phase") == "Succeeded"),
            "all PVCs bound" or "bound" or "PVC bound" or "PVCs bound" => () => _sandbox.List("PersistentVolumeClaim").All(c => c.TextAt("status", "phase") == "Bound"),
            _ => null,
        };
    }

    private JsonObject? Restore(string name) => _sandbox.Get("VirtualMachineRestore", name);

    private static bool IsInError(JsonObject restore) => restore.ArrayAt("status", "conditions").Objects().Any(c => c.TextAt("type") == "Progressing" && c.TextAt("status") == "False");
}
