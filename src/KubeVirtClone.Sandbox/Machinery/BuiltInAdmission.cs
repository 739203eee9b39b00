using System.Text;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// What a Kubernetes API server itself fills into built-in kinds: namespace phase and label, Secret stringData, volume mode,
/// default class, phase and protection of claims, reclaim policy and binding mode of storage classes.
/// </summary>
internal sealed class BuiltInAdmission(ApiMachinery api) : IAdmission
{
    internal const string ClaimProtection = "kubernetes.io/pvc-protection";
    private const string DefaultClass = "storageclass.kubernetes.io/is-default-class";

    public bool Handles(AdmissionRequest request) => !request.Type.IsCustom && request.Object is not null;

    public void Mutate(AdmissionRequest request)
    {
        var obj = request.Object!;
        var creating = request.Operation == "CREATE";
        switch (request.Type.Plural)
        {
            case "namespaces":
                var labels = obj.Ensure("metadata", "labels");
                labels["kubernetes.io/metadata.name"] = obj.TextAt("metadata", "name") ?? request.Name;
                if (creating)
                {
                    obj.Ensure("spec")["finalizers"] = new JsonArray("kubernetes");
                    obj.Ensure("status")["phase"] = "Active";
                }

                break;
            case "secrets":
                MoveStringData(obj);
                if (obj.TextAt("type") is null)
                    obj["type"] = "Opaque";
                break;
            case "persistentvolumeclaims" when creating:
                var spec = obj.Ensure("spec");
                spec["volumeMode"] ??= "Filesystem";
                if (!spec.ContainsKey("storageClassName") && DefaultClassName() is { } name)
                    spec["storageClassName"] = name;
                obj.Ensure("status")["phase"] ??= "Pending";
                var finalizers = obj.TextsAt("metadata", "finalizers").Append(ClaimProtection).Distinct();
                obj.Ensure("metadata")["finalizers"] = JsonAccess.StringArray(finalizers);
                break;
            case "persistentvolumes" when creating:
                obj.Ensure("spec")["persistentVolumeReclaimPolicy"] ??= "Retain";
                obj.Ensure("spec")["volumeMode"] ??= "Filesystem";
                obj.Ensure("status")["phase"] ??= "Pending";
                break;
            case "storageclasses":
                obj["reclaimPolicy"] ??= "Delete";
                obj["volumeBindingMode"] ??= "Immediate";
                break;
        }
    }

    public void Validate(AdmissionRequest request)
    {
    }

    private static void MoveStringData(JsonObject secret)
    {
        if (secret["stringData"] is not JsonObject texts)
            return;
        var data = secret.Ensure("data");
        foreach (var (key, value) in texts)
            data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value?.GetValue<string>() ?? ""));
        secret.Remove("stringData");
    }

    private string? DefaultClassName()
    {
        var classes = api.List(api.Type("storage.k8s.io", "storageclasses"), null);
        return classes.LastOrDefault(c => c.TextAt("metadata", "annotations", DefaultClass) == "true").TextAt("metadata", "name");
    }
}

/// <summary>Lets go of a deleted claim at once: nothing in the sandbox mounts claims, so nothing needs protection.</summary>
internal sealed class ClaimProtectionController : IDisposable
{
    private readonly ApiMachinery _api;
    private readonly ResourceType _claims;
    private readonly IDisposable _subscription;

    public ClaimProtectionController(ApiMachinery api)
    {
        _api = api;
        _claims = api.Type("", "persistentvolumeclaims");
        _subscription = api.Subscribe(OnChange);
    }

    public void Dispose() => _subscription.Dispose();

    private void OnChange(StoreEvent change)
    {
        if (change.Resource != _claims || change.Type == StoreEventType.Deleted || !change.Stored.Deleting)
            return;
        var finalizers = change.Object.TextsAt("metadata", "finalizers");
        if (!finalizers.Contains(BuiltInAdmission.ClaimProtection) || _api.GetStored(_claims, change.Namespace, change.Name) is not { } now)
            return;
        var copy = (JsonObject)now.Object.DeepClone();
        var rest = copy.TextsAt("metadata", "finalizers").Where(f => f != BuiltInAdmission.ClaimProtection).ToList();
        copy["metadata"]!["finalizers"] = rest.Count > 0 ? JsonAccess.StringArray(rest) : null;
        _api.Update(_claims, change.Namespace, change.Name, copy, RequestInfo.Controller("pvc-protection-controller"));
    }
}
