using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Live;

/// <summary>
/// Plays CDI on a cluster that has its definitions only: what the recorded cases show it leave on DataVolumes and their claims. A
/// claim is filled without the claim beside it, which the comparison leaves out.
/// </summary>
internal sealed class LiveImports(LiveStorage storage)
{
    private const string PrePopulated = "cdi.kubevirt.io/storage.prePopulated";
    private const string PopulatedFor = "cdi.kubevirt.io/storage.populatedFor";
    private const string PodPhase = "cdi.kubevirt.io/storage.pod.phase";

    /// <summary>Looks at a DataVolume and its claim.</summary>
    public void Look(JsonObject dataVolume, JsonObject? claim)
    {
        var given = dataVolume.ObjectAt("spec", "pvc") ?? dataVolume.ObjectAt("spec", "storage");
        if (dataVolume.IsDeleting() || storage.Class("StorageClass", given.TextAt("storageClassName") ?? claim.TextAt("spec", "storageClassName")) is null || claim?.IsDeleting() is true)
            return;
        var annotations = new JsonObject();
        if (dataVolume.Annotation("cdi.kubevirt.io/storage.usePopulator") is null)
            annotations["cdi.kubevirt.io/storage.usePopulator"] = "true";
        if (claim?.Annotation(PopulatedFor) == dataVolume.Name() && dataVolume.Annotation(PrePopulated) is null or "true")
            annotations[PrePopulated] = claim!.Name();
        if (annotations.Count > 0)
        {
            storage.Patch("DataVolume", dataVolume, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations } });
            return;
        }

        var prePopulated = dataVolume.Annotation(PrePopulated) is not null;
        if (claim is null)
        {
            if (prePopulated)
                WriteStatus(dataVolume, "Pending", null);
            else
                storage.Create(Claim(dataVolume, given));
            return;
        }

        var owner = claim.ArrayAt("metadata", "ownerReferences").Objects().FirstOrDefault(o => o.FlagAt("controller") is true);
        if (owner is null && (prePopulated || claim.Annotation(PopulatedFor) == dataVolume.Name()))
        {
            storage.Patch("PersistentVolumeClaim", claim, new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = new JsonArray((JsonNode)Owner(dataVolume)) } });
            return;
        }

        if (owner.TextAt("uid") != dataVolume.Uid())
            return;
        var bound = claim.TextAt("status", "phase") == "Bound";
        if (bound && !prePopulated && claim.Annotation(PodPhase) is null)
            MarkImported(claim);
        else
            WriteStatus(dataVolume, prePopulated || bound ? "Succeeded" : "Pending", claim);
    }

    /// <summary>Gives a claim that an import fills its volume, whatever its class's binding mode.</summary>
    public void Fill(JsonObject claim, JsonObject storageClass)
    {
        var delay = double.TryParse(storageClass.TextAt("parameters", "delay"), System.Globalization.CultureInfo.InvariantCulture, out var seconds) ? seconds : 0.6;
        if (storageClass.TextAt("parameters", "never") != "true" && claim.Annotation("cdi.kubevirt.io/createdForDataVolume") is not null && storage.HasPassed(claim.Uid(), TimeSpan.FromSeconds(delay)))
            storage.MakeVolume(claim, storageClass, "pvc-" + Beside(claim.Uid()));
    }

    // The volume is named after the claim beside, of which there is none: any other identifier, the same at every look.
    private static string Beside(string uid) => new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(uid)).AsSpan(0, 16)).ToString();

    private static JsonObject Claim(JsonObject dataVolume, JsonObject? given)
    {
        var spec = given?.Copy() ?? [];
        spec["accessModes"] ??= new JsonArray("ReadWriteOnce");
        var source = new JsonObject { ["apiGroup"] = "cdi.kubevirt.io", ["kind"] = "VolumeImportSource", ["name"] = "volume-import-source-" + dataVolume.Uid() };
        spec["dataSource"] = source;
        spec["dataSourceRef"] = source.DeepClone();
        var labels = dataVolume.ObjectAt("metadata", "labels")?.Copy() ?? [];
        labels["alerts.k8s.io/KubePersistentVolumeFillingUp"] = "disabled";
        labels["app"] = "containerized-data-importer";
        labels["app.kubernetes.io/component"] = "storage";
        labels["app.kubernetes.io/managed-by"] = "cdi-controller";
        var annotations = dataVolume.ObjectAt("metadata", "annotations")?.Copy() ?? [];
        annotations["cdi.kubevirt.io/createdForDataVolume"] = dataVolume.Uid();
        annotations["cdi.kubevirt.io/storage.bind.immediate.requested"] = "";
        annotations["cdi.kubevirt.io/storage.contentType"] = "kubevirt";
        annotations["cdi.kubevirt.io/storage.preallocation.requested"] = "false";
        annotations["cdi.kubevirt.io/storage.usePopulator"] = "true";
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolumeClaim",
            ["metadata"] = new JsonObject
            {
                ["name"] = dataVolume.Name(),
                ["namespace"] = dataVolume.Namespace(),
                ["labels"] = labels,
                ["annotations"] = annotations,
                ["ownerReferences"] = new JsonArray((JsonNode)Owner(dataVolume)),
            },
            ["spec"] = spec,
        };
    }

    private static JsonObject Owner(JsonObject dataVolume) => new JsonObject
    {
        ["apiVersion"] = "cdi.kubevirt.io/v1beta1",
        ["kind"] = "DataVolume",
        ["name"] = dataVolume.Name(),
        ["uid"] = dataVolume.Uid(),
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    private void MarkImported(JsonObject claim) => storage.Patch("PersistentVolumeClaim", claim, new JsonObject
    {
        ["metadata"] = new JsonObject
        {
            ["annotations"] = new JsonObject
            {
                ["cdi.kubevirt.io/storage.condition.running"] = "false",
                ["cdi.kubevirt.io/storage.condition.running.message"] = "Import Complete",
                ["cdi.kubevirt.io/storage.condition.running.reason"] = "Completed",
                [PodPhase] = "Succeeded",
                ["cdi.kubevirt.io/storage.pod.restarts"] = "0",
                ["cdi.kubevirt.io/storage.pod.schedulable"] = "true",
                ["cdi.kubevirt.io/storage.populator.progress"] = "100.0%",
                ["cdi.kubevirt.io/storage.populator.pvcPrime"] = "prime-" + claim.Uid(),
            },
        },
    });

    private void WriteStatus(JsonObject dataVolume, string phase, JsonObject? claim)
    {
        var imported = claim?.Annotation(PodPhase) == "Succeeded";
        var claimPhase = claim.TextAt("status", "phase") ?? "";
        var (status, reason, message) = claim is null
            ? ("Unknown", "NotFound", "No PVC found")
            : (claimPhase == "Bound" ? "True" : "False", claimPhase, $"PVC {claim.Name()} {claimPhase}");
        var conditions = new JsonArray(
            Condition(dataVolume, "Bound", status, reason, message),
            Condition(dataVolume, "Ready", phase == "Succeeded" ? "True" : "False", null, null),
            Condition(dataVolume, "Running", "False", imported ? "Completed" : null, imported ? "Import Complete" : null));
        var wanted = new JsonObject { ["phase"] = phase, ["conditions"] = conditions };
        if (claim is not null)
            wanted["claimName"] = claim.Name();
        if (phase == "Succeeded" && dataVolume.TextAt("status", "progress") != "100.0%")
            wanted["progress"] = imported ? "100.0%" : "N/A";
        var merged = dataVolume.ObjectAt("status")?.Copy() ?? [];
        foreach (var (key, value) in wanted)
            merged[key] = value.Copy();
        if (!merged.Same(dataVolume["status"]))
            storage.Patch("DataVolume", dataVolume, new JsonObject { ["status"] = wanted }, "status");
    }

    private static JsonNode Condition(JsonObject dataVolume, string type, string value, string? reason, string? message)
    {
        var old = dataVolume.ArrayAt("status", "conditions").Objects().FirstOrDefault(c => c.TextAt("type") == type);
        if (old is not null && old.TextAt("status") == value && old.TextAt("reason") == reason && old.TextAt("message") == message)
            return old.DeepClone();
        var now = JsonAccess.Timestamp(DateTimeOffset.UtcNow);
        var made = new JsonObject { ["lastHeartbeatTime"] = now, ["lastTransitionTime"] = now };
        if (message is not null)
            made["message"] = message;
        if (reason is not null)
            made["reason"] = reason;
        made["status"] = value;
        made["type"] = type;
        return made;
    }
}
