using System.Collections.Immutable;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The checks there are.</summary>
internal static class PreflightChecks
{
    /// <summary>Those a clone gets before it is made, too: they need nothing but the request, its source and its target.</summary>
    public static ImmutableArray<IPreflightCheck> Cheap { get; } =
    [
        new SourceExistsCheck(),
        new SourceReplacedCheck(),
        new SourceStateCheck(),
        new SnapshotSourceCheck(),
        new SourceSupportCheck(),
        new VolumeSupportCheck(),
        new MacInterfaceCheck(),
        new SourceNameCheck(),
        new VolumeNameCheck(),
        new PatchCheck(),
    ];

    /// <summary>All of them.</summary>
    public static ImmutableArray<IPreflightCheck> All { get; } =
    [
        new ClusterCheck(),
        new AccessCheck(),
        new NotReadCheck(),
        new RequestCheck(),
        new ManifestCheck(),
        new RestoreManifestCheck(),
        .. Cheap,
        new RestoredMachineCheck(),
        new TemplateSourceCheck(),
        new RunningSourceCheck(),
        new RunningDifferenceCheck(),
        new InstancetypeDriftCheck(),
        new PersistentStateCheck(),
        new ReferenceCheck(),
        new ClaimStateCheck(),
        new MemoryDumpCheck(),
        new ClaimUseCheck(),
        new TargetCheck(),
        new CloneNameCheck(),
        new NameLengthCheck(),
        new FilterCheck(),
        new MacUseCheck(),
        new SerialCheck(),
        new QuotaCheck(),
        new LimitRangeCheck(),
        new StorageLimitCheck(),
        new BindingCheck(),
        new SharedCheck(),
        new IdentityCheck(),
        new CloudInitCheck(),
        new OwnershipCheck(),
        new ServiceCheck(),
        new SnapshotClassCheck(),
        new InstancetypeCheck(),
        new RehearsalCheck(),
    ];

    /// <summary>Runs checks; what is found comes in order of severity, then of item. The same finding is given once.</summary>
    public static IReadOnlyList<Finding> Run(IEnumerable<IPreflightCheck> checks, PreflightBatch batch) =>
    [
        .. checks.SelectMany(c => c.Check(batch))
            .DistinctBy(f => (f.Severity, f.Code, f.Item, f.Message))
            .OrderBy(f => f.Severity)
            .ThenBy(f => f.Item, StringComparer.Ordinal)
            .ThenBy(f => f.Code, StringComparer.Ordinal),
    ];
}
