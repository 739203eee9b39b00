using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Tests.Replay.Live;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>Replays a case of a VirtualMachineClone and returns a recording of the same form.</summary>
internal sealed class CloneReplay(IReplayTarget sandbox, VectorCase @case)
{
    private const double Margin = 1500;
    private readonly Preparation _preparation = new(sandbox, @case);

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

    // A draft says in its clone what a recording says in its result.
    private string? Target => Data.TextAt("targetName") ?? Data.TextAt("clone", "spec", "target", "name");

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
            done.Add((JsonNode)new JsonObject { ["step"] = step.TextAt("step"), ["at"] = at, ["result"] = Do(step, clone) });
        }

        recording[part] = done;
    }

    private JsonNode? Do(JsonObject step, string clone)
    {
        var result = step["result"];
        var text = step.TextAt("step") ?? "";
        switch (text)
        {
            case "wait":
                sandbox.Run(TimeSpan.FromSeconds(3));
                return null;
            case "delete the clone":
                return sandbox.Delete("VirtualMachineClone", clone);
            case "delete the target VM":
                return sandbox.Delete("VirtualMachine", Target!);
            case "delete the source VM":
                return sandbox.Delete("VirtualMachine", Data.TextAt("clone", "spec", "source", "name")!);
            case "delete the temporary snapshot" or "delete the temporary restore":
                var kind = text.EndsWith("restore", StringComparison.Ordinal) ? "VirtualMachineRestore" : "VirtualMachineSnapshot";
                return new JsonArray([.. sandbox.List(kind).Where(s => s.Name().StartsWith("tmp-", StringComparison.Ordinal)).Select(s => sandbox.Delete(kind, s.Name())["httpStatus"].Copy())]);
            case "patches := []":
                return sandbox.Merge("VirtualMachineClone", clone, new JsonObject { ["spec"] = new JsonObject { ["patches"] = new JsonArray() } });
            case "give the restored PVC a node":
                var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["volume.kubernetes.io/selected-node"] = "fake-node" } } };
                return new JsonArray([.. sandbox.List("PersistentVolumeClaim").Where(c => c.TextAt("status", "phase") == "Pending")
                    .Select(c => sandbox.Merge("PersistentVolumeClaim", c.Name(), patch)["httpStatus"].Copy())]);
            case "runStrategy Always":
                return sandbox.Merge("VirtualMachine", Data.TextAt("clone", "spec", "source", "name")!, new JsonObject { ["spec"] = new JsonObject { ["runStrategy"] = "Always" } });
            case "PUT start":
                return sandbox.Subresource(Target!, "start");
            case "read":
                return sandbox.Get("VirtualMachine", Target!)?.Copy();
            case "read as v1alpha1":
                var read = sandbox.Get("VirtualMachineClone", clone)!.Copy();
                read["apiVersion"] = "clone.kubevirt.io/v1alpha1";
                return read;
            case "the second clone":
                return sandbox.Get("VirtualMachineClone", "cl2")?.Copy();
            default:
                return Generic(text, result as JsonObject, clone);
        }
    }

    private JsonObject Generic(string text, JsonObject? result, string clone)
    {
        if (result?.ObjectAt("object") is { } made)
            return new JsonObject { ["httpStatus"] = sandbox.Post(sandbox.Find(made), @case.Namespace, made)["httpStatus"].Copy(), ["object"] = made.Copy() };
        if (text.Split(' ') is ["DELETE", var deletedKind, var deletedName])
            return sandbox.Delete(deletedKind, deletedName);
        if (text.Split(' ') is ["PATCH", var patchedKind, var patchedName] && result?["body"] is { } body)
        {
            var answer = sandbox.Merge(patchedKind, patchedName, body);
            return new JsonObject { ["httpStatus"] = answer["httpStatus"].Copy(), ["body"] = body.DeepClone() };
        }

        if (text.StartsWith("change spec.source.name to ", StringComparison.Ordinal))
        {
            var source = new JsonObject { ["name"] = text["change spec.source.name to ".Length..] };
            return sandbox.Merge("VirtualMachineClone", clone, new JsonObject { ["spec"] = new JsonObject { ["source"] = source } });
        }

        throw new NotSupportedException($"the replay does not know the step '{text}'");
    }
}
