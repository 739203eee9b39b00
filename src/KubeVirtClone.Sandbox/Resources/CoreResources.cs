namespace KubeVirtClone.Sandbox.Resources;

/// <summary>The built-in Kubernetes resources that the sandbox serves.</summary>
internal static class CoreResources
{
    private const string AgeText = "CreationTimestamp is a timestamp representing the server time when this object was created.";

    /// <summary>All of them.</summary>
    public static IEnumerable<ResourceType> All()
    {
        yield return BuiltIn("", "configmaps", "ConfigMap", "cm") with
        {
            Columns =
            [
                Columns.Of("Data", "string", "Data contains the configuration data.", o => Count(o["data"] as JsonObject, o["binaryData"] as JsonObject)),
                Columns.BuiltInAge(),
            ],
        };
        yield return BuiltIn("", "events", "Event", "ev") with
        {
            HasNameColumn = false,
            SelectableFields =
            [
                "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
                "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
            ],
            Columns = [.. EventColumns()],
        };
        yield return BuiltIn("", "limitranges", "LimitRange", "limits") with { Columns = [Columns.BuiltInAge("Created At")] };
        yield return BuiltIn("", "namespaces", "Namespace", "ns") with
        {
            Namespaced = false,
            HasStatus = true,
            Names = NameRule.Label,
            SelectableFields = ["status.phase"],
            Columns = [Columns.Of("Status", "string", "The status of the namespace", o => o.TextAt("status", "phase")), Columns.BuiltInAge()],
        };
        yield return BuiltIn("", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc") with { HasStatus = true, Columns = [.. ClaimColumns()] };
        yield return BuiltIn("", "persistentvolumes", "PersistentVolume", "pv") with
        {
            Namespaced = false,
            HasStatus = true,
            Columns = [.. VolumeColumns()],
        };
        yield return BuiltIn("", "pods", "Pod", "po") with
        {
            HasStatus = true,
            Categories = ["all"],
            SelectableFields = ["spec.nodeName", "status.phase", "spec.restartPolicy", "spec.serviceAccountName", "status.podIP"],
            Columns =
            [
                Columns.Of("Ready", "string", "The aggregate readiness state of this pod for accepting traffic.", Ready),
                Columns.Of("Status", "string", "The aggregate status of the containers in this pod.", o => o.TextAt("status", "phase")),
                Columns.Of("Restarts", "string", "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.", _ => "0"),
                Columns.BuiltInAge(),
                Columns.Of("Node", "string", "NodeName is the name of the node the pod runs on.", o => o.TextAt("spec", "nodeName") ?? "<none>", priority: 1),
            ],
        };
        yield return BuiltIn("", "resourcequotas", "ResourceQuota", "quota") with
        {
            HasStatus = true,
            Columns =
            [
                Columns.Of("Request", "string", "Request represents a minimum amount of cpu/memory that a container may consume.", o => Quota(o, "requests.")),
                Columns.Of("Limit", "string", "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.", o => Quota(o, "limits.")),
                Columns.BuiltInAge(),
            ],
        };
        yield return BuiltIn("", "secrets", "Secret") with
        {
            SelectableFields = ["type"],
            Columns =
            [
                Columns.Of("Type", "string", "Used to facilitate programmatic handling of secret data.", o => o.TextAt("type")),
                Columns.Of("Data", "string", "Data contains the secret data.", o => Count(o["data"] as JsonObject)),
                Columns.BuiltInAge(),
            ],
        };
        yield return BuiltIn("", "serviceaccounts", "ServiceAccount", "sa") with { Columns = [Columns.BuiltInAge()] };
        yield return BuiltIn("apps", "controllerrevisions", "ControllerRevision") with
        {
            Columns =
            [
                Columns.Of("Controller", "string", "Controller of the object", Controller),
                Columns.Of("Revision", "string", "Revision is the revision of the state represented by Data.", o => o["revision"]?.ToJsonString()),
                Columns.BuiltInAge(),
            ],
        };
        foreach (var (plural, kind, namespaced) in ((string, string, bool)[])
            [("clusterrolebindings", "ClusterRoleBinding", false), ("clusterroles", "ClusterRole", false), ("rolebindings", "RoleBinding", true), ("roles", "Role", true)])
        {
            var bound = plural.EndsWith("bindings", StringComparison.Ordinal);
            yield return BuiltIn("rbac.authorization.k8s.io", plural, kind) with
            {
                Namespaced = namespaced,
                Names = NameRule.PathSegment,
                Columns = bound
                    ? [Columns.Of("Role", "string", "RoleRef is the bound role.", o => o.TextAt("roleRef", "kind") + "/" + o.TextAt("roleRef", "name")), Columns.BuiltInAge()]
                    : [Columns.Of("Created At", "date", AgeText, o => o.TextAt("metadata", "creationTimestamp"))],
            };
        }

        yield return BuiltIn("storage.k8s.io", "storageclasses", "StorageClass", "sc") with
        {
            Namespaced = false,
            NameCell = o => o.TextAt("metadata", "name") + (IsDefaultClass(o) ? " (default)" : ""),
            Columns =
            [
                Columns.Of("Provisioner", "string", "Provisioner indicates the type of the provisioner.", o => o.TextAt("provisioner")),
                Columns.Of("ReclaimPolicy", "string", "Dynamically provisioned volumes are created with this reclaimPolicy.", o => o.TextAt("reclaimPolicy") ?? "Delete"),
                Columns.Of("VolumeBindingMode", "string", "How volumes are provisioned and bound.", o => o.TextAt("volumeBindingMode") ?? "Immediate"),
                new TableColumn("AllowVolumeExpansion", "string", "Whether the class allows volumes to grow.", 0, (o, _) => o["allowVolumeExpansion"]?.GetValue<bool>() ?? false),
                Columns.BuiltInAge(),
            ],
        };
        yield return BuiltIn("storage.k8s.io", "csidrivers", "CSIDriver") with
        {
            Namespaced = false,
            Columns =
            [
                new TableColumn("AttachRequired", "boolean", "Whether volumes are attached before they are mounted.", 0, (o, _) => o.At("spec", "attachRequired")?.DeepClone() ?? true),
                Columns.BuiltInAge(),
            ],
        };
        yield return BuiltIn("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", "crd", "crds") with
        {
            Namespaced = false,
            HasStatus = true,
            Categories = ["api-extensions"],
            Columns = [Columns.Of("Created At", "date", AgeText, o => o.TextAt("metadata", "creationTimestamp"))],
        };
    }

    private static IEnumerable<TableColumn> EventColumns()
    {
        yield return Age("Last Seen", "Time when this event was last observed", 0, "lastTimestamp", "eventTime", "firstTimestamp");
        yield return Columns.Of("Type", "string", "Type of this event (Normal, Warning), new types could be added in the future", o => o.TextAt("type"));
        yield return Columns.Of("Reason", "string", "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.", o => o.TextAt("reason"));
        yield return Columns.Of("Object", "string", "The object that this event is about.", o => (o.TextAt("involvedObject", "kind") ?? "").ToLowerInvariant() + "/" + o.TextAt("involvedObject", "name"));
        yield return Columns.Of("Subobject", "string", "If referring to a piece of an object instead of an entire object.", o => o.TextAt("involvedObject", "fieldPath"), priority: 1);
        yield return Columns.Of("Source", "string", "The component reporting this event.", o => o.TextAt("source", "component"), priority: 1);
        yield return Columns.Of("Message", "string", "A human-readable description of the status of this operation.", o => o.TextAt("message")?.Trim());
        yield return Age("First Seen", "The time at which the event was first recorded.", 1, "firstTimestamp", "eventTime");
        yield return Columns.Of("Count", "string", "The number of times this event has occurred.", o => o["count"]?.ToJsonString() ?? "1", priority: 1);
        yield return Columns.Of("Name", "string", "Name of the event.", o => o.TextAt("metadata", "name"), priority: 1);
    }

    private static IEnumerable<TableColumn> ClaimColumns()
    {
        yield return Columns.Of("Status", "string", "The current phase of the claim.", o => o.At("metadata", "deletionTimestamp") is null ? o.TextAt("status", "phase") : "Terminating");
        yield return Columns.Of("Volume", "string", "The volume bound to the claim.", o => o.TextAt("spec", "volumeName"));
        yield return Columns.Of("Capacity", "string", "The actual resources of the volume.", o => o.TextAt("status", "capacity", "storage"));
        yield return Columns.Of("Access Modes", "string", "The access modes of the volume.", o => o.TextAt("spec", "volumeName") is null ? "" : Modes(o.TextsAt("status", "accessModes")));
        yield return Columns.Of("StorageClass", "string", "The class of the claim.", o => o.TextAt("spec", "storageClassName"));
        yield return Columns.Of("VolumeAttributesClass", "string", "The attributes class of the claim.", o => o.TextAt("spec", "volumeAttributesClassName") ?? "<unset>");
        yield return Columns.BuiltInAge();
        yield return Columns.Of("VolumeMode", "string", "Filesystem or Block.", o => o.TextAt("spec", "volumeMode") ?? "<unset>", priority: 1);
    }

    private static IEnumerable<TableColumn> VolumeColumns()
    {
        yield return Columns.Of("Capacity", "string", "The size of the volume.", o => o.TextAt("spec", "capacity", "storage"));
        yield return Columns.Of("Access Modes", "string", "How the volume can be mounted.", o => Modes(o.TextsAt("spec", "accessModes")));
        yield return Columns.Of("Reclaim Policy", "string", "What happens when the claim goes.", o => o.TextAt("spec", "persistentVolumeReclaimPolicy"));
        yield return Columns.Of("Status", "string", "The phase of the volume.", o => o.TextAt("status", "phase"));
        yield return Columns.Of("Claim", "string", "The claim it is bound to.", o => o.TextAt("spec", "claimRef", "name") is { } name ? o.TextAt("spec", "claimRef", "namespace") + "/" + name : "");
        yield return Columns.Of("StorageClass", "string", "The class of the volume.", o => o.TextAt("spec", "storageClassName"));
        yield return Columns.Of("VolumeAttributesClass", "string", "The attributes class of the volume.", o => o.TextAt("spec", "volumeAttributesClassName") ?? "<unset>");
        yield return Columns.Of("Reason", "string", "Why the volume is in this phase.", o => o.TextAt("status", "reason"));
        yield return Columns.BuiltInAge();
        yield return Columns.Of("VolumeMode", "string", "Filesystem or Block.", o => o.TextAt("spec", "volumeMode") ?? "<unset>", priority: 1);
    }

    private static TableColumn Age(string name, string description, int priority, params string[] fields) => new(
        name, "string", description, priority, (o, now) => HumanDuration.Since(fields.Select(f => o.TextAt(f)).FirstOrDefault(t => t is not null), now));

    private static bool IsDefaultClass(JsonObject storageClass) =>
        storageClass.TextAt("metadata", "annotations", "storageclass.kubernetes.io/is-default-class") == "true";

    private static string Count(params JsonObject?[] maps) => maps.Sum(m => m?.Count ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Modes(IEnumerable<string> modes) => string.Join(",", modes.Select(m => m switch
    {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => m,
    }));

    private static string Ready(JsonObject pod)
    {
        var total = (pod.At("spec", "containers") as JsonArray)?.Count ?? 0;
        var ready = (pod.At("status", "containerStatuses") as JsonArray)?.Count(s => s.At("ready")?.GetValue<bool>() ?? false) ?? 0;
        return $"{ready}/{total}";
    }

    private static string Quota(JsonObject quota, string prefix) => string.Join(
        ", ",
        (quota.At("status", "hard") as JsonObject ?? []).Where(h => h.Key.StartsWith("limits.", StringComparison.Ordinal) == (prefix == "limits."))
            .Select(h => $"{h.Key}: {quota.TextAt("status", "used", h.Key)}/{h.Value}"));

    private static string Controller(JsonObject obj)
    {
        var owner = (obj.At("metadata", "ownerReferences") as JsonArray)?
            .FirstOrDefault(o => o.At("controller")?.GetValue<bool>() ?? false);
        if (owner is null)
            return "<none>";
        var group = (owner.TextAt("apiVersion") ?? "").Split('/')[0];
        return $"{(owner.TextAt("kind") ?? "").ToLowerInvariant()}.{group}/{owner.TextAt("name")}";
    }

    private static ResourceType BuiltIn(string group, string plural, string kind, params string[] shortNames) => new()
    {
        Group = group,
        Versions = ["v1"],
        StorageVersion = "v1",
        Plural = plural,
        Singular = kind.ToLowerInvariant(),
        Kind = kind,
        ShortNames = shortNames,
        IsCustom = false,
    };
}
