using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;

namespace KubeVirtClone.Engine.Tests.Support;

/// <summary>One restore that a recorded case posted: the cluster as it was then, and as it was last seen.</summary>
internal sealed class RecordedRestore
{
    private readonly JsonObject _data;
    private readonly JsonObject _post;

    private RecordedRestore(string file, JsonObject data, int index)
    {
        _data = data;
        _post = data["posted"]![index]!.AsObject();
        Name = $"{file}/{index}-{PostedName}";
    }

    public string Name { get; }

    public JsonObject Posted => (JsonObject)_post["object"]!;

    public string Namespace => _data["namespace"]!.GetValue<string>();

    public CloneReference Reference => new(Namespace, PostedName);

    public bool Refused => _post["httpStatus"]!.GetValue<int>() >= 300;

    public bool DryRun => _post["query"]?.ToJsonString().Contains("dryRun", StringComparison.Ordinal) == true;

    /// <summary>Whether it was complete at some time.</summary>
    public bool Succeeded => !Refused && Changes($"VirtualMachineRestore/{PostedName}").Any(c => c["status"]?["complete"]?.GetValue<bool>() == true);

    /// <summary>Whether it was still there at the end.</summary>
    public bool Stands => _data["restores"]!.AsArray().Any(r => r!["object"]!["metadata"]!["name"]!.GetValue<string>() == PostedName && r["lastEvent"]!.GetValue<string>() != "DELETED");

    /// <summary>Whether somebody did something after it was posted.</summary>
    public bool SomebodyHelped => _data["posted"]!.AsArray().Any(p => Ms(p!) > Ms(_post)) || _data["steps"]!.AsArray().Any(s => Ms(s!) > Ms(_post) && s!["step"]!.GetValue<string>() is var step
        && !step.StartsWith("reached", StringComparison.Ordinal) && !step.StartsWith("not reached", StringComparison.Ordinal) && !step.StartsWith("what", StringComparison.Ordinal) && !step.StartsWith("the ", StringComparison.Ordinal));

    private string PostedName => Posted["metadata"]!["name"]?.GetValue<string>() ?? "";

    public static IEnumerable<RecordedRestore> All()
    {
        foreach (var (name, file) in RecordedCase.Files("posted").OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            var data = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            var posted = data["posted"]!.AsArray();
            for (var i = 0; i < posted.Count; i++)
            {
                if (posted[i]!["object"]?["kind"]?.GetValue<string>() == "VirtualMachineRestore")
                    yield return new RecordedRestore(name, data, i);
            }
        }
    }

    /// <summary>The cluster when it was posted.</summary>
    public KubeVirtCluster Before()
    {
        var clock = new ManualClock();
        var client = RecordedCase.NewClient(clock);
        client.Put(RelatedKinds.Namespace, RecordedCase.Object("v1", "Namespace", Namespace));
        foreach (var item in _data["beforeState"]!.AsArray())
            Put(client, item!.AsObject());
        foreach (var kind in new[] { "snapshots", "contents", "restores" })
        {
            foreach (var entry in _data[kind]!.AsArray())
                PutAsThen(client, entry!["object"]!.AsObject());
        }

        var allowed = _post["httpStatus"]!.GetValue<int>() != 403;
        client.Answer = (path, _) => path.Contains("selfsubjectaccessreviews", StringComparison.Ordinal)
            ? new JsonObject { ["status"] = new JsonObject { ["allowed"] = allowed, ["reason"] = "" } }
            : null;
        return new KubeVirtCluster(client, clock: clock);
    }

    /// <summary>The cluster as it was last seen, with the restores marked as clones of this product: the wait knows only those.</summary>
    public KubeVirtCluster AfterAsClones() => After(mark: true);

    /// <summary>The cluster as it was last seen.</summary>
    public KubeVirtCluster After(bool mark = false)
    {
        var clock = new ManualClock();
        var client = RecordedCase.NewClient(clock);
        foreach (var item in _data["beforeState"]!.AsArray().Where(i => i!["kind"]!.GetValue<string>() is "VirtualMachine" or "PersistentVolumeClaim"))
            Put(client, item!.AsObject());
        foreach (var kind in new[] { "snapshots", "contents", "restores" })
        {
            foreach (var entry in _data[kind]!.AsArray().Where(e => e!["lastEvent"]!.GetValue<string>() != "DELETED"))
                Put(client, mark ? Marked(entry!["object"]!.AsObject()) : entry!["object"]!.AsObject());
        }

        foreach (var item in _data["beforeState"]!.AsArray().Where(i => i!["kind"]!.GetValue<string>().StartsWith("VirtualMachineSnapshot", StringComparison.Ordinal)
            && !Changes($"{i["kind"]}/{i["metadata"]!["name"]}").Any()))
        {
            Put(client, item!.AsObject());
        }

        foreach (var item in _data["leftPVCs"]!.AsArray().Concat(_data["VMs"]!.AsArray()))
            Put(client, item!.AsObject());
        RecordedCase.PutTimeline(client, clock, _data, Namespace);
        clock.Advance(TimeSpan.FromHours(1));
        return new KubeVirtCluster(client, clock: clock);
    }

    private static JsonObject Marked(JsonObject item)
    {
        item = (JsonObject)item.DeepClone();
        item["metadata"]!["labels"] = new JsonObject { [CloneLabels.Method] = "Restore" };
        return item;
    }

    private static double Ms(JsonNode entry) => entry["ms"]!.GetValue<double>();

    private IEnumerable<JsonNode> Changes(string key) => (_data["statuses"]![key] as JsonArray ?? []).OfType<JsonNode>();

    // What it was last seen as, with the status it had when the restore was posted.
    private void PutAsThen(FakeClient client, JsonObject item)
    {
        var then = Changes($"{item["kind"]}/{item["metadata"]!["name"]}").LastOrDefault(c => Ms(c) <= Ms(_post));
        if (then is null || then["event"]?.GetValue<string>() == "DELETED")
            return;
        item = (JsonObject)item.DeepClone();
        item["metadata"]!.AsObject().Remove("deletionTimestamp");
        item["status"] = then["status"]?.DeepClone();
        Put(client, item);
        if (item["kind"]!.GetValue<string>() == "VirtualMachineRestore" && item["status"]?["complete"]?.GetValue<bool>() == true)
            PutMachine(client, item["spec"]!["target"]!["name"]!.GetValue<string>());
    }

    private void PutMachine(FakeClient client, string name)
    {
        if (_data["VMs"]!.AsArray().FirstOrDefault(v => v!["metadata"]!["name"]!.GetValue<string>() == name) is JsonObject machine)
            Put(client, machine);
    }

    private void Put(FakeClient client, JsonObject item) => RecordedCase.Put(client, item, Namespace);
}
