using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>The kinds around a clone that only checks and diagnoses read.</summary>
internal static class RelatedKinds
{
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

    public static ResourceKind Instance { get; } = new(KubeVirtKinds.KubeVirtGroup, "v1", "virtualmachineinstances", "VirtualMachineInstance");
}
