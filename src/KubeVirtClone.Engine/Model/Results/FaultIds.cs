namespace KubeVirtClone.Engine.Model.Results;

/// <summary>The stable identifiers of <see cref="Fault.Id"/>. Scripts match on them: they are never renamed.</summary>
public static partial class FaultIds
{
    /// <summary>No kubeconfig where one was looked for, and not inside a cluster.</summary>
    public const string KubeConfigNotFound = "KubeConfigNotFound";

    /// <summary>The kubeconfig cannot be read or understood.</summary>
    public const string KubeConfigInvalid = "KubeConfigInvalid";

    /// <summary>The kubeconfig has no such context.</summary>
    public const string KubeContextNotFound = "KubeContextNotFound";

    /// <summary>Groups or a UID to act as, without a user.</summary>
    public const string ImpersonationIncomplete = "ImpersonationIncomplete";

    /// <summary>No connection to the API server.</summary>
    public const string ApiServerUnreachable = "ApiServerUnreachable";

    /// <summary>TLS with the API server failed.</summary>
    public const string ApiServerTlsFailure = "ApiServerTlsFailure";

    /// <summary>The API server answered 401.</summary>
    public const string ApiUnauthorized = "ApiUnauthorized";

    /// <summary>The credential plugin, or the identity provider, gives no credentials.</summary>
    public const string CredentialsUnavailable = "CredentialsUnavailable";

    /// <summary>The API server answered 403.</summary>
    public const string ApiForbidden = "ApiForbidden";

    /// <summary>The clone API is not served, or the Snapshot feature gate is off.</summary>
    public const string CloneApiUnavailable = "CloneApiUnavailable";

    /// <summary>The KubeVirt API itself is not served.</summary>
    public const string KubeVirtNotInstalled = "KubeVirtNotInstalled";

    /// <summary>The API server answered 409 although the request was repeated.</summary>
    public const string ApiConflict = "ApiConflict";

    /// <summary>The API server answered 429 although the request was repeated.</summary>
    public const string ApiThrottled = "ApiThrottled";

    /// <summary>The API server answered 5xx although the request was repeated.</summary>
    public const string ApiServerError = "ApiServerError";

    /// <summary>The request was refused with a status that has no id of its own.</summary>
    public const string ApiRequestFailed = "ApiRequestFailed";

    /// <summary>The connection broke before the answer came, and reading back did not settle it.</summary>
    public const string ApiAnswerLost = "ApiAnswerLost";

    /// <summary>A quota would be exceeded.</summary>
    public const string QuotaExceeded = "QuotaExceeded";

    /// <summary>The namespace does not exist.</summary>
    public const string NamespaceNotFound = "NamespaceNotFound";

    /// <summary>The virtual machine does not exist.</summary>
    public const string VMNotFound = "VMNotFound";

    /// <summary>The snapshot does not exist.</summary>
    public const string VMSnapshotNotFound = "VMSnapshotNotFound";

    /// <summary>The clone does not exist.</summary>
    public const string VMCloneNotFound = "VMCloneNotFound";

    /// <summary>Neither the source of a clone nor what it was brought to the clone's namespace as is there any more.</summary>
    public const string VMCloneNothingToCompare = "VMCloneNothingToCompare";

    /// <summary>There are no clones of that batch.</summary>
    public const string VMCloneBatchNotFound = "VMCloneBatchNotFound";

    /// <summary>A name is that of one clone and of the machine of another.</summary>
    public const string VMCloneNameAmbiguous = "VMCloneNameAmbiguous";

    /// <summary>The name or namespace given is not a legal one.</summary>
    public const string VMCloneNameInvalid = "VMCloneNameInvalid";

    /// <summary>Nothing says what to clone.</summary>
    public const string VMCloneSourceMissing = "VMCloneSourceMissing";

    /// <summary>What to clone is said twice: by what is piped or a row, and by the command line.</summary>
    public const string VMCloneSourceGivenTwice = "VMCloneSourceGivenTwice";

    /// <summary>A name pattern cannot be used.</summary>
    public const string NamePatternInvalid = "NamePatternInvalid";

    /// <summary>A row of a table cannot be read.</summary>
    public const string VMCloneRowInvalid = "VMCloneRowInvalid";

    /// <summary>The source kind or name is not usable.</summary>
    public const string VMCloneSourceInvalid = "VMCloneSourceInvalid";

    /// <summary>The source can never be cloned by KubeVirt (persistent TPM or EFI).</summary>
    public const string VMCloneSourceUnsupported = "VMCloneSourceUnsupported";

    /// <summary>The source is being deleted.</summary>
    public const string VMCloneSourceDeleting = "VMCloneSourceDeleting";

    /// <summary>The target is the source.</summary>
    public const string VMCloneTargetIsSource = "VMCloneTargetIsSource";

    /// <summary>The target kind is not usable.</summary>
    public const string VMCloneTargetInvalid = "VMCloneTargetInvalid";

    /// <summary>A virtual machine with the target's name exists.</summary>
    public const string VMCloneTargetExists = "VMCloneTargetExists";

    /// <summary>Two items of one batch have the same target, or the same clone object name.</summary>
    public const string VMCloneDuplicateTarget = "VMCloneDuplicateTarget";

    /// <summary>The source is switched on, and the way it is to be cloned needs it stopped.</summary>
    public const string VMCloneSourceRunning = "VMCloneSourceRunning";

    /// <summary>A claim with the name PrefixTargetName would use exists.</summary>
    public const string VMCloneVolumeExists = "VMCloneVolumeExists";

    /// <summary>A clone object of that name exists with another request.</summary>
    public const string VMCloneExists = "VMCloneExists";

    /// <summary>A label or annotation filter would be refused, or strip everything.</summary>
    public const string VMCloneFilterInvalid = "VMCloneFilterInvalid";

    /// <summary>A MAC address cannot be read.</summary>
    public const string VMCloneMacInvalid = "VMCloneMacInvalid";

    /// <summary>A patch would be refused, or cannot be applied to the source.</summary>
    public const string VMClonePatchInvalid = "VMClonePatchInvalid";

    /// <summary>The SMBIOS serial cannot be set.</summary>
    public const string VMCloneSerialInvalid = "VMCloneSerialInvalid";

    /// <summary>A label, annotation or batch id is not a legal one.</summary>
    public const string VMCloneLabelInvalid = "VMCloneLabelInvalid";

    /// <summary>The volume name policy is unknown.</summary>
    public const string VMCloneVolumeNamePolicyInvalid = "VMCloneVolumeNamePolicyInvalid";

    /// <summary>A size, a number of CPUs, or the name of a type, class or mode is none.</summary>
    public const string VMCloneSizeInvalid = "VMCloneSizeInvalid";

    /// <summary>A disk cannot be had in the size, class or mode asked for, or there is none of that name.</summary>
    public const string VMCloneDiskUnsupported = "VMCloneDiskUnsupported";

    /// <summary>The instance type or preference asked for does not exist.</summary>
    public const string VMInstancetypeNotFound = "VMInstancetypeNotFound";

    /// <summary>This KubeVirt does not know the field.</summary>
    public const string VMCloneFieldUnsupported = "VMCloneFieldUnsupported";

    /// <summary>The server's admission refused the clone (400, 422).</summary>
    public const string VMCloneRejected = "VMCloneRejected";

    /// <summary>The clone ended in phase Failed.</summary>
    public const string VMCloneFailed = "VMCloneFailed";

    /// <summary>The clone's snapshot failed; KubeVirt would wait for it for ever.</summary>
    public const string VMCloneSnapshotFailed = "VMCloneSnapshotFailed";

    /// <summary>The restore was refused; KubeVirt would repeat it for ever.</summary>
    public const string VMCloneRestoreRefused = "VMCloneRestoreRefused";

    /// <summary>The restore cannot finish; KubeVirt would repeat it for ever.</summary>
    public const string VMCloneRestoreFailed = "VMCloneRestoreFailed";

    /// <summary>The clone was deleted, or replaced by another of its name, while it was waited for.</summary>
    public const string VMCloneDeleted = "VMCloneDeleted";

    /// <summary>The time given ran out first.</summary>
    public const string VMCloneTimeout = "VMCloneTimeout";
}
