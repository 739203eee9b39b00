namespace KubeVirtClone.Engine.Model.Records;

/// <summary>The kinds around a clone that only checks and diagnoses read.</summary>
internal static class RelatedKinds
{
    /// <summary>The group of instance types and preferences.</summary>
    public const string TypeGroup = "instancetype.kubevirt.io";

    public static ResourceKind Namespace { get; } = new("", "v1", "namespaces", "Namespace", Namespaced: false);

    public static ResourceKind Pod { get; } = new("", "v1", "pods", "Pod");

    public static ResourceKind Service { get; } = new("", "v1", "services", "Service");

    public static ResourceKind ResourceQuota { get; } = new("", "v1", "resourcequotas", "ResourceQuota");

    public static ResourceKind LimitRange { get; } = new("", "v1", "limitranges", "LimitRange");

    public static ResourceKind StorageClass { get; } = new("storage.k8s.io", "v1", "storageclasses", "StorageClass", Namespaced: false);

    public static ResourceKind VolumeSnapshot { get; } = new("snapshot.storage.k8s.io", "v1", "volumesnapshots", "VolumeSnapshot");

    public static ResourceKind VolumeSnapshotClass { get; } =
        new("snapshot.storage.k8s.io", "v1", "volumesnapshotclasses", "VolumeSnapshotClass", Namespaced: false);

    public static ResourceKind VolumeSnapshotContent { get; } =
        new("snapshot.storage.k8s.io", "v1", "volumesnapshotcontents", "VolumeSnapshotContent", Namespaced: false);

    public static ResourceKind StorageProfile { get; } = new("cdi.kubevirt.io", "v1beta1", "storageprofiles", "StorageProfile", Namespaced: false);

    public static ResourceKind Cdi { get; } = new("cdi.kubevirt.io", "v1beta1", "cdis", "CDI", Namespaced: false);

    public static ResourceKind CsiDriver { get; } = new("storage.k8s.io", "v1", "csidrivers", "CSIDriver", Namespaced: false);

    public static ResourceKind ControllerRevision { get; } = new("apps", "v1", "controllerrevisions", "ControllerRevision");

    public static ResourceKind Secret { get; } = new("", "v1", "secrets", "Secret");

    public static ResourceKind ConfigMap { get; } = new("", "v1", "configmaps", "ConfigMap");

    public static ResourceKind DataSource { get; } = new("cdi.kubevirt.io", "v1beta1", "datasources", "DataSource");

    public static ResourceKind DataVolume { get; } = new("cdi.kubevirt.io", "v1beta1", "datavolumes", "DataVolume");

    public static ResourceKind ServiceAccount { get; } = new("", "v1", "serviceaccounts", "ServiceAccount");

    public static ResourceKind Network { get; } = new("k8s.cni.cncf.io", "v1", "network-attachment-definitions", "NetworkAttachmentDefinition");

    public static ResourceKind ResourceClaim { get; } = new("resource.k8s.io", "v1", "resourceclaims", "ResourceClaim");

    public static ResourceKind ResourceClaimTemplate { get; } = new("resource.k8s.io", "v1", "resourceclaimtemplates", "ResourceClaimTemplate");

    /// <summary>An instance type or preference, of the whole cluster or of a namespace.</summary>
    /// <param name="version">A version of <see cref="TypeGroup"/> that is served.</param>
    /// <param name="kind">Its kind.</param>
    public static ResourceKind Type(string version, string kind) =>
        new(TypeGroup, version, kind.ToLowerInvariant() + "s", kind, Namespaced: !kind.Contains("Cluster", StringComparison.Ordinal));

    public static ResourceKind Instance { get; } = new(KubeVirtKinds.KubeVirtGroup, "v1", "virtualmachineinstances", "VirtualMachineInstance");
}
