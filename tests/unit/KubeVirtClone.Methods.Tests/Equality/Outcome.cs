using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Methods.Tests.Virtual;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Tests.Replay;

namespace KubeVirtClone.Methods.Tests.Equality;

/// <summary>What came of one clone: the machine with its claims and data volumes, identifiers matched by rule.</summary>
internal sealed record Outcome(string? Fault, JsonObject State)
{
    private static readonly string[] Volumes = ["PersistentVolumeClaim", "DataVolume"];

    /// <summary>Makes one clone by one method in a cluster that is prepared, and writes down what there is when it is done.</summary>
    public static async Task<Outcome> MakeAsync(VirtualCluster cluster, CloneRequest request, CloneMethodChoice method, bool preflight = true)
    {
        cluster.Sandbox.StartRecording();
        var options = new CloneOptions { Method = method, Wait = true, For = WaitState.Succeeded, Timeout = TimeSpan.FromMinutes(10), Batch = "b", Preflight = preflight };
        var updates = await cluster.RunAsync(async () =>
        {
            var all = new List<ItemUpdate<CloneRecord>>();
            await foreach (var update in new CloneOperation(cluster.Cluster, options).RunAsync([request], default))
                all.Add(update);
            return all;
        });
        if (updates.Find(u => u.Kind == ItemUpdateKind.Fault)?.Fault is { } fault)
            return new(fault.Id + ": " + fault.Message, []);
        var target = updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!.TargetName;
        // Binding, and what the clone controller clears away.
        cluster.Settle(TimeSpan.FromSeconds(30));
        var state = Describe(cluster.Sandbox, target);
        if (method == CloneMethodChoice.Restore)
            CountStartAsMade(state.ObjectAt("machine")!);
        return new(null, state);
    }

    /// <summary>
    /// By a restore a machine is made stopped and started by a write of its own, by a clone it is made to run: that write is one generation
    /// more, which must be there, and is taken off. All else has to be equal.
    /// </summary>
    private static void CountStartAsMade(JsonObject machine)
    {
        if (machine.TextAt("spec", "runStrategy") is not ("Always" or "RerunOnFailure" or "Once") && machine.FlagAt("spec", "running") is not true)
            return;
        foreach (var counter in new[] { machine.ObjectAt("metadata")!, machine.ObjectAt("status")! })
        {
            foreach (var name in counter.Select(p => p.Key).Where(k => k is "generation" or "desiredGeneration" or "observedGeneration").ToList())
            {
                counter[name]!.GetValue<long>().ShouldBe(2, name);
                counter[name] = 1;
            }
        }
    }

    /// <summary>Where two outcomes differ.</summary>
    public static IReadOnlyList<string> Differences(Outcome byClone, Outcome byRestore) =>
        byClone.Fault != byRestore.Fault
            ? [$"by Clone: {byClone.Fault ?? "made"}; by Restore: {byRestore.Fault ?? "made"}"]
            : [.. Difference.Between(byClone.State, byRestore.State, "")];

    private static JsonObject Describe(ReplaySandbox sandbox, string target)
    {
        var identities = new Identities();
        var made = new JsonArray([.. sandbox.Changes.Select(c => (JsonNode?)c.Event.Object.Copy())]);
        foreach (var item in made.Objects())
        {
            // What was made for the clone on the way has a name of its method's own.
            if (item.Kind() is "VirtualMachineRestore" or "VirtualMachineSnapshot" or "VirtualMachineSnapshotContent" or "VirtualMachineClone"
                && sandbox.Changes.Any(c => c.Event.Type == Sandbox.Machinery.StoreEventType.Added && c.Event.Object.Uid() == item.Uid()))
            {
                identities.Alias(item.Name(), item.Kind());
            }
        }

        var state = new JsonObject { ["machine"] = sandbox.Get("VirtualMachine", target)?.Copy() };
        foreach (var kind in Volumes)
            state[kind] = Recorder.Objects(sandbox, kind);
        identities.Learn(new JsonArray(made, state.DeepClone()));
        var shown = (JsonObject)identities.Show(state)!;
        foreach (var kind in Volumes)
            shown[kind] = new JsonArray([.. shown.ArrayAt(kind).Objects().OrderBy(o => o.Name(), StringComparer.Ordinal).Select(o => (JsonNode?)o.Copy())]);
        return shown;
    }
}
