using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Support;

/// <summary>A <see cref="World"/> whose snapshots become ready, whose restores make machines and claims, and whose machines start and stop, each at once.</summary>
internal sealed class SnapshotWorld
{
    private static readonly ResourceKind Instances = new("kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance");

    public SnapshotWorld()
    {
        Client.Controllers = Play;
        Client.Subresources = Switch;
    }

    public World World { get; } = new();

    public FakeClient Client => World.Client;

    public ManualClock Clock => World.Clock;

    /// <summary>Phase of the claims restores make.</summary>
    public string ClaimPhase { get; set; } = "Bound";

    /// <summary>Whether snapshots fail instead of becoming ready.</summary>
    public bool SnapshotsFail { get; set; }

    /// <summary>Whether snapshots leave out the machine's volumes.</summary>
    public bool SnapshotsArePartial { get; set; }

    /// <summary>Reason restores hang with instead of completing.</summary>
    public string? RestoresHang { get; set; }

    public IReadOnlyList<string> Machines => Names(KubeVirtKinds.VirtualMachine);

    public IReadOnlyList<string> Names(ResourceKind kind) => [.. Client.All(kind).Select(o => o["metadata"]!["name"]!.GetValue<string>())];

    public async Task<List<ItemUpdate<CloneRecord>>> RunAsync(IReadOnlyList<CloneRequest> requests, CloneOptions options)
    {
        var updates = new List<ItemUpdate<CloneRecord>>();
        var run = Task.Run(async () =>
        {
            await foreach (var update in new CloneOperation(World.Cluster, options).RunAsync(requests, default))
                updates.Add(update);
        });
        await Clock.RunUntilDoneAsync(run);
        return updates;
    }

    public async Task<List<T>> ReadAsync<T>(IAsyncEnumerable<T> source)
    {
        var items = new List<T>();
        var run = Task.Run(async () =>
        {
            await foreach (var item in source)
                items.Add(item);
        });
        await Clock.RunUntilDoneAsync(run);
        return items;
    }

    public async Task<T> DoAsync<T>(Func<Task<T>> work)
    {
        var run = Task.Run(work);
        await Clock.RunUntilDoneAsync(run);
        return await run;
    }

    public void FinishRestores()
    {
        RestoresHang = null;
        foreach (var restore in Client.All(World.Restores).Where(r => r["status"]?["complete"]?.GetValue<bool>() != true))
            Complete(restore);
    }

    private void Play(FakeRequest request, JsonObject item)
    {
        switch (request.Verb, request.Kind.Kind)
        {
            case ("CREATE", "VirtualMachineSnapshot"):
                TakeSnapshot(item);
                break;
            case ("CREATE", "VirtualMachineRestore"):
                if (RestoresHang is null)
                    Complete(item);
                else
                    Hang(item);
                break;
            case ("PATCH", "VirtualMachineRestore"):
                if (RestoresHang is null && item["status"]?["complete"]?.GetValue<bool>() == false)
                    Complete(item);
                break;
            case ("DELETE", _):
                CollectGarbage(item["metadata"]!["uid"]!.GetValue<string>());
                break;
            case ("PATCH", "VirtualMachine"):
                Run(item);
                break;
        }
    }

    private static string Uid(JsonObject item) => item["metadata"]!["uid"]!.GetValue<string>();

    private static string Name(JsonObject item) => item["metadata"]!["name"]!.GetValue<string>();

    private void TakeSnapshot(JsonObject snapshot)
    {
        if (SnapshotsFail)
        {
            Client.Update(World.Snapshots, "default", Name(snapshot), s => s["status"] = JsonNode.Parse("""{"phase":"Failed","readyToUse":false,"conditions":[{"type":"Failure","status":"True","reason":"snapshot deadline exceeded"}]}"""));
            return;
        }

        var source = snapshot["spec"]!["source"]!["name"]!.GetValue<string>();
        var machine = Client.Find(KubeVirtKinds.VirtualMachine, "default", source)!;
        machine.Remove("status");
        var content = "vmsnapshot-content-" + Uid(snapshot);
        Client.Put(KubeVirtKinds.SnapshotContent("v1beta1"), new JsonObject
        {
            ["apiVersion"] = "snapshot.kubevirt.io/v1beta1",
            ["kind"] = "VirtualMachineSnapshotContent",
            ["metadata"] = new JsonObject { ["name"] = content },
            ["spec"] = new JsonObject
            {
                ["source"] = new JsonObject { ["virtualMachine"] = machine.DeepClone() },
                ["virtualMachineSnapshotName"] = Name(snapshot),
                ["volumeBackups"] = SnapshotsArePartial ? new JsonArray() : JsonNode.Parse($$$$$"""[{"volumeName":"root","volumeSnapshotName":"vmsnapshot-{{{{{Uid(snapshot)}}}}}-volume-root","persistentVolumeClaim":{"metadata":{"name":"{{{{{source}}}}}-root"},"spec":{"resources":{"requests":{"storage":"2Gi"} } } } }]"""),
            },
        });
        Client.Update(World.Snapshots, "default", Name(snapshot), s => s["status"] = JsonNode.Parse($$$"""{"phase":"Succeeded","readyToUse":true,"virtualMachineSnapshotContentName":"{{{content}}}","sourceUID":"{{{Uid(machine)}}}"}"""));
    }

    private void Hang(JsonObject restore) => Client.Update(World.Restores, "default", Name(restore), r => r["status"] = JsonNode.Parse($$$"""
        {"complete":false,"conditions":[{"type":"Progressing","status":"False","reason":"{{{RestoresHang}}}"},{"type":"Ready","status":"False","reason":"{{{RestoresHang}}}"}],
         "restores":[{"volumeName":"root","persistentVolumeClaim":"{{{MakeClaim(restore)}}}"}]}
        """));

    private string MakeClaim(JsonObject restore)
    {
        var snapshot = Client.Find(World.Snapshots, "default", restore["spec"]!["virtualMachineSnapshotName"]!.GetValue<string>());
        var name = $"restore-{Uid(restore)}-root";
        Client.Put(KubeVirtKinds.PersistentVolumeClaim, (JsonObject)JsonNode.Parse($$$"""
            {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"{{{name}}}","annotations":{"restore.kubevirt.io/name":"{{{Name(restore)}}}","restore.kubevirt.io/lastRestoreUID":"{{{Name(restore)}}}-{{{Uid(restore)}}}"}},
             "spec":{"dataSourceRef":{"kind":"VolumeSnapshot","name":"vmsnapshot-{{{(snapshot is null ? "gone" : Uid(snapshot))}}}-volume-root"}},"status":{"phase":"{{{ClaimPhase}}}"}}
            """)!);
        return name;
    }

    private void Complete(JsonObject restore)
    {
        var snapshot = Client.Find(World.Snapshots, "default", restore["spec"]!["virtualMachineSnapshotName"]!.GetValue<string>())!;
        var content = Client.Find(KubeVirtKinds.SnapshotContent("v1beta1"), "default", snapshot["status"]!["virtualMachineSnapshotContentName"]!.GetValue<string>())!;
        var machine = (JsonObject)content["spec"]!["source"]!["virtualMachine"]!.DeepClone();
        machine["spec"]!["runStrategy"] = "Halted";
        var patches = (restore["spec"]!["patches"] as JsonArray ?? []).Select(p => (JsonObject)JsonNode.Parse(p!.GetValue<string>())!).Select(p =>
            new PatchOperation(p["op"]!.GetValue<string>(), p["path"]!.GetValue<string>()) { From = p["from"]?.GetValue<string>(), HasValue = p.ContainsKey("value"), Value = p["value"]?.DeepClone() });
        JsonPatchApplier.Apply(machine, patches).ShouldBeNull();
        var claim = MakeClaim(restore);
        var target = restore["spec"]!["target"]!["name"]!.GetValue<string>();
        var metadata = (JsonObject)machine["metadata"]!;
        foreach (var key in new[] { "uid", "creationTimestamp" })
            metadata.Remove(key);
        metadata["name"] = target;
        (metadata["annotations"] ??= new JsonObject())["restore.kubevirt.io/lastRestoreUID"] = $"{Name(restore)}-{Uid(restore)}";
        machine["spec"]!["template"]!["spec"]!["volumes"]![0]!["persistentVolumeClaim"]!["claimName"] = claim;
        machine["status"] = new JsonObject { ["printableStatus"] = "Stopped" };
        Client.Find(KubeVirtKinds.VirtualMachine, "default", target).ShouldBeNull($"{target} is made twice");
        var made = Client.Put(KubeVirtKinds.VirtualMachine, machine);
        Client.Update(World.Restores, "default", Name(restore), r =>
        {
            r["metadata"]!["ownerReferences"] = JsonNode.Parse($$$"""[{"kind":"VirtualMachine","name":"{{{target}}}","uid":"{{{Uid(made)}}}"}]""");
            r["status"] = JsonNode.Parse($$$"""{"complete":true,"conditions":[{"type":"Progressing","status":"False","reason":"Operation complete"},{"type":"Ready","status":"True","reason":"Operation complete"}],"restores":[{"volumeName":"root","persistentVolumeClaim":"{{{claim}}}"}]}""");
        });
    }

    // As Kubernetes does: what had owners and has none left goes.
    private void CollectGarbage(string gone)
    {
        foreach (var kind in new[] { World.Restores, World.Snapshots })
        {
            foreach (var item in Client.All(kind))
            {
                if (item["metadata"]!["ownerReferences"] is not JsonArray { Count: > 0 } owners || owners.All(o => o!["uid"]!.GetValue<string>() != gone))
                    continue;
                var living = new[] { World.Restores, World.Clones, KubeVirtKinds.VirtualMachine }.SelectMany(Client.All).Select(Uid).ToHashSet(StringComparer.Ordinal);
                if (owners.Any(o => living.Contains(o!["uid"]!.GetValue<string>())))
                    continue;
                Client.Remove(kind, "default", Name(item));
                CollectGarbage(Uid(item));
            }
        }
    }

    private HttpAnswer? Switch(string path, JsonNode? body)
    {
        var parts = path.Split('/');
        if (parts[^1] is not ("start" or "stop"))
            return null;
        var name = parts[^2];
        var machine = Client.Find(KubeVirtKinds.VirtualMachine, "default", name) ?? throw FakeClient.NotFound(KubeVirtKinds.VirtualMachine, name);
        var strategy = machine["spec"]!["runStrategy"]?.GetValue<string>();
        var on = Client.Find(Instances, "default", name) is not null;
        if (parts[^1] == "start" == on)
            throw new ApiStatusException(409, "Conflict", $"Operation cannot be fulfilled on virtualmachine.kubevirt.io \"{name}\": VM is {(on ? "already" : "not")} running");
        if (strategy is null)
            machine["spec"]!["running"] = !on;
        else if (!on && strategy == "Halted")
            machine["spec"]!["runStrategy"] = "Always";
        else if (on && strategy is "Always" or "Once")
            machine["spec"]!["runStrategy"] = "Halted";
        Client.Put(KubeVirtKinds.VirtualMachine, machine);
        SetOn(name, !on);
        return new HttpAnswer(202, null, "", null);
    }

    private void Run(JsonObject machine)
    {
        var strategy = machine["spec"]!["runStrategy"]?.GetValue<string>();
        if (strategy is "Always" or "Once" || machine["spec"]!["running"]?.GetValue<bool>() == true)
            SetOn(Name(machine), on: true);
        else if (strategy == "Halted")
            SetOn(Name(machine), on: false);
    }

    public void SetOn(string name, bool on)
    {
        if (on)
            Client.Put(Instances, new JsonObject { ["kind"] = "VirtualMachineInstance", ["metadata"] = new JsonObject { ["name"] = name } });
        else
            Client.Remove(Instances, "default", name);
        Client.Update(KubeVirtKinds.VirtualMachine, "default", name, m => m["status"] = new JsonObject { ["printableStatus"] = on ? "Running" : "Stopped", ["created"] = on });
    }
}
