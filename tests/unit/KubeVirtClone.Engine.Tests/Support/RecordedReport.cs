using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Support;

/// <summary>A case recorded from a real KubeVirt whose steps are data: the cluster before the clone was posted, and as it was last seen.</summary>
internal sealed class RecordedReport
{
    private readonly JsonObject _data;

    private RecordedReport(JsonObject data) => _data = data;

    public string Name => _data["name"]!.GetValue<string>();

    public string Namespace => _data["namespaces"]!["src"]!.GetValue<string>();

    /// <summary>The clone, or restore, that was posted; null for a case that makes none.</summary>
    public JsonObject? Posted => Step(Posts)?["step"]!["object"]!.AsObject();

    public bool Succeeded => _data["steps"]!.AsArray().Any(s => s!["result"]?["reached"]?.GetValue<bool>() == true);

    public CloneReference Reference => new(Namespace, Posted!["metadata"]!["name"]!.GetValue<string>());

    public static IEnumerable<RecordedReport> All([CallerFilePath] string here = "")
    {
        var folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "fixtures", "vectors-reports"));
        return Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)
            .Select(f => new RecordedReport(JsonNode.Parse(File.ReadAllText(f))!.AsObject()))
            .Where(r => r.Posted is not null);
    }

    public KubeVirtCluster Before()
    {
        var clock = new ManualClock();
        return new KubeVirtCluster(Client(clock), clock: clock);
    }

    /// <summary>Some minutes after the clone was posted.</summary>
    public KubeVirtCluster After()
    {
        var clock = new ManualClock();
        var client = Client(clock);
        foreach (var item in Objects("left"))
            RecordedCase.Put(client, item, Namespace);
        if (Step(s => s["step"]!["do"]!.GetValue<string>() == "get" && s["step"]!["kind"]?.GetValue<string>() == "VirtualMachineClone")?["result"]?["object"] is JsonObject clone)
            RecordedCase.Put(client, clone, Namespace);
        RecordedCase.PutTimeline(client, clock, _data, Namespace);
        clock.Advance(TimeSpan.FromMinutes(4));
        return new KubeVirtCluster(client, clock: clock);
    }

    private static bool Posts(JsonObject step) => step["step"]!["do"]!.GetValue<string>() == "create"
        && step["step"]!["object"]?["kind"]?.GetValue<string>() is "VirtualMachineClone" or "VirtualMachineRestore";

    private JsonObject? Step(Func<JsonObject, bool> wanted) => _data["steps"]!.AsArray().OfType<JsonObject>().FirstOrDefault(wanted);

    private IEnumerable<JsonObject> Objects(string state) => _data[state]![Namespace]!.AsArray().Select(o => o!.AsObject());

    private FakeClient Client(ManualClock clock)
    {
        var client = RecordedCase.NewClient(clock);
        client.Groups["instancetype.kubevirt.io"] = ["v1beta1"];
        client.Answer = (path, _) => path.Contains("selfsubjectaccessreviews", StringComparison.Ordinal)
            ? new JsonObject { ["status"] = new JsonObject { ["allowed"] = true, ["reason"] = "" } }
            : null;
        client.Put(RelatedKinds.Namespace, RecordedCase.Object("v1", "Namespace", Namespace));
        foreach (var entry in _data["before"]!.AsArray())
            Do(client, entry!["step"]!.AsObject(), entry["result"]!.AsObject());
        foreach (var item in Objects("beforeState"))
            RecordedCase.Put(client, item, Namespace);
        return client;
    }

    // What the recording lists is put as it was seen; these are of kinds it does not list.
    private void Do(FakeClient client, JsonObject step, JsonObject result)
    {
        var name = step["kind"]?.GetValue<string>() ?? step["object"]?["kind"]?.GetValue<string>() ?? "";
        if (result["httpStatus"]?.GetValue<int>() >= 300 || RecordedCase.KindOf(name) is not { } kind || kind.Plural is "virtualmachines")
            return;
        switch (step["do"]!.GetValue<string>())
        {
            case "create":
                RecordedCase.Put(client, step["object"]!.AsObject(), Namespace);
                break;
            case "delete":
                client.Remove(kind, Namespace, step["name"]!.GetValue<string>());
                break;
            case "patch":
                client.Update(kind, Namespace, step["name"]!.GetValue<string>(), o => Merge(o, step["body"]!.AsObject()));
                break;
        }
    }

    private static void Merge(JsonObject into, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            if (value is JsonObject map && into[key] is JsonObject inner)
                Merge(inner, map);
            else
                into[key] = value?.DeepClone();
        }
    }
}
