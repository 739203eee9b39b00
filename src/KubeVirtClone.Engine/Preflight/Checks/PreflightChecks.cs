using System.Collections.Immutable;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The checks there are.</summary>
internal static class PreflightChecks
{
    /// <summary>Those a source gets before clones are made of it, too: they need nothing but the source.</summary>
    public static ImmutableArray<SourceCheck> CheapOfSources { get; } =
    [
        new SourceExistsCheck(),
        new SourceStateCheck(),
        new SnapshotSourceCheck(),
        new SourceSupportCheck(),
        new VolumeSupportCheck(),
        new SourceNameCheck(),
    ];

    /// <summary>Those a clone gets before it is made, too: they need nothing but the request, its source and its target.</summary>
    public static ImmutableArray<SubjectCheck> CheapOfSubjects { get; } =
    [
        new MacInterfaceCheck(),
        new VolumeNameCheck(),
        new PatchCheck(),
        new DiskCheck(),
    ];

    /// <summary>Those a batch gets before it is made, too, whatever the namespaces of its clones.</summary>
    public static ImmutableArray<IPreflightCheck> OfBatch { get; } = [new MacUseCheck(), new GivenTwiceCheck()];

    /// <summary>Those the clones of a namespace get before they are made, too: about each clone, or about a source by how all of its clones are made.</summary>
    public static ImmutableArray<IPreflightCheck> OfClones { get; } = [new QuotaCheck(), new LimitRangeCheck(), new TemplateSourceCheck(), new MemoryDumpCheck()];

    /// <summary>Those the clones of a namespace get before they are made, too, and that say the same whichever clone of a source is looked at.</summary>
    public static ImmutableArray<IPreflightCheck> OfFew { get; } =
    [
        new RunningSourceCheck(), new RunningDifferenceCheck(), new InstancetypeDriftCheck(), new PersistentStateCheck(), new ReferenceCheck(),
    ];

    /// <summary>All of them. What else makers of clones are told is in the way of a target (<see cref="TargetCheck"/>), or what a restore makes (<see cref="RestoredMachineCheck"/>).</summary>
    public static ImmutableArray<IPreflightCheck> All { get; } =
    [
        new ClusterCheck(),
        new AccessCheck(),
        new NotReadCheck(),
        new RequestCheck(),
        new ManifestCheck(),
        new RestoreManifestCheck(),
        .. CheapOfSources,
        new SourceReplacedCheck(),
        .. CheapOfSubjects,
        .. OfBatch,
        .. OfClones,
        .. OfFew,
        new DiskMethodCheck(),
        new OwnershipPolicyCheck(),
        new CopiedSourceCheck(),
        new CopyStrategyCheck(),
        new RestoredMachineCheck(),
        new ClaimStateCheck(),
        new ClaimUseCheck(),
        new TargetCheck(),
        new CloneNameCheck(),
        new NameLengthCheck(),
        new FilterCheck(),
        new SerialCheck(),
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
    public static IReadOnlyList<Finding> Run(IEnumerable<IPreflightCheck> checks, PreflightBatch batch) => InOrder(checks.SelectMany(c => c.Check(batch)));

    /// <summary>Findings in order of severity, then of item; the same is given once.</summary>
    public static IReadOnlyList<Finding> InOrder(IEnumerable<Finding> findings) =>
    [
        .. findings.DistinctBy(f => (f.Severity, f.Code, f.Item, f.Message))
            .OrderBy(f => f.Severity)
            .ThenBy(f => f.Item, StringComparer.Ordinal)
            .ThenBy(f => f.Code, StringComparer.Ordinal),
    ];
}
