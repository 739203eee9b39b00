using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Data;

/// <summary>Writes down what a sandbox did in the form of recordings whose steps are data.</summary>
internal static class DataRecorder
{
    // What the recorder listed and watched, and whether it wrote the API version down.
    private static readonly (string Kind, bool Versioned)[] Listed =
    [
        ("VirtualMachine", true), ("VirtualMachineSnapshot", true), ("VirtualMachineSnapshotContent", true), ("VirtualMachineRestore", true),
        ("DataVolume", true), ("DataSource", true), ("VolumeSnapshot", true), ("PersistentVolumeClaim", false), ("ControllerRevision", false),
    ];

    /// <summary>What exists, by namespace.</summary>
    public static JsonObject State(ReplaySandbox sandbox, IEnumerable<string> namespaces)
    {
        var result = new JsonObject();
        foreach (var @namespace in namespaces)
        {
            var objects = new JsonArray();
            foreach (var (kind, versioned) in Listed)
            {
                if (sandbox.Api.Types.FirstOrDefault(t => t.Kind == kind) is not { } type)
                    continue;
                foreach (var o in sandbox.Api.List(type, @namespace))
                {
                    var copy = o.Copy();
                    copy.Remove("apiVersion");
                    if (versioned)
                        copy["apiVersion"] = type.ApiVersion(type.Versions[0]);
                    objects.Add((JsonNode)copy);
                }
            }

            result[@namespace] = objects;
        }

        return result;
    }

    /// <summary>The volumes of those namespaces' claims.</summary>
    public static JsonArray Volumes(ReplaySandbox sandbox, IReadOnlyCollection<string> namespaces) =>
        new([.. sandbox.Api.List(sandbox.Find("PersistentVolume"), null)
            .Where(v => namespaces.Contains(v.TextAt("spec", "claimRef", "namespace") ?? ""))
            .Select(v => (JsonNode?)new JsonObject
            {
                ["claim"] = v.TextAt("spec", "claimRef", "namespace") + "/" + v.TextAt("spec", "claimRef", "name"),
                ["phase"] = v.TextAt("status", "phase"),
                ["capacity"] = v.At("spec", "capacity").Copy(),
                ["class"] = v.TextAt("spec", "storageClassName"),
            })]);

    /// <summary>The watch of all kinds.</summary>
    public static JsonArray Timeline(IEnumerable<(double Ms, StoreEvent Event)> changes)
    {
        var list = new JsonArray();
        foreach (var (ms, e) in changes)
        {
            if (Entry(e) is not { } entry)
                continue;
            entry["ms"] = ms;
            entry["namespace"] = e.Namespace;
            entry["event"] = e.Type switch { StoreEventType.Added => "ADDED", StoreEventType.Modified => "MODIFIED", _ => "DELETED" };
            list.Add((JsonNode)entry);
        }

        return list;
    }

    private static JsonObject? Entry(StoreEvent e)
    {
        var o = e.Object;
        var entry = new JsonObject { ["kind"] = e.Resource.Kind };
        if (e.Resource.Kind == "Event")
        {
            entry["on"] = o.TextAt("involvedObject", "kind") + "/" + o.TextAt("involvedObject", "name");
            foreach (var field in (ReadOnlySpan<string>)["type", "reason", "message"])
                entry[field] = o.TextAt(field);
            entry["from"] = o.TextAt("source", "component");
            entry["count"] = o["count"].Copy();
            return entry;
        }

        entry["name"] = e.Name;
        if (o.IsDeleting())
            entry["deleting"] = true;
        if (o.ArrayAt("metadata", "finalizers") is { Count: > 0 } finalizers)
            entry["finalizers"] = finalizers.Copy();
        switch (e.Resource.Kind)
        {
            case "VirtualMachineSnapshot" or "VirtualMachineRestore":
                entry["status"] = o["status"].Copy() ?? new JsonObject();
                return entry;
            case "VirtualMachine":
                entry["printableStatus"] = o.At("status", "printableStatus").Copy();
                if (o.TextAt("status", "snapshotInProgress") is { } locked)
                    entry["snapshotInProgress"] = locked;
                return entry;
            case "VolumeSnapshot":
                entry["readyToUse"] = o.At("status", "readyToUse").Copy();
                return entry;
            case "VirtualMachineInstance":
                entry["phase"] = o.At("status", "phase").Copy();
                return entry;
            case "PersistentVolumeClaim" or "DataVolume":
                if (o.ArrayAt("metadata", "ownerReferences") is { Count: > 0 } owners)
                    entry["owner"] = JsonAccess.StringArray(owners.Objects().Select(r => r.TextAt("kind") + "/" + r.TextAt("name")));
                entry["phase"] = o.At("status", "phase").Copy();
                if (e.Resource.Kind == "DataVolume")
                    DataVolume(entry, o);
                return entry;
            default:
                return null;
        }
    }

    private static void DataVolume(JsonObject entry, JsonObject o)
    {
        entry["cloneType"] = o.Annotation("cdi.kubevirt.io/cloneType");
        entry["progress"] = o.TextAt("status", "progress");
        entry["conditions"] = new JsonArray([.. o.ArrayAt("status", "conditions").Objects().Select(c =>
            (JsonNode?)JsonAccess.StringArray(((string[])["type", "status", "reason", "message"]).Select(f => c.TextAt(f) ?? "")))]);
    }
}
