using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>
/// What a step of a clone's case did, told from its words: a verb (delete, PUT, patch, read) and what it was done to. Words it does not
/// know are an error, never nothing.
/// </summary>
internal sealed partial class CloneSteps(IReplayTarget sandbox, VectorCase @case)
{
    private JsonObject Data => @case.Data;

    // A draft says in its clone what a recording says in its result.
    private string? Target => Data.TextAt("targetName") ?? Data.TextAt("clone", "spec", "target", "name");

    private string Source => Data.TextAt("clone", "spec", "source", "name")!;

    [GeneratedRegex(@"^(?<path>[A-Za-z][\w.]*) := (?<value>.+)$", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"^change (?<path>(spec|metadata)\.[\w.]+) to (?<value>.+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Change();

    [GeneratedRegex(@"^wait( (?<seconds>[0-9]+) s)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Wait();

    [GeneratedRegex(@"^(?<verb>DELETE|PATCH) (?<kind>[A-Z]\w+) (?<name>\S+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Request();

    [GeneratedRegex(@"^(PUT )?(?<verb>start|stop|restart)( the (?<of>source|target)( VM)?)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Subresource();

    [GeneratedRegex(@"^runStrategy (?<value>\w+)( of the (?<of>source|target)( VM)?)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex RunStrategy();

    public JsonNode? Do(JsonObject step, string clone)
    {
        var done = Carry(step, clone);
        // Of an answer in which all is well most recordings keep the status only.
        if (done is JsonObject answer && answer["httpStatus"] is { } status && status.GetValue<int>() < 300 && step["result"] is JsonObject recorded && !recorded.ContainsKey("response"))
            answer.Remove("response");
        return done;
    }

    private JsonNode? Carry(JsonObject step, string clone)
    {
        var text = step.TextAt("step") ?? "";
        if (Wait().Match(text) is { Success: true } wait)
        {
            sandbox.Run(TimeSpan.FromSeconds(wait.Groups["seconds"] is { Success: true } s ? int.Parse(s.Value, System.Globalization.CultureInfo.InvariantCulture) : 3));
            return null;
        }

        if (text == "give the restored PVC a node")
        {
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["volume.kubernetes.io/selected-node"] = "fake-node" } } };
            return Statuses(sandbox.List("PersistentVolumeClaim").Where(c => c.TextAt("status", "phase") == "Pending").Select(c => sandbox.Merge("PersistentVolumeClaim", c.Name(), patch)));
        }

        if (text.StartsWith("delete ", StringComparison.Ordinal))
            return Delete(text["delete ".Length..], step["result"], clone);
        if (RunStrategy().Match(text) is { Success: true } run)
            return sandbox.Merge("VirtualMachine", Machine(run.Groups["of"], Source), new JsonObject { ["spec"] = new JsonObject { ["runStrategy"] = run.Groups["value"].Value } });
        if (Subresource().Match(text) is { Success: true } put)
            return sandbox.Subresource(Machine(put.Groups["of"], Target!), put.Groups["verb"].Value);
        if (Assignment().Match(text) is { Success: true } assigned)
            return Set(clone, "spec." + assigned.Groups["path"].Value, JsonNode.Parse(assigned.Groups["value"].Value));
        if (Change().Match(text) is { Success: true } change)
            return Set(clone, change.Groups["path"].Value, change.Groups["value"].Value);
        return Given(text, step["result"] as JsonObject, clone) ?? Read(text, step["result"] as JsonObject, clone) ?? throw Unknown(text);
    }

    private string Machine(Group of, string otherwise) => of.Value switch { "source" => Source, "target" => Target!, _ => otherwise };

    private JsonObject Set(string clone, string path, JsonNode? value)
    {
        foreach (var key in path.Split('.').Reverse())
            value = new JsonObject { [key] = value };
        return sandbox.Merge("VirtualMachineClone", clone, value!);
    }

    // What was sent stands in the result.
    private JsonObject? Given(string text, JsonObject? result, string clone)
    {
        if (result?.ObjectAt("object") is { } made && result["httpStatus"] is not null)
        {
            var answer = sandbox.Post(sandbox.Find(made), @case.Namespace, made);
            return result["response"] is null
                ? new JsonObject { ["httpStatus"] = answer["httpStatus"].Copy(), ["object"] = made.Copy() }
                : new JsonObject { ["httpStatus"] = answer["httpStatus"].Copy(), ["object"] = made.Copy(), ["response"] = answer["response"].Copy() };
        }

        var request = Request().Match(text);
        if (request.Success && request.Groups["verb"].Value == "DELETE")
            return sandbox.Delete(request.Groups["kind"].Value, request.Groups["name"].Value);
        if (result?["body"] is not { } body)
            return null;
        var (kind, name) = request.Success ? (request.Groups["kind"].Value, request.Groups["name"].Value) : Meant(text, clone)[0];
        var patched = sandbox.Merge(kind, name, body);
        patched["body"] = body.DeepClone();
        return patched;
    }

    private JsonObject? Read(string text, JsonObject? result, string clone)
    {
        if (text != "the second clone" && !text.StartsWith("read", StringComparison.Ordinal))
            return null;
        var (kind, name) = text switch
        {
            "the second clone" => ("VirtualMachineClone", "cl2"),
            "read" => ("VirtualMachine", Target!),
            _ when result?.TextAt("metadata", "name") is { } read && sandbox.Get(result.Kind(), read) is not null => (result.Kind(), read),
            _ => Meant(text, clone)[0],
        };
        var found = sandbox.Get(kind, name)?.Copy();
        if (found is not null && text.Split(" as ") is [_, var version])
            found["apiVersion"] = found.TextAt("apiVersion")!.Split('/')[0] + "/" + version;
        return found;
    }

    private JsonNode Delete(string what, JsonNode? recorded, string clone)
    {
        var answers = Meant(what, clone).Select(o => sandbox.Delete(o.Kind, o.Name)).ToList();
        return recorded is JsonArray || answers.Count != 1 ? Statuses(answers) : answers[0];
    }

    private static JsonArray Statuses(IEnumerable<JsonObject> answers) => new([.. answers.Select(a => a["httpStatus"].Copy())]);

    private List<(string Kind, string Name)> Meant(string text, string clone)
    {
        var says = (string word) => text.Contains(word, StringComparison.Ordinal);
        var temporary = says("temporary");
        if (says("snapshot content"))
            return All("VirtualMachineSnapshotContent", _ => true);
        if (says("VolumeSnapshot"))
            return All("VolumeSnapshot", _ => true);
        if (says("restore") && temporary)
            return All("VirtualMachineRestore", o => o.Name().StartsWith("tmp-", StringComparison.Ordinal));
        if (says("snapshot") && temporary)
            return All("VirtualMachineSnapshot", o => o.Name().StartsWith("tmp-", StringComparison.Ordinal));
        if (says("PVC") || says("DataVolume"))
        {
            var kind = says("PVC") ? "PersistentVolumeClaim" : "DataVolume";
            var restored = says("restored") || says("target");
            return All(kind, o => o.Annotation("restore.kubevirt.io/name") is not null == restored);
        }

        if (says("second clone"))
            return [("VirtualMachineClone", "cl2")];
        if (says("clone"))
            return [("VirtualMachineClone", clone)];
        if (says("target"))
            return [("VirtualMachine", Target!)];
        if (says("snapshot") || (says("source") && Data.TextAt("clone", "spec", "source", "kind") == "VirtualMachineSnapshot" && !says("VM")))
            return [("VirtualMachineSnapshot", Source)];
        return says("source") ? [("VirtualMachine", Source)] : throw Unknown(text);
    }

    private List<(string Kind, string Name)> All(string kind, Func<JsonObject, bool> which) => [.. sandbox.List(kind).Where(which).Select(o => (kind, o.Name()))];

    private static NotSupportedException Unknown(string text) => new($"the replay does not know the step '{text}'");
}
