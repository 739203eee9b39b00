using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Planning;

/// <summary>Judges a request by what was found in its namespace: the cheap checks every clone gets before it is made.</summary>
internal static class PreflightRules
{
    /// <summary>Whether the source has a firmware section; null when that is not known.</summary>
    public static bool? HasFirmware(CloneRequest request, NamespaceFacts facts) =>
        facts.SourceOf(request) is { } source ? Domain(source)?["firmware"] is JsonObject : null;

    public static Fault? TargetExists(CloneRequest request, NamespaceFacts facts) =>
        facts.Machines?.ContainsKey(request.TargetName!) != true ? null : FaultMapper.Make(
            FaultIds.VMCloneTargetExists,
            FaultCategory.ResourceExists,
            $"A virtual machine '{request.TargetName}' exists in namespace '{request.Namespace}'. KubeVirt would take the clone and never finish it.",
            "Choose another target name, remove the machine, or pass over such items with -SkipExisting.",
            $"{request.Namespace}/{request.TargetName}");

    /// <summary>What makes the clone impossible, or null; what may not be meant goes to <paramref name="warnings"/>.</summary>
    public static Fault? Judge(CheckedRequest item, NamespaceFacts facts, List<string> warnings)
    {
        var request = item.Request;
        if (SourceFault(request, facts, warnings) is { } fault)
            return fault;
        if (facts.SourceOf(request) is not { } source)
            return null;
        WarnOfInterfaces(request, source, warnings);
        WarnOfVolumes(request, source, warnings);
        return Unsupported(request, source) ?? VolumeExists(request, source, facts) ?? Patches(item, source, warnings);
    }

    private static Fault? SourceFault(CloneRequest request, NamespaceFacts facts, List<string> warnings)
    {
        var isMachine = request.SourceKind == SourceKinds.VirtualMachine;
        var known = isMachine ? facts.Machines : facts.Snapshots;
        if (known is null)
            return null;
        if (known.TryGetValue(request.SourceName, out var source))
            return isMachine ? null : SnapshotFault(request, source, warnings);
        if (!facts.Exists)
        {
            return FaultMapper.Make(
                FaultIds.NamespaceNotFound,
                FaultCategory.ObjectNotFound,
                $"The namespace '{request.Namespace}' does not exist.",
                "Check the spelling, or create it: kubectl create namespace " + request.Namespace,
                request.Namespace);
        }

        return FaultMapper.Make(
            isMachine ? FaultIds.VMNotFound : FaultIds.VMSnapshotNotFound,
            FaultCategory.ObjectNotFound,
            $"There is no virtual machine {(isMachine ? "" : "snapshot ")}'{request.SourceName}' in namespace '{request.Namespace}'; a clone of it would stay pending.",
            isMachine ? "Check name and namespace: Get-VM -AllNamespaces" : "Check name and namespace: kubectl get vmsnapshot --all-namespaces",
            $"{request.Namespace}/{request.SourceName}");
    }

    private static Fault? SnapshotFault(CloneRequest request, KubernetesObject snapshot, List<string> warnings)
    {
        if (snapshot.StringAt("status", "phase") == "Failed")
        {
            var why = snapshot.StringAt("status", "error", "message") ?? snapshot.Condition("Failure")?.Reason ?? "no reason given";
            return FaultMapper.Make(
                FaultIds.VMCloneSnapshotFailed,
                FaultCategory.InvalidOperation,
                $"The snapshot '{request.SourceName}' has failed ({why}); a clone of it would wait for ever.",
                "Take another snapshot once the cause is removed.",
                $"{request.Namespace}/{request.SourceName}");
        }

        if (!snapshot.IsTrueAt("status", "readyToUse"))
        {
            var why = snapshot.Condition("Progressing")?.Reason;
            warnings.Add($"The snapshot '{request.SourceName}' is not ready to use yet{(why is null ? "" : $" ({why})")}; clones of it wait for it.");
        }

        return null;
    }

    private static Fault? Unsupported(CloneRequest request, JsonObject source)
    {
        var domain = Domain(source);
        var what = IsTrue(domain?["devices"]?["tpm"]?["persistent"]) ? "a persistent TPM"
            : IsTrue(domain?["firmware"]?["bootloader"]?["efi"]?["persistent"]) ? "persistent EFI variables"
            : null;
        return what is null ? null : FaultMapper.Make(
            FaultIds.VMCloneSourceUnsupported,
            FaultCategory.InvalidOperation,
            $"'{request.SourceName}' has {what}, which KubeVirt cannot clone.",
            "Clone a machine without persistent TPM and EFI state.",
            $"{request.Namespace}/{request.SourceName}");
    }

    private static Fault? VolumeExists(CloneRequest request, JsonObject source, NamespaceFacts facts)
    {
        if (request.VolumeNamePolicy != "PrefixTargetName" || facts.Claims is null)
            return null;
        var taken = CopiedVolumes(source).Select(v => $"{request.TargetName}-{v}").FirstOrDefault(facts.Claims.Contains);
        return taken is null ? null : FaultMapper.Make(
            FaultIds.VMCloneVolumeExists,
            FaultCategory.ResourceExists,
            $"A claim '{taken}' exists in namespace '{request.Namespace}'. With PrefixTargetName KubeVirt would give it to the new machine with the data it has.",
            "Remove the claim if nobody needs it, choose another target name, or leave VolumeNamePolicy out.",
            $"{request.Namespace}/{request.TargetName}");
    }

    private static void WarnOfInterfaces(CloneRequest request, JsonObject source, List<string> warnings)
    {
        if (request.MacAddresses is not { Count: > 0 } macs)
            return;
        var interfaces = (Domain(source)?["devices"]?["interfaces"] as JsonArray)?.Select(i => i?["name"]?.GetValue<string>()).ToList() ?? [];
        foreach (var name in macs.Keys.Where(k => !interfaces.Contains(k)))
        {
            warnings.Add($"'{request.SourceName}' has no interface '{name}': its MAC address is ignored."
                + (interfaces.Count == 0 ? "" : $" It has {string.Join(", ", interfaces)}."));
        }
    }

    private static void WarnOfVolumes(CloneRequest request, JsonObject source, List<string> warnings)
    {
        if (request.SourceKind != SourceKinds.VirtualMachine || source["status"]?["volumeSnapshotStatuses"] is not JsonArray statuses)
            return;
        var copied = CopiedVolumes(source).ToHashSet(StringComparer.Ordinal);
        foreach (var status in statuses.OfType<JsonObject>().Where(s => !IsTrue(s["enabled"])))
        {
            if (status["name"]?.GetValue<string>() is { } volume && copied.Contains(volume))
                warnings.Add($"Clones of '{request.SourceName}' stay pending while its volume '{volume}' cannot be snapshotted: {status["reason"]?.GetValue<string>()}");
        }
    }

    private static Fault? Patches(CheckedRequest item, JsonObject source, List<string> warnings)
    {
        var request = item.Request;
        if (item.Patches.Count == 0)
            return null;
        var machine = (JsonObject)source.DeepClone();
        machine["metadata"] ??= new JsonObject();
        if (JsonPatchApplier.Apply(machine, RestorePatches.For(source, request, item.Patches)) is not var (operation, why))
            return null;
        var message = $"The patch {operation.ToWebhookText()} cannot be applied to '{request.SourceName}': {why}.";
        if (source["status"]?["created"] is { } created && IsTrue(created))
        {
            // A running machine is snapshotted as it was started, which can differ from what is written now.
            warnings.Add(message);
            return null;
        }

        return FaultMapper.Make(
            FaultIds.VMClonePatchInvalid,
            FaultCategory.InvalidArgument,
            message,
            operation.Path.StartsWith("/metadata/", StringComparison.Ordinal) && operation.Op is "add" or "replace"
                ? "Give the source one such key first (kubectl label vm …, kubectl annotate vm …): KubeVirt does not let a patch make the first."
                : "Correct the path; filters, MAC addresses and serial are applied before patches.",
            $"{request.Namespace}/{request.TargetName}");
    }

    private static JsonObject? Domain(JsonObject machine) => machine["spec"]?["template"]?["spec"]?["domain"] as JsonObject;

    private static IEnumerable<string> CopiedVolumes(JsonObject machine) =>
        (machine["spec"]?["template"]?["spec"]?["volumes"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .Where(v => v.ContainsKey("dataVolume") || v.ContainsKey("persistentVolumeClaim"))
            .Select(v => v["name"]?.GetValue<string>() ?? "");

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;
}
