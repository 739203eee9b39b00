namespace KubeVirtClone.Engine.Model.Results;

/// <summary>The stable identifiers of <see cref="CloneDiagnosis.Code"/>. Scripts match on them: they are never renamed.</summary>
public static class CauseCodes
{
    /// <summary>The clone is done.</summary>
    public const string Completed = "Completed";

    /// <summary>The clone is done, but its volumes are filled only when the machine starts for the first time.</summary>
    public const string WaitsForFirstConsumer = "WaitsForFirstConsumer";

    /// <summary>The clone is done, but the machine does not get up.</summary>
    public const string TargetNotStarting = "TargetNotStarting";

    /// <summary>The clone goes its way.</summary>
    public const string InProgress = "InProgress";

    /// <summary>There is no such clone; KubeVirt deletes a finished one when its machine is deleted.</summary>
    public const string CloneGone = "CloneGone";

    /// <summary>The clone is being deleted.</summary>
    public const string CloneDeleting = "CloneDeleting";

    /// <summary>The source does not exist.</summary>
    public const string SourceMissing = "SourceMissing";

    /// <summary>The source was deleted while the clone still needed it.</summary>
    public const string SourceDeleted = "SourceDeleted";

    /// <summary>A volume of the source cannot be snapshotted.</summary>
    public const string SourceVolumeNotSnapshottable = "SourceVolumeNotSnapshottable";

    /// <summary>A volume claim of the source does not exist.</summary>
    public const string SourceClaimMissing = "SourceClaimMissing";

    /// <summary>A volume claim of the source is not bound.</summary>
    public const string SourceClaimNotBound = "SourceClaimNotBound";

    /// <summary>A volume claim of the source is being deleted.</summary>
    public const string SourceClaimDeleting = "SourceClaimDeleting";

    /// <summary>The source is being deleted.</summary>
    public const string SourceDeleting = "SourceDeleting";

    /// <summary>The source has state KubeVirt cannot clone (persistent TPM or EFI, changed block tracking).</summary>
    public const string SourceUnsupported = "SourceUnsupported";

    /// <summary>Another snapshot of the source is under way; one at a time is taken.</summary>
    public const string SourceBusy = "SourceBusy";

    /// <summary>Pods use the volumes of a source that is switched off.</summary>
    public const string SourceInUse = "SourceInUse";

    /// <summary>The snapshot waits for the source for another reason.</summary>
    public const string SourceNotLocked = "SourceNotLocked";

    /// <summary>The storage reports an error about the snapshot and goes on trying.</summary>
    public const string SnapshotError = "SnapshotError";

    /// <summary>The snapshot failed.</summary>
    public const string SnapshotFailed = "SnapshotFailed";

    /// <summary>The snapshot was taken, but is not ready to use.</summary>
    public const string SnapshotNotReady = "SnapshotNotReady";

    /// <summary>The snapshot is missing or being deleted.</summary>
    public const string SnapshotDeleted = "SnapshotDeleted";

    /// <summary>The snapshot lacks a volume or cannot be used for a clone.</summary>
    public const string SnapshotUnusable = "SnapshotUnusable";

    /// <summary>A MAC address with colons: KubeVirt's restore does not take it.</summary>
    public const string MacNotation = "MacNotation";

    /// <summary>A patch has a form KubeVirt's restore does not take.</summary>
    public const string PatchForm = "PatchForm";

    /// <summary>A patch changes what a restore may not change.</summary>
    public const string PatchPath = "PatchPath";

    /// <summary>A patch cannot be applied to the source.</summary>
    public const string PatchNotApplicable = "PatchNotApplicable";

    /// <summary>The clone's target has no API group.</summary>
    public const string TargetGroupMissing = "TargetGroupMissing";

    /// <summary>The clone's target has a wrong API group.</summary>
    public const string TargetGroupWrong = "TargetGroupWrong";

    /// <summary>The target's name is not a legal one.</summary>
    public const string TargetNameInvalid = "TargetNameInvalid";

    /// <summary>A machine of the target's name exists.</summary>
    public const string TargetExists = "TargetExists";

    /// <summary>Another restore into the same target is under way.</summary>
    public const string TargetBusy = "TargetBusy";

    /// <summary>The restore's target is a machine that runs.</summary>
    public const string TargetRunning = "TargetRunning";

    /// <summary>KubeVirt or an admission policy refused the new machine.</summary>
    public const string TargetRefused = "TargetRefused";

    /// <summary>The restore was refused for another reason.</summary>
    public const string RestoreRefused = "RestoreRefused";

    /// <summary>The restore reports an error.</summary>
    public const string RestoreError = "RestoreError";

    /// <summary>The restore ended without success.</summary>
    public const string RestoreFailed = "RestoreFailed";

    /// <summary>The restore is gone, so the clone is not going on.</summary>
    public const string RestoreDeleted = "RestoreDeleted";

    /// <summary>A quota is used up.</summary>
    public const string QuotaExceeded = "QuotaExceeded";

    /// <summary>A limit range does not allow a volume or machine of this size.</summary>
    public const string LimitRangeExceeded = "LimitRangeExceeded";

    /// <summary>A machine was made directly, and not all of its claims were: whoever made it was interrupted.</summary>
    public const string ClaimsNotMade = "ClaimsNotMade";

    /// <summary>The disks have not been given the size that was asked for: whoever made the clone was interrupted, or refused.</summary>
    public const string DisksNotGrown = "DisksNotGrown";

    /// <summary>A data volume of the clone is never made, or never filled.</summary>
    public const string DataVolumeFailed = "DataVolumeFailed";

    /// <summary>A new volume is not provisioned.</summary>
    public const string ClaimNotProvisioned = "ClaimNotProvisioned";

    /// <summary>The storage class of a new volume does not exist.</summary>
    public const string StorageClassMissing = "StorageClassMissing";

    /// <summary>The DataSource of a volume template does not exist.</summary>
    public const string TemplateSourceMissing = "TemplateSourceMissing";

    /// <summary>The source's name is too long for a label, so that the snapshots of its volumes are never made.</summary>
    public const string SourceNameLong = "SourceNameLong";

    /// <summary>KubeVirt's controller does not act on the clone at all.</summary>
    public const string ControllerSilent = "ControllerSilent";
}
