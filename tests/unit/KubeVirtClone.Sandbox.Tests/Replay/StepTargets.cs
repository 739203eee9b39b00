using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>What a recorded step did, told from its words and its result: a deletion, a merge patch, or a look at something.</summary>
internal sealed partial class StepTargets(IReplayTarget sandbox, VectorCase @case, Preparation preparation)
{
    [GeneratedRegex(@"^(?<verb>DELETE|PATCH) (?<kind>[A-Z]\w+) (?<name>\S+)$", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Request();

    private static readonly string[] Kinds =
    [
        "VirtualMachine", "VirtualMachineSnapshot", "VirtualMachineSnapshotContent", "VirtualMachineRestore", "VirtualMachineClone", "VirtualMachineInstance", "PersistentVolumeClaim",
        "DataVolume", "VolumeSnapshot", "ConfigMap", "Secret", "Pod", "ResourceQuota", "LimitRange",
    ];

    private JsonObject Data => @case.Data;

    public JsonNode? Do(JsonObject step)
    {
        var text = step.TextAt("step") ?? "";
        var result = step.ObjectAt("result");
        if (result is null)
            return null;
        var user = Preparation.UserName(result.TextAt("asUser"));
        if (Request().Match(text) is { Success: true } m)
        {
            var (kind, name) = (m.Groups["kind"].Value, m.Groups["name"].Value);
            return m.Groups["verb"].Value == "DELETE"
                ? Shown(sandbox.Delete(kind, name, user), result)
                : Shown(sandbox.Merge(kind, name, result["body"]!, user), result);
        }

        if (result["body"] is { } body)
        {
            var (kind, name) = Answering(result) ?? Patched(text, (JsonObject)body);
            return Shown(sandbox.Merge(kind, name, preparation.Translate(body), user), result);
        }

        if (result["httpStatus"] is not null)
            return Deed(text, result, user);
        return Look(text, result);
    }

    private static JsonObject Shown(JsonObject answer, JsonObject recorded)
    {
        if (recorded["body"] is { } body)
            answer["body"] = body.DeepClone();
        if (recorded["response"] is null && answer["httpStatus"]!.GetValue<int>() < 300)
            answer.Remove("response");
        if (recorded["asUser"] is { } user)
            answer["asUser"] = user.DeepClone();
        return answer;
    }

    // Who answered says what was asked: the object itself, or a refusal with its name.
    private (string Kind, string Name)? Answering(JsonObject result)
    {
        if (result.ObjectAt("response") is not { } response)
            return null;
        if (response.Kind() != "Status")
            return response.TextAt("metadata", "name") is { } own ? (response.Kind(), own) : null;
        return response.TextAt("details", "name") is { } named && response.TextAt("details", "kind") is { } plural
            && Kinds.FirstOrDefault(k => sandbox.Find(k) is var t && (t.Plural == plural || t.Kind == plural)) is { } kind
            ? (kind, named)
            : null;
    }

    private (string Kind, string Name) Patched(string text, JsonObject body)
    {
        if (body.At("metadata", "annotations", "volume.kubernetes.io/selected-node") is not null)
        {
            var machine = text.StartsWith("a consumer comes for ", StringComparison.Ordinal) ? text["a consumer comes for ".Length..] : null;
            var waiting = machine is null
                ? sandbox.List("PersistentVolumeClaim").First(c => c.TextAt("status", "phase") == "Pending").Name()
                : VirtualMachines.Volumes(sandbox.Get("VirtualMachine", machine)!).Select(VirtualMachines.ClaimName).OfType<string>().First();
            return ("PersistentVolumeClaim", waiting);
        }

        if (body.At("spec", "hard") is not null)
            return ("ResourceQuota", sandbox.List("ResourceQuota")[0].Name());
        if (body.At("spec", "runStrategy") is not null || body.At("spec", "template") is not null)
            return ("VirtualMachine", "src");
        // "touch the restore rb (an annotation)": a restore is named by one of the words.
        var words = text.Split(' ', '(', ')', ':', ',');
        if (sandbox.List("VirtualMachineRestore").FirstOrDefault(r => words.Contains(r.Name()) && r.Name().Length > 1) is { } named)
            return ("VirtualMachineRestore", named.Name());
        var first = Data.ArrayAt("posted").Objects().First(p => p["httpStatus"]?.GetValue<int>() is null or 201).ObjectAt("object")!;
        return (first.Kind(), first.Name());
    }

    private JsonObject Deed(string text, JsonObject result, string? user)
    {
        if (user is not null && text.Contains(" lists ", StringComparison.Ordinal))
        {
            var what = text[(text.IndexOf(" lists ", StringComparison.Ordinal) + " lists ".Length)..];
            var kind = what switch { "restores" => "VirtualMachineRestore", "contents" => "VirtualMachineSnapshotContent", "VolumeSnapshots" => "VolumeSnapshot", _ => throw Unknown(text) };
            return As(user, sandbox.Refusal(user, "list", sandbox.Find(kind)) ?? new JsonObject { ["httpStatus"] = 200 });
        }

        if (user is not null && text.Contains("deletecollection of restores", StringComparison.Ordinal))
            return As(user, sandbox.Refusal(user, "deletecollection", sandbox.Find("VirtualMachineRestore")) ?? new JsonObject { ["httpStatus"] = 200 });
        if (user is not null && text.Contains("deletes a PVC (dryRun)", StringComparison.Ordinal))
            return As(user, sandbox.Delete("PersistentVolumeClaim", sandbox.List("PersistentVolumeClaim")[0].Name(), user, dryRun: true));
        if (text.StartsWith("delete the VolumeSnapshot", StringComparison.Ordinal))
            return sandbox.Delete("VolumeSnapshot", sandbox.List("VolumeSnapshot")[0].Name());
        if (text.Contains("pending PVC", StringComparison.Ordinal))
        {
            var restore = text.Contains(" of ", StringComparison.Ordinal) ? text.Split(" of ")[1].Split(' ')[0] : null;
            var claim = sandbox.List("PersistentVolumeClaim").First(c => c.TextAt("status", "phase") == "Pending" && !c.IsDeleting() && (restore is null || c.Annotation("restore.kubevirt.io/name") == restore));
            return sandbox.Delete("PersistentVolumeClaim", claim.Name());
        }

        if (text.Contains("the source VM", StringComparison.Ordinal))
            return sandbox.Delete("VirtualMachine", "src");
        if (text == "and its PVC")
            return sandbox.Delete("PersistentVolumeClaim", "data");
        if (text.StartsWith("delete", StringComparison.Ordinal) && (Answering(result) ?? Named(text)) is { } meant)
            return sandbox.Delete(meant.Kind, meant.Name, user);
        throw Unknown(text);
    }

    // An object that a word names, of a kind that the words tell; VMs are mostly named without one.
    private (string Kind, string Name)? Named(string text)
    {
        var words = text.Split(' ', ',', ':', '(', ')');
        (string Word, string Kind)[] said =
        [
            ("restore", "VirtualMachineRestore"), ("content", "VirtualMachineSnapshotContent"), ("snapshot", "VirtualMachineSnapshot"), ("PVC", "PersistentVolumeClaim"),
            ("DataVolume", "DataVolume"), ("quota", "ResourceQuota"), ("ConfigMap", "ConfigMap"), ("pod", "Pod"),
        ];
        foreach (var (word, kind) in said.Where(k => words.Contains(k.Word)).Append(("VM", "VirtualMachine")))
        {
            var there = sandbox.List(kind).Select(o => o.Name()).ToList();
            if ((there.Find(words.Contains) ?? (there.Count == 1 && words.Contains(word) ? there[0] : null)) is { } name)
                return (kind, name);
        }

        return null;
    }

    private static JsonObject As(string user, JsonObject answer)
    {
        answer["asUser"] = user;
        return answer;
    }

    private static NotSupportedException Unknown(string text) => new($"the replay does not know the step '{text}'");

    private JsonObject Look(string text, JsonObject recorded)
    {
        if (recorded["pvcs"] is not null)
            return new JsonObject { ["pvcs"] = Claims() };
        if (recorded["VirtualMachine"] is not null || recorded["PersistentVolumeClaim"] is not null)
            return Recorder.Left(sandbox, detailed: true);
        if (recorded["object"] is { } seen)
            return new JsonObject { ["object"] = LookAt(text, seen) };
        if (recorded["status"] is not null)
            return new JsonObject { ["status"] = sandbox.List("VirtualMachineSnapshot")[0]["status"].Copy() };
        if (recorded["conditions"] is not null)
            return new JsonObject { ["conditions"] = sandbox.List("VirtualMachineSnapshot")[0].At("status", "conditions").Copy() };
        if (recorded.TextAt("name")?.StartsWith("vmsnapshot-", StringComparison.Ordinal) is true)
        {
            var snapshot = sandbox.List("VolumeSnapshot")[0];
            return new JsonObject { ["name"] = snapshot.Name(), ["deleting"] = snapshot.IsDeleting(), ["finalizers"] = snapshot.At("metadata", "finalizers").Copy() };
        }

        var result = new JsonObject();
        foreach (var (key, value) in recorded)
        {
            result[key] = value switch
            {
                JsonObject o when o["reasons"] is not null => Reasons(key, o),
                JsonObject o when o["macs"] is not null => MachineView(key, o),
                JsonArray => JsonAccess.StringArray(sandbox.List("VirtualMachineRestore").Where(r => r.TextAt("spec", "target", "name") == key).Select(r => r.Name()).Order(StringComparer.Ordinal)),
                _ => throw Unknown(text),
            };
        }

        return result;
    }

    private JsonObject Reasons(string restore, JsonObject recorded)
    {
        var found = sandbox.Get("VirtualMachineRestore", restore);
        var reasons = new JsonObject();
        foreach (var condition in found.ArrayAt("status", "conditions").Objects())
            reasons[condition.TextAt("type")!] = condition.TextAt("reason");
        return new JsonObject { ["note"] = recorded["note"].Copy(), ["complete"] = found.At("status", "complete").Copy(), ["reasons"] = reasons };
    }

    private JsonArray Claims() => new([.. sandbox.List("PersistentVolumeClaim").OrderBy(c => c.Name(), StringComparer.Ordinal).Select(c => (JsonNode?)new JsonObject
    {
        ["name"] = c.Name(),
        ["phase"] = c.TextAt("status", "phase"),
        ["owners"] = JsonAccess.StringArray(c.ArrayAt("metadata", "ownerReferences").Objects().Select(r => r.TextAt("kind") + "/" + r.TextAt("name"))),
        ["annotations"] = new JsonObject((c.ObjectAt("metadata", "annotations") ?? []).Where(p => p.Key.StartsWith("restore.kubevirt.io/", StringComparison.Ordinal) || p.Key == "cdi.kubevirt.io/storage.populatedFor").Select(p => new KeyValuePair<string, JsonNode?>(p.Key, p.Value.Copy()))),
        ["uid"] = c.Uid(),
    })]);

    private JsonNode? LookAt(string text, JsonNode seen)
    {
        if (seen is JsonArray)
        {
            return text.StartsWith("owners of the restore", StringComparison.Ordinal)
                ? sandbox.List("VirtualMachineRestore")[0].At("metadata", "ownerReferences").Copy()
                : sandbox.Get("VirtualMachine", "src").At("status", "volumeSnapshotStatuses").Copy();
        }

        if (text == "VMI")
            return new JsonObject { ["phase"] = sandbox.List("VirtualMachineInstance")[0].TextAt("status", "phase") };
        var o = (JsonObject)seen;
        if (o["macs"] is not null)
            return MachineView(TargetName(), o);
        if (text.Contains("in the content", StringComparison.Ordinal))
        {
            var machine = sandbox.List("VirtualMachineSnapshotContent")[0].ObjectAt("spec", "source", "virtualMachine")!;
            return new JsonObject { ["runStrategy"] = machine.TextAt("spec", "runStrategy"), ["firmware"] = machine.At("spec", "template", "spec", "domain", "firmware").Copy() };
        }

        if (text.Contains("content", StringComparison.Ordinal))
            return sandbox.List("VirtualMachineSnapshotContent")[0]["metadata"].Copy();
        var name = o.TextAt("name")!;
        var kind = sandbox.Get("VirtualMachineRestore", name) is not null ? "VirtualMachineRestore" : "VirtualMachineSnapshot";
        return sandbox.Get(kind, name)?["metadata"].Copy();
    }

    // The target of the last restore (or clone) posted that was accepted.
    private string TargetName()
    {
        var posted = Data.ArrayAt("posted").Objects().Where(p => p["httpStatus"]?.GetValue<int>() is null or 201).Select(p => p.ObjectAt("object")!)
            .Select(o => o.TextAt("spec", "target", "name")).OfType<string>().Where(n => sandbox.Get("VirtualMachine", n) is not null).ToList();
        return posted[^1];
    }

    private JsonObject? MachineView(string name, JsonObject recorded)
    {
        if (sandbox.Get("VirtualMachine", name) is not { } machine)
            return null;
        var spec = machine.ObjectAt("spec", "template", "spec");
        var macs = new JsonObject();
        foreach (var nic in spec.ArrayAt("domain", "devices", "interfaces").Objects())
            macs[nic.TextAt("name")!] = nic.TextAt("macAddress");
        var view = new JsonObject
        {
            ["labels"] = machine.At("metadata", "labels").Copy(),
            ["annotations"] = machine.At("metadata", "annotations").Copy(),
            ["runStrategy"] = machine.At("spec", "runStrategy").Copy(),
            ["macs"] = macs,
            ["firmware"] = spec.At("domain", "firmware").Copy(),
            ["volumes"] = spec.At("volumes").Copy(),
            ["dataVolumeTemplates"] = JsonAccess.StringArray(VirtualMachines.Templates(machine).Select(t => t.Name())),
            ["templateLabels"] = machine.At("spec", "template", "metadata", "labels").Copy(),
        };
        foreach (var (key, _) in recorded)
        {
            if (!view.ContainsKey(key))
                view[key] = spec.At(key).Copy();
        }

        return view;
    }
}
