using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>ControllerRevisions that pin an instancetype or preference: copied for snapshots and restores, made for VMs.</summary>
internal static class InstancetypeRevisions
{
    /// <summary>Copies a VM's revision for a snapshot: the VM's name in the revision's is replaced once by the snapshot's.</summary>
    public static string Capture(Cluster cluster, JsonObject snapshot, string name)
    {
        var existing = Find(cluster, snapshot.Namespace(), name, "Unable to fetch ControllerRevision");
        var copy = Copy(existing, ReplaceOnce(name, snapshot.TextAt("spec", "source", "name") ?? "", snapshot.Name()));
        copy.Ensure("metadata")["ownerReferences"] = new JsonArray(Cluster.OwnerReference(snapshot, cluster.Snapshots.StorageApiVersion, "VirtualMachineSnapshot"));
        return CreateOnce(cluster, copy);
    }

    /// <summary>Copies a snapshot's revision for the VM made from it; the VM owns it once it exists.</summary>
    public static string Restore(Cluster cluster, string? @namespace, string name, string snapshotName, string machineName)
    {
        var captured = Find(cluster, @namespace, name, "Unable to find ControllerRevision");
        return CreateOnce(cluster, Copy(captured, ReplaceOnce(name, snapshotName, machineName)));
    }

    public static void Claim(Cluster cluster, JsonObject machine, string name)
    {
        var revision = Find(cluster, machine.Namespace(), name, "Unable to find ControllerRevision");
        if (revision.ArrayAt("metadata", "ownerReferences").Objects().Any(o => o.TextAt("uid") == machine.Uid()))
            return;
        var copy = revision.Copy();
        copy.Ensure("metadata")["ownerReferences"] = new JsonArray(Cluster.OwnerReference(machine, VirtualMachines.ApiVersion, VirtualMachines.KindName));
        cluster.Update(cluster.Revisions, copy);
    }

    /// <summary>
    /// Pins what a VM's <c>spec.instancetype</c> or <c>spec.preference</c> names, and returns the reference for its status; null
    /// when the VM names none, or the object is not there.
    /// </summary>
    public static JsonObject? Pin(Cluster cluster, JsonObject machine, string matcher)
    {
        if (machine.ObjectAt("spec", matcher) is not { } wanted || wanted.TextAt("name") is not { Length: > 0 } name)
            return null;
        var kind = KindOf(wanted, matcher);
        var @namespace = kind.Contains("Cluster", StringComparison.Ordinal) ? null : machine.Namespace();
        if (wanted.TextAt("revisionName") is { Length: > 0 } pinned)
            return Reference(kind, name, pinned);
        if (machine.TextAt("status", matcher + "Ref", "controllerRevisionRef", "name") is { } already && machine.TextAt("status", matcher + "Ref", "name") == name)
            return Reference(kind, name, already);
        if (cluster.Api.FindType("instancetype.kubevirt.io", kind.ToLowerInvariant() + "s") is not { } type)
            return null;
        var found = cluster.Get(type, @namespace, name);
        if (found is null)
            return null;
        var revisionName = $"{machine.Name()}-{name}-v1beta1-{found.Uid()}-{found.At("metadata", "generation")}";
        var metadata = new JsonObject { ["name"] = name };
        foreach (var field in (ReadOnlySpan<string>)["namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "labels", "annotations"])
        {
            if (found.At("metadata", field) is { } value)
                metadata[field] = value.DeepClone();
        }

        CreateOnce(cluster, new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ControllerRevision",
            ["metadata"] = new JsonObject
            {
                ["name"] = revisionName,
                ["namespace"] = machine.Namespace(),
                ["labels"] = new JsonObject
                {
                    ["instancetype.kubevirt.io/object-generation"] = found.At("metadata", "generation")?.ToString() ?? "1",
                    ["instancetype.kubevirt.io/object-kind"] = kind,
                    ["instancetype.kubevirt.io/object-name"] = name,
                    ["instancetype.kubevirt.io/object-uid"] = found.Uid(),
                    ["instancetype.kubevirt.io/object-version"] = "v1beta1",
                },
                ["ownerReferences"] = new JsonArray(Cluster.OwnerReference(machine, VirtualMachines.ApiVersion, VirtualMachines.KindName)),
            },
            ["data"] = new JsonObject
            {
                ["apiVersion"] = "instancetype.kubevirt.io/v1beta1",
                ["kind"] = kind,
                ["metadata"] = metadata,
                ["spec"] = found["spec"]?.DeepClone() ?? new JsonObject(),
            },
            ["revision"] = 0,
        });
        return Reference(kind, name, revisionName);
    }

    /// <summary>Why a VM cannot be worked on: what it names is not there and was never pinned; null when nothing is missing.</summary>
    public static (string Reason, string Message)? Missing(Cluster cluster, JsonObject machine)
    {
        foreach (var (matcher, reason) in (ReadOnlySpan<(string, string)>)[("instancetype", "FailedFindInstancetype"), ("preference", "FailedFindPreference")])
        {
            if (machine.ObjectAt("spec", matcher) is not { } wanted || wanted.TextAt("name") is not { Length: > 0 } name || wanted.TextAt("revisionName") is { Length: > 0 })
                continue;
            if (machine.TextAt("status", matcher + "Ref", "controllerRevisionRef", "name") is not null && machine.TextAt("status", matcher + "Ref", "name") == name)
                continue;
            var kind = KindOf(wanted, matcher);
            if (cluster.Api.FindType("instancetype.kubevirt.io", kind.ToLowerInvariant() + "s") is { } type
                && cluster.Get(type, type.Namespaced ? machine.Namespace() : null, name) is null)
            {
                return (reason, $"{type.QualifiedResource} {GoText.Quote(name)} not found");
            }
        }

        return null;
    }

    /// <summary>The kind a matcher names, in the spelling the API has.</summary>
    public static string KindOf(JsonObject wanted, string matcher)
    {
        var kind = wanted.TextAt("kind") is { Length: > 0 } given ? given : matcher == "instancetype" ? "VirtualMachineClusterInstancetype" : "VirtualMachineClusterPreference";
        return Kinds.FirstOrDefault(k => string.Equals(k, kind, StringComparison.OrdinalIgnoreCase) || string.Equals(k + "s", kind, StringComparison.OrdinalIgnoreCase)) ?? kind;
    }

    private static readonly string[] Kinds =
        ["VirtualMachineInstancetype", "VirtualMachineClusterInstancetype", "VirtualMachinePreference", "VirtualMachineClusterPreference"];

    private static JsonObject Reference(string kind, string name, string revision) => new()
    {
        ["controllerRevisionRef"] = new JsonObject { ["name"] = revision },
        ["kind"] = kind,
        ["name"] = name,
    };

    private static JsonObject Find(Cluster cluster, string? @namespace, string name, string otherwise) =>
        cluster.Get(cluster.Revisions, @namespace, name) ?? throw new ReconcileException($"{otherwise} {@namespace}/{name}");

    private static JsonObject Copy(JsonObject revision, string name)
    {
        var copy = revision.Copy();
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = revision.Namespace() };
        if (revision.ObjectAt("metadata", "labels") is { } labels)
            metadata["labels"] = labels.DeepClone();
        copy["metadata"] = metadata;
        return copy;
    }

    private static string CreateOnce(Cluster cluster, JsonObject revision)
    {
        try
        {
            cluster.Create(cluster.Revisions, revision);
        }
        catch (ApiException e) when (e.Reason == "AlreadyExists")
        {
            // its name tells its content
        }

        return revision.Name();
    }

    private static string ReplaceOnce(string text, string old, string replacement)
    {
        var at = old.Length == 0 ? 0 : text.IndexOf(old, StringComparison.Ordinal);
        return at < 0 ? text : text[..at] + replacement + text[(at + old.Length)..];
    }
}
