namespace KubeVirtClone.Engine.Preflight.Subjects;

/// <summary>
/// The stable identifiers of findings that have no fault id of their own. Scripts match on them: they are never renamed. Findings that stop
/// <c>New-VMClone</c> too have the fault's id (<see cref="FaultIds"/>).
/// </summary>
public static class FindingCodes
{
    /// <summary>The cluster: versions and gate.</summary>
    public const string Cluster = "Cluster";

    /// <summary>Whether the Snapshot gate is on could not be read.</summary>
    public const string SnapshotGateUnknown = "SnapshotGateUnknown";

    /// <summary>A kind could not be read.</summary>
    public const string NotRead = "NotRead";

    /// <summary>A snapshot or restore holds the source; another waits for it.</summary>
    public const string SourceLocked = "SourceLocked";

    /// <summary>The source is switched on.</summary>
    public const string SourceRunning = "SourceRunning";

    /// <summary>The source has changes that come into force only at its next start, and not in the clone.</summary>
    public const string SourceRestartRequired = "SourceRestartRequired";

    /// <summary>The machine a snapshot is of does not exist, so that the snapshot never becomes ready.</summary>
    public const string SnapshotSourceMissing = "SnapshotSourceMissing";

    /// <summary>The snapshot is not ready to use yet.</summary>
    public const string SnapshotNotReady = "SnapshotNotReady";

    /// <summary>A volume cannot be snapshotted.</summary>
    public const string VolumeNotSnapshottable = "VolumeNotSnapshottable";

    /// <summary>A claim of the source does not exist.</summary>
    public const string ClaimMissing = "ClaimMissing";

    /// <summary>A claim of the source is not bound.</summary>
    public const string ClaimNotBound = "ClaimNotBound";

    /// <summary>A claim of the source is being deleted.</summary>
    public const string ClaimDeleting = "ClaimDeleting";

    /// <summary>A data volume of the source is not filled yet.</summary>
    public const string VolumeNotPopulated = "VolumeNotPopulated";

    /// <summary>Pods use a volume of a source that is switched off.</summary>
    public const string ClaimInUse = "ClaimInUse";

    /// <summary>A name is longer than some uses of it allow.</summary>
    public const string NameLong = "NameLong";

    /// <summary>What a filter keeps and drops.</summary>
    public const string FilterPreview = "FilterPreview";

    /// <summary>A filter list keeps nothing.</summary>
    public const string FilterKeepsNothing = "FilterKeepsNothing";

    /// <summary>A filter is no regular expression, and is ignored.</summary>
    public const string FilterIgnored = "FilterIgnored";

    /// <summary>A filter matches other keys than it looks like.</summary>
    public const string FilterSurprise = "FilterSurprise";

    /// <summary>A filter matches no key.</summary>
    public const string FilterMatchesNothing = "FilterMatchesNothing";

    /// <summary>A MAC address is given twice in the batch.</summary>
    public const string MacDuplicate = "MacDuplicate";

    /// <summary>A MAC address belongs to another machine.</summary>
    public const string MacInUse = "MacInUse";

    /// <summary>The source has no interface of that name.</summary>
    public const string MacUnknownInterface = "MacUnknownInterface";

    /// <summary>A MAC address is a group address.</summary>
    public const string MacMulticast = "MacMulticast";

    /// <summary>A MAC address with colons in a manifest.</summary>
    public const string MacNotation = "MacNotation";

    /// <summary>Clones of one batch are given the same serial or host name.</summary>
    public const string IdentityGivenTwice = "IdentityGivenTwice";

    /// <summary>The serial will be ignored.</summary>
    public const string SerialIgnored = "SerialIgnored";

    /// <summary>The manifest would be refused by the API server or KubeVirt's admission.</summary>
    public const string ManifestRefused = "ManifestRefused";

    /// <summary>A field of the manifest is unknown, and dropped or refused.</summary>
    public const string UnknownField = "UnknownField";

    /// <summary>The server would refuse the machine the clone comes out as.</summary>
    public const string TargetRefused = "TargetRefused";

    /// <summary>The instance type or preference of the source does not exist.</summary>
    public const string InstancetypeMissing = "InstancetypeMissing";

    /// <summary>It is not clear, or not there, which VolumeSnapshotClass a volume's snapshot is to have.</summary>
    public const string SnapshotClass = "SnapshotClass";

    /// <summary>The target has no API group, or a wrong one.</summary>
    public const string TargetGroup = "TargetGroup";

    /// <summary>A limit range does not allow a volume of this size.</summary>
    public const string LimitRange = "LimitRange";

    /// <summary>The storage's own limit of snapshots or clones may be reached.</summary>
    public const string StorageLimit = "StorageLimit";

    /// <summary>What Succeeded will mean for these clones.</summary>
    public const string SucceededMeaning = "SucceededMeaning";

    /// <summary>A storage class does not exist.</summary>
    public const string StorageClassMissing = "StorageClassMissing";

    /// <summary>Clones share something with the source.</summary>
    public const string Shared = "Shared";

    /// <summary>Clones repeat something of the source that should be unique.</summary>
    public const string IdentityRepeated = "IdentityRepeated";

    /// <summary>The source's name is too long for a label, so that the snapshots of its volumes are never made.</summary>
    public const string SourceNameLong = "SourceNameLong";

    /// <summary>A volume template is left out of the clones, because KubeVirt would refuse them with it.</summary>
    public const string TemplateLeftOut = "TemplateLeftOut";

    /// <summary>The DataSource of a volume template does not exist.</summary>
    public const string TemplateSourceMissing = "TemplateSourceMissing";

    /// <summary>State of a TPM or of EFI variables is not cloned.</summary>
    public const string StateNotCloned = "StateNotCloned";

    /// <summary>The source's instance type or preference has changed since the source got it; clones get the new one.</summary>
    public const string InstancetypeDrift = "InstancetypeDrift";

    /// <summary>The running instance has volumes or interfaces that the machine, and so the clones, do not have.</summary>
    public const string InstanceOnly = "InstanceOnly";

    /// <summary>CPU or memory of the source was changed while it runs; clones get what it was started with.</summary>
    public const string SourceLiveUpdated = "SourceLiveUpdated";

    /// <summary>A Secret or ConfigMap that clones need does not exist.</summary>
    public const string ReferenceMissing = "ReferenceMissing";

    /// <summary>A Secret or ConfigMap that clones in another namespace are configured by has other data than the one of their source.</summary>
    public const string ReferenceDiffers = "ReferenceDiffers";

    /// <summary>Labels or annotations make the clones part of what a deployment tool manages.</summary>
    public const string OwnedByTool = "OwnedByTool";

    /// <summary>A quota, or part of one, was not counted.</summary>
    public const string QuotaNotChecked = "QuotaNotChecked";

    /// <summary>Services will send traffic to the clones.</summary>
    public const string ServiceSelects = "ServiceSelects";

    /// <summary>How CDI copies the disks.</summary>
    public const string CopyStrategy = "CopyStrategy";

    /// <summary>Disks are made like the source's, and grow to the size asked for once they are bound.</summary>
    public const string DiskGrowth = "DiskGrowth";

    /// <summary>Every clone takes a snapshot of its own, and they queue.</summary>
    public const string SnapshotsQueue = "SnapshotsQueue";
}
