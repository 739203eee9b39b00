using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>Writes down what a sandbox did in the form the recordings have.</summary>
internal static class Recorder
{
    /// <summary>Every status of an object in order of its changes, equal neighbours once.</summary>
    public static JsonArray Phases(IEnumerable<(double Ms, StoreEvent Event)> changes, string kind, string name)
    {
        var list = new JsonArray();
        foreach (var (ms, e) in changes)
        {
            if (e.Resource.Kind == kind && e.Name == name)
                list.Add((JsonNode)new JsonObject { ["ms"] = ms, ["event"] = Verb(e), ["status"] = e.Object["status"].Copy() ?? new JsonObject() });
        }

        return list;
    }

    private static string Verb(StoreEvent e) => e.Type switch
    {
        StoreEventType.Added => "ADDED",
        StoreEventType.Modified => "MODIFIED",
        _ => "DELETED",
    };

    /// <summary>The watch of all kinds in the form of a recording's <c>timeline</c>.</summary>
    public static JsonArray Timeline(IEnumerable<(double Ms, StoreEvent Event)> changes)
    {
        var list = new JsonArray();
        foreach (var (ms, e) in changes)
        {
            var entry = new JsonObject { ["ms"] = ms, ["event"] = Verb(e), ["kind"] = e.Resource.Kind };
            if (e.Resource.Kind == "Event")
            {
                entry["on"] = e.Object.TextAt("involvedObject", "kind") + "/" + e.Object.TextAt("involvedObject", "name");
                foreach (var field in (ReadOnlySpan<string>)["type", "reason", "message"])
                    entry[field] = e.Object.TextAt(field);
                entry["from"] = e.Object.TextAt("source", "component");
            }
            else
            {
                entry["name"] = e.Name;
                if (e.Object.IsDeleting())
                    entry["deleting"] = true;
                if (e.Object["status"] is { } status)
                    entry["status"] = status.DeepClone();
                if (e.Resource.Kind == "VolumeSnapshot")
                {
                    entry["readyToUse"] = e.Object.At("status", "readyToUse").Copy();
                    if (e.Object.At("status", "error") is { } error)
                        entry["error"] = error.DeepClone();
                }
            }

            list.Add((JsonNode)entry);
        }

        return list;
    }

    /// <summary>The last state of every object of a kind that was seen, gone ones included.</summary>
    public static JsonArray LastSeen(IEnumerable<(double Ms, StoreEvent Event)> changes, string kind)
    {
        var last = new Dictionary<string, (string Verb, JsonObject Object)>();
        foreach (var (_, e) in changes)
        {
            if (e.Resource.Kind == kind)
                last[e.Object.Name()] = (Verb(e), e.Object);
        }

        return new JsonArray([.. last.Values.OrderBy(v => v.Object.Name(), StringComparer.Ordinal).Select(v => (JsonNode?)new JsonObject { ["lastEvent"] = v.Verb, ["object"] = v.Object.Copy() })]);
    }

    /// <summary>Every state of every object of a kind.</summary>
    public static JsonArray History(IEnumerable<(double Ms, StoreEvent Event)> changes, string kind) => new([.. changes
        .Where(c => c.Event.Resource.Kind == kind)
        .Select(c => (JsonNode?)new JsonObject { ["lastEvent"] = Verb(c.Event), ["object"] = c.Event.Object.Copy() })]);

    /// <summary>Every status, with finalizers and owners, of each snapshot, content and restore.</summary>
    public static JsonObject Statuses(IEnumerable<(double Ms, StoreEvent Event)> changes)
    {
        var result = new JsonObject();
        foreach (var (ms, e) in changes)
        {
            if (e.Resource.Kind is not ("VirtualMachineSnapshot" or "VirtualMachineSnapshotContent" or "VirtualMachineRestore"))
                continue;
            var key = e.Resource.Kind + "/" + e.Name;
            if (result[key] is not JsonArray list)
                result[key] = list = [];
            var entry = new JsonObject { ["ms"] = ms, ["event"] = Verb(e) };
            if (e.Type != StoreEventType.Deleted)
            {
                entry["status"] = e.Object["status"].Copy();
                entry["finalizers"] = e.Object.At("metadata", "finalizers").Copy() ?? new JsonArray();
                entry["owners"] = JsonAccess.StringArray(e.Object.ArrayAt("metadata", "ownerReferences").Objects().Select(r => r.TextAt("kind") + "/" + r.TextAt("name")));
                if (e.Object.IsDeleting())
                    entry["deleting"] = true;
            }

            list.Add((JsonNode)entry);
        }

        return result;
    }

    private static readonly string[] ListedKinds =
    [
        "ConfigMap", "VirtualMachineClone", "VirtualMachine", "VirtualMachineInstance", "VirtualMachineSnapshot", "VirtualMachineSnapshotContent",
        "VirtualMachineRestore", "PersistentVolumeClaim", "DataVolume", "VolumeSnapshot", "ControllerRevision",
    ];

    /// <summary>What exists, in the short form of the recordings.</summary>
    public static JsonObject Left(IReplayTarget sandbox, bool detailed)
    {
        var result = new JsonObject();
        foreach (var kind in ListedKinds)
        {
            if (!detailed && kind == "ConfigMap")
                continue;
            var items = sandbox.List(kind).OrderBy(o => o.Name(), StringComparer.Ordinal).Select(o => (JsonNode?)Short(o, kind, detailed)).ToArray();
            if (items.Length > 0)
                result[kind] = new JsonArray(items);
        }

        if (!detailed)
            return result;
        var contents = sandbox.List("VolumeSnapshotContent").Select(c => (JsonNode?)new JsonObject { ["for"] = c.TextAt("spec", "volumeSnapshotRef", "name"), ["deletionPolicy"] = c.TextAt("spec", "deletionPolicy") }).ToArray();
        if (contents.Length > 0)
            result["VolumeSnapshotContent"] = new JsonArray(contents);
        var volumes = sandbox.List("PersistentVolume").Select(v => (JsonNode?)new JsonObject
        {
            ["for"] = v.TextAt("spec", "claimRef", "name"),
            ["phase"] = v.TextAt("status", "phase"),
            ["reclaim"] = v.TextAt("spec", "persistentVolumeReclaimPolicy"),
        }).ToArray();
        if (volumes.Length > 0)
            result["PersistentVolume"] = new JsonArray(volumes);
        return result;
    }

    private static JsonObject Short(JsonObject o, string kind, bool detailed)
    {
        var item = new JsonObject
        {
            ["name"] = o.Name(),
            ["owners"] = JsonAccess.StringArray(o.ArrayAt("metadata", "ownerReferences").Objects().Select(r => r.TextAt("kind") + "/" + r.TextAt("name"))),
        };
        if (o.TextAt("status", "phase") is { } phase)
            item["phase"] = phase;
        if (!detailed)
            return item;
        foreach (var field in (ReadOnlySpan<string>)["readyToUse", "complete", "printableStatus", "snapshotInProgress", "restoreInProgress"])
        {
            if (o.At("status", field) is { } value)
                item[field] = value.DeepClone();
        }

        if (o.IsDeleting())
        {
            item["deleting"] = true;
            item["finalizers"] = o.At("metadata", "finalizers").Copy() ?? new JsonArray();
        }

        _ = kind;
        return item;
    }

    /// <summary>Claims as they stand, without the API version, which the recordings leave out.</summary>
    public static JsonArray Objects(IReplayTarget sandbox, string kind) =>
        new([.. sandbox.List(kind).OrderBy(o => o.Name(), StringComparer.Ordinal).Select(o => (JsonNode?)o.Copy())]);
}
