namespace KubeVirtClone.Sandbox.Resources;

/// <summary>The custom resources of KubeVirt, CDI and the CSI snapshotter that the sandbox serves.</summary>
internal static class KubeVirtResources
{
    private const string Storage = "snapshot.storage.k8s.io";

    /// <summary>All of them, in the versions a profile serves; those of CDI without any where the profile has no CDI.</summary>
    public static IEnumerable<ResourceType> All(Profile profile)
    {
        foreach (var type in KubeVirt().Concat(Snapshots()).Concat(Instancetypes()).Concat(ContainerizedDataImporter()).Concat(CsiSnapshots()))
        {
            if (profile.Groups.TryGetValue(type.Group, out var served))
            {
                yield return type with
                {
                    Versions = served.Versions,
                    StorageVersion = served.Storage,
                    Schema = SchemaLibrary.For(type, profile),
                };
            }
            else if (type.Group == Profile.CdiGroup)
            {
                yield return type;
            }
        }
    }

    private static IEnumerable<ResourceType> KubeVirt()
    {
        yield return Custom("kubevirt.io", "kubevirts", "KubeVirt", "kv", "kvs") with
        {
            HasStatus = true,
            Columns = [Columns.Age, Columns.Path("Phase", "string", ".status.phase")],
        };
        yield return Custom("kubevirt.io", "virtualmachineinstances", "VirtualMachineInstance", "vmi", "vmis") with
        {
            Columns =
            [
                Columns.Age,
                Columns.Path("Phase", "string", ".status.phase"),
                Columns.Path("IP", "string", ".status.interfaces[0].ipAddress"),
                Columns.Path("NodeName", "string", ".status.nodeName"),
                Columns.Path("Ready", "string", ".status.conditions[?(@.type=='Ready')].status"),
                Columns.Path("Live-Migratable", "string", ".status.conditions[?(@.type=='LiveMigratable')].status", priority: 1),
                Columns.Path("Paused", "string", ".status.conditions[?(@.type=='Paused')].status", priority: 1),
            ],
        };
        yield return Custom("kubevirt.io", "virtualmachines", "VirtualMachine", "vm", "vms") with
        {
            HasStatus = true,
            HasRules = true,
            Columns =
            [
                Columns.Age,
                Columns.Path("Status", "string", ".status.printableStatus", description: "Human Readable Status"),
                Columns.Path("Ready", "string", ".status.conditions[?(@.type=='Ready')].status"),
            ],
        };
        yield return Custom("clone.kubevirt.io", "virtualmachineclones", "VirtualMachineClone", "vmclone", "vmclones") with
        {
            HasStatus = true,
            Columns =
            [
                Columns.Path("Phase", "string", ".status.phase"),
                Columns.Path("SourceVirtualMachine", "string", ".spec.source.name"),
                Columns.Path("TargetVirtualMachine", "string", ".spec.target.name"),
            ],
        };
    }

    private static IEnumerable<ResourceType> Snapshots()
    {
        var ready = Columns.Path("ReadyToUse", "boolean", ".status.readyToUse");
        var created = Columns.Path("CreationTime", "date", ".status.creationTime");
        var error = Columns.Path("Error", "string", ".status.error.message");
        yield return Custom("snapshot.kubevirt.io", "virtualmachinerestores", "VirtualMachineRestore", "vmrestore", "vmrestores") with
        {
            HasStatus = true,
            Columns =
            [
                Columns.Path("TargetKind", "string", ".spec.target.kind"),
                Columns.Path("TargetName", "string", ".spec.target.name"),
                Columns.Path("Complete", "boolean", ".status.complete"),
                Columns.Path("RestoreTime", "date", ".status.restoreTime"),
            ],
        };
        yield return Custom("snapshot.kubevirt.io", "virtualmachinesnapshots", "VirtualMachineSnapshot", "vmsnapshot", "vmsnapshots") with
        {
            HasStatus = true,
            Columns =
            [
                Columns.Path("SourceKind", "string", ".spec.source.kind"),
                Columns.Path("SourceName", "string", ".spec.source.name"),
                Columns.Path("Phase", "string", ".status.phase"),
                ready,
                created,
                error,
            ],
        };
        yield return Custom(
            "snapshot.kubevirt.io", "virtualmachinesnapshotcontents", "VirtualMachineSnapshotContent", "vmsnapshotcontent", "vmsnapshotcontents") with
        {
            HasStatus = true,
            Columns = [ready, created, error],
        };
    }

    private static IEnumerable<ResourceType> Instancetypes()
    {
        const string group = "instancetype.kubevirt.io";
        yield return Custom(
            group, "virtualmachineclusterinstancetypes", "VirtualMachineClusterInstancetype", "vmclusterinstancetype", "vmclusterinstancetypes", "vmcf", "vmcfs") with
        {
            Namespaced = false,
            Categories = [],
        };
        yield return Custom(group, "virtualmachineclusterpreferences", "VirtualMachineClusterPreference", "vmcp", "vmcps") with
        {
            Namespaced = false,
            Categories = [],
        };
        yield return Custom(
            group, "virtualmachineinstancetypes", "VirtualMachineInstancetype", "vminstancetype", "vminstancetypes", "vmf", "vmfs");
        yield return Custom(group, "virtualmachinepreferences", "VirtualMachinePreference", "vmpref", "vmprefs", "vmp", "vmps");
    }

    private static IEnumerable<ResourceType> ContainerizedDataImporter()
    {
        yield return Custom("cdi.kubevirt.io", "datavolumes", "DataVolume", "dv", "dvs") with
        {
            HasStatus = true,
            Columns =
            [
                Columns.Path("Phase", "string", ".status.phase", description: "The phase the data volume is in"),
                Columns.Path("Progress", "string", ".status.progress", description: "Transfer progress in percentage if known, N/A otherwise"),
                Columns.Path("Restarts", "integer", ".status.restartCount", description: "The number of times the transfer has been restarted."),
                Columns.Age,
            ],
        };
        // Without a status of its own: writing it is a change like any other.
        yield return Custom("cdi.kubevirt.io", "datasources", "DataSource", "das") with { Columns = [Columns.Age] };
        yield return Custom("cdi.kubevirt.io", "volumeclonesources", "VolumeCloneSource") with { Categories = [] };
        yield return Custom("cdi.kubevirt.io", "storageprofiles", "StorageProfile") with { Namespaced = false, HasStatus = true, Categories = [] };
    }

    private static IEnumerable<ResourceType> CsiSnapshots()
    {
        yield return Custom(Storage, "volumesnapshotclasses", "VolumeSnapshotClass", "vsclass", "vsclasses") with
        {
            Namespaced = false,
            Categories = [],
            Columns = [Columns.Path("Driver", "string", ".driver"), Columns.Path("DeletionPolicy", "string", ".deletionPolicy"), Columns.Age],
        };
        yield return Custom(Storage, "volumesnapshotcontents", "VolumeSnapshotContent", "vsc", "vscs") with
        {
            Namespaced = false,
            HasStatus = true,
            Categories = [],
            Columns =
            [
                Columns.Path("ReadyToUse", "boolean", ".status.readyToUse"),
                Columns.Path("RestoreSize", "integer", ".status.restoreSize"),
                Columns.Path("DeletionPolicy", "string", ".spec.deletionPolicy"),
                Columns.Path("Driver", "string", ".spec.driver"),
                Columns.Path("VolumeSnapshotClass", "string", ".spec.volumeSnapshotClassName"),
                Columns.Path("VolumeSnapshot", "string", ".spec.volumeSnapshotRef.name"),
                Columns.Path("VolumeSnapshotNamespace", "string", ".spec.volumeSnapshotRef.namespace"),
                Columns.Age,
            ],
        };
        yield return Custom(Storage, "volumesnapshots", "VolumeSnapshot", "vs") with
        {
            HasStatus = true,
            Categories = [],
            Columns =
            [
                Columns.Path("ReadyToUse", "boolean", ".status.readyToUse"),
                Columns.Path("SourcePVC", "string", ".spec.source.persistentVolumeClaimName"),
                Columns.Path("SourceSnapshotContent", "string", ".spec.source.volumeSnapshotContentName"),
                Columns.Path("RestoreSize", "string", ".status.restoreSize"),
                Columns.Path("SnapshotClass", "string", ".spec.volumeSnapshotClassName"),
                Columns.Path("SnapshotContent", "string", ".status.boundVolumeSnapshotContentName"),
                Columns.Path("CreationTime", "date", ".status.creationTime"),
                Columns.Age,
            ],
        };
    }

    private static ResourceType Custom(string group, string plural, string kind, params string[] shortNames) => new()
    {
        Group = group,
        Versions = [],
        StorageVersion = "",
        Plural = plural,
        Singular = kind.ToLowerInvariant(),
        Kind = kind,
        ShortNames = shortNames,
        Categories = ["all"],
    };
}
