using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Tests.Replay.Live;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>Replays a case of a VirtualMachineClone and returns a recording of the same form.</summary>
internal sealed class CloneReplay(IReplayTarget sandbox, VectorCase @case)
{
    private const double Margin = 1500;
    private readonly Preparation _preparation = new(sandbox, @case);
    private readonly CloneSteps _steps = new(sandbox, @case);

    private JsonObject Data => @case.Data;

    public (JsonObject Recording, IReadOnlyList<string> Problems) Run()
    {
        var problems = _preparation.Run().ToList();
        if (problems.Count > 0 && sandbox.IsLive)
            throw new NotRepeatableException("the cluster answers otherwise to what is there first: " + string.Join("; ", problems));
        var recording = new JsonObject { ["before"] = _preparation.Answers, ["beforeState"] = _preparation.State() };
        _preparation.TakeRecordedSpeed();

        sandbox.StartRecording();
        var type = sandbox.Find("VirtualMachineClone");
        var created = sandbox.Post(type, RequestNamespace(), (JsonObject)_preparation.Translate(Data["clone"]!), Data.TextAt("create", "query"), Preparation.UserName(Data.TextAt("create", "asUser")));
        // In process every version is answered as stored; over HTTP the server writes the version that was asked for.
        if (created.ObjectAt("stored") is { } stored)
            stored["apiVersion"] = Data.TextAt("clone", "apiVersion");
        recording["create"] = created;
        var name = created.TextAt("stored", "metadata", "name") ?? "cl";
        Steps("during", recording, name);
        sandbox.RunToMs(LastMs() + Margin);
        if (@case.IsDraft)
            LiveRules.AwaitQuiet(sandbox, TimeSpan.FromSeconds(5));
        else if (sandbox.IsLive && Data["after"] is null)
            LiveRules.AwaitEnd(sandbox, Data, "left", detailed: false, TimeSpan.FromSeconds(60));
        else if (sandbox.IsLive)
            LiveRules.AwaitClone(sandbox, Data, name);
        var seen = sandbox.Changes.ToList();
        recording["phases"] = Recorder.Phases(seen, "VirtualMachineClone", name);
        recording["timeline"] = Recorder.Timeline(seen);
        foreach (var (part, kind) in (ReadOnlySpan<(string, string)>)[("snapshots", "VirtualMachineSnapshot"), ("restores", "VirtualMachineRestore"), ("contents", "VirtualMachineSnapshotContent")])
        {
            recording[part] = Recorder.LastSeen(seen, kind);
            recording[part + "History"] = Recorder.History(seen, kind);
        }

        recording["cloneFinal"] = sandbox.Get("VirtualMachineClone", name)?.Copy();
        var target = created.TextAt("stored", "spec", "target", "name");
        recording["targetName"] = target;
        recording["otherClones"] = OtherClones(seen, name);
        recording["targetVM"] = target is null ? null : sandbox.Get("VirtualMachine", target)?.Copy();
        Steps("after", recording, name);
        if (Data["after"] is not null)
            sandbox.Run(TimeSpan.FromSeconds(4));
        if (sandbox.IsLive && Data["after"] is not null)
            LiveRules.AwaitEnd(sandbox, Data, "left", detailed: false, TimeSpan.FromSeconds(20));
        recording["left"] = Recorder.Left(sandbox, detailed: false);
        recording["leftPVCs"] = Recorder.Objects(sandbox, "PersistentVolumeClaim");
        return (recording, problems);
    }

    // Statuses of the clones that steps made.
    private static JsonObject OtherClones(IReadOnlyList<(double Ms, StoreEvent Event)> seen, string name) => new(seen
        .Where(c => c.Event.Resource.Kind == "VirtualMachineClone" && c.Event.Name != name).Select(c => c.Event.Name).Distinct()
        .Select(n => new KeyValuePair<string, JsonNode?>(n, Recorder.Phases(seen, "VirtualMachineClone", n))));

    private string RequestNamespace() =>
        Data.TextAt("create", "response", "details", "kind") == "namespaces" ? Data.TextAt("create", "response", "details", "name")! : @case.Namespace;

    private double LastMs() => Math.Max(
        Data.ArrayAt("timeline").Objects().Select(t => t["ms"]!.GetValue<double>()).DefaultIfEmpty(0).Max(),
        Data.ArrayAt("phases").Objects().Select(t => t["ms"]!.GetValue<double>()).DefaultIfEmpty(0).Max());

    private void Steps(string part, JsonObject recording, string clone)
    {
        if (Data.ArrayAt(part) is not { } steps)
            return;
        var done = new JsonArray();
        foreach (var step in steps.Objects())
        {
            if (step["ms"] is { } ms)
                sandbox.RunToMs(ms.GetValue<double>());
            if (sandbox.IsLive && part == "during" && step["ms"] is { } moment)
                LiveRules.AwaitMoment(sandbox, Data, clone, moment.GetValue<double>());
            var at = sandbox.Ms;
            done.Add((JsonNode)new JsonObject { ["step"] = step.TextAt("step"), ["at"] = at, ["result"] = _steps.Do(step, clone) });
        }

        recording[part] = done;
    }
}
