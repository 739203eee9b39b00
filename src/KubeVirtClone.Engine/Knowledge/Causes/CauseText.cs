using System.Text.RegularExpressions;

namespace KubeVirtClone.Engine.Knowledge.Causes;

/// <summary>What a text of KubeVirt's means. Conditions and events carry nothing else to go by; the texts are KubeVirt 1.9's, seen in recorded cases.</summary>
internal static partial class CauseText
{
    private static readonly (string Part, string Code)[] Refusals =
    [
        ("missing apiGroup", CauseCodes.TargetGroupMissing),
        ("invalid apiGroup", CauseCodes.TargetGroupWrong),
        ("patching is valid only for elements under", CauseCodes.PatchPath),
        ("patch format is not valid", CauseCodes.PatchForm),
        ("in progress", CauseCodes.TargetBusy),
    ];

    private static readonly (string Part, string Code)[] Errors =
    [
        ("restore target already exists", CauseCodes.TargetExists),
        ("Unable to create restore DataVolume manifest", CauseCodes.TemplateSourceMissing),
        ("exceeded quota", CauseCodes.QuotaExceeded),
        ("usage per PersistentVolumeClaim is", CauseCodes.LimitRangeExceeded),
        ("PersistentVolumeClaim \"", CauseCodes.TargetRefused),
        ("failed to apply patch", CauseCodes.PatchNotApplicable),
        ("error patching VM", CauseCodes.PatchNotApplicable),
        ("metadata.name: Invalid value", CauseCodes.TargetNameInvalid),
        ("denied the request", CauseCodes.TargetRefused),
        (" is invalid: ", CauseCodes.TargetRefused),
        (" is forbidden: ", CauseCodes.TargetRefused),
    ];

    /// <summary>Why the admission refused to let a restore be made.</summary>
    /// <param name="text">Message of the event <c>RestoreCreationFailed</c>.</param>
    public static string OfRefusal(string text)
    {
        if (Has(text, "patch format is not valid") && !Has(text, "patching is valid only") && MacRegex().IsMatch(text))
            return CauseCodes.MacNotation;
        return Array.Find(Refusals, r => Has(text, r.Part)).Code ?? Array.Find(Errors, r => Has(text, r.Part)).Code ?? CauseCodes.RestoreRefused;
    }

    /// <summary>Why a restore does not get on.</summary>
    /// <param name="text">Reason of its conditions.</param>
    public static string OfRestoreError(string text)
    {
        if (text.StartsWith("VMSnapshot ", StringComparison.Ordinal))
            return Has(text, "not ready") ? CauseCodes.SnapshotNotReady : CauseCodes.SnapshotDeleted;
        return Array.Find(Errors, r => Has(text, r.Part)).Code ?? CauseCodes.RestoreError;
    }

    /// <summary>Why a snapshot does not get its source.</summary>
    /// <param name="text">Reason of its condition <c>Progressing</c>.</param>
    public static string? OfSnapshotWait(string text)
    {
        if (Has(text, "Source does not exist"))
            return CauseCodes.SourceMissing;
        if (!text.StartsWith("Source not locked", StringComparison.Ordinal))
            return null;
        if (Has(text, "in progress"))
            return CauseCodes.SourceBusy;
        if (Has(text, "is being deleted"))
            return CauseCodes.SourceClaimDeleting;
        if (Has(text, "volume doesnt exist"))
            return CauseCodes.SourceClaimMissing;
        if (Has(text, "volume not bound") || Has(text, "not populated"))
            return CauseCodes.SourceClaimNotBound;
        return Has(text, "pod") ? CauseCodes.SourceInUse : CauseCodes.SourceNotLocked;
    }

    /// <summary>What the storage's error about a snapshot comes of, where that is not the storage.</summary>
    /// <param name="text">The error.</param>
    public static string? OfStorageError(string text) =>
        Has(text, "exceeded quota") ? CauseCodes.QuotaExceeded : Has(text, "usage per PersistentVolumeClaim is") ? CauseCodes.LimitRangeExceeded : null;

    /// <summary>True when trying again cannot help: somebody has to change something about the clone itself.</summary>
    /// <param name="code">A cause.</param>
    public static bool IsForGood(string code) => code is CauseCodes.MacNotation or CauseCodes.PatchForm or CauseCodes.PatchPath or CauseCodes.PatchNotApplicable
        or CauseCodes.TargetGroupMissing or CauseCodes.TargetGroupWrong or CauseCodes.TargetNameInvalid or CauseCodes.TargetExists
        or CauseCodes.TargetRefused or CauseCodes.RestoreRefused or CauseCodes.SnapshotDeleted or CauseCodes.QuotaExceeded or CauseCodes.LimitRangeExceeded
        or CauseCodes.TemplateSourceMissing or CauseCodes.SourceNameLong;

    /// <summary>What to do about a cause.</summary>
    /// <param name="code">A cause.</param>
    public static Advice NextStep(string code) => code switch
    {
        CauseCodes.MacNotation => (Advice)$"Remove the clone and make it again with the MAC address written with hyphens; {CommandName.NewVMClone} does that by itself.",
        CauseCodes.PatchForm => (Advice)$"Remove the clone and make it again; {CommandName.NewVMClone} {OptionName.Patch} writes patches in the form KubeVirt takes.",
        CauseCodes.PatchPath => "Remove the clone and make it again with patches below /metadata/labels/, /metadata/annotations/ or /spec/ only.",
        CauseCodes.PatchNotApplicable => "Remove the clone, correct the patch, and clone again.",
        CauseCodes.TargetGroupMissing or CauseCodes.TargetGroupWrong =>
            (Advice)$"Remove the clone and make it again with target.apiGroup: kubevirt.io; {CommandName.NewVMClone} writes it by itself.",
        CauseCodes.TargetNameInvalid => "Remove the clone, and clone again with a legal name for the target.",
        CauseCodes.TargetExists =>
            "Remove this clone and choose another target name. Do not delete that machine while the clone exists: KubeVirt would then make the clone in its place.",
        CauseCodes.TargetBusy => "Remove one of the two clones, or wait for the other and remove this one.",
        CauseCodes.TargetRefused or CauseCodes.RestoreRefused => "Remove the clone, correct what the message names, and clone again.",
        CauseCodes.QuotaExceeded =>
            "Free some of the quota or have it raised (kubectl describe resourcequota); KubeVirt goes on trying until the clone is removed, with growing pauses.",
        CauseCodes.LimitRangeExceeded => "Have the limit range changed (kubectl describe limitrange), or remove the clone.",
        CauseCodes.SnapshotNotReady => "Look into the storage's error, or wait.",
        CauseCodes.SnapshotDeleted => "Remove the clone, and clone again.",
        CauseCodes.SnapshotFailed => "Look at the source's volumes and its storage's snapshot support, remove the clone, and clone again.",
        CauseCodes.SnapshotError => "Look into the storage's error: the snapshot fails for good when its deadline has passed.",
        CauseCodes.SnapshotUnusable => "Clone from a snapshot that holds every volume.",
        CauseCodes.SourceMissing => "Make the source, or remove the clone.",
        CauseCodes.SourceDeleted => "Start the clone's machine once so that its volumes are filled, then remove the clone.",
        CauseCodes.SourceVolumeNotSnapshottable => "Have a VolumeSnapshotClass made for the volume's driver, or remove the clone and copy the disk with CDI.",
        CauseCodes.SourceClaimMissing => "Make the claim, or take the volume out of the source.",
        CauseCodes.SourceDeleting => "Clone another source, or find out what holds the deletion (kubectl get vm -o yaml, its finalizers), and remove this clone.",
        CauseCodes.SourceClaimDeleting => "Give the source another volume, or find out what holds the claim's deletion: kubectl describe pvc",
        CauseCodes.TargetRunning => "Stop the target: KubeVirt does not change the volumes of a machine that runs.",
        CauseCodes.SourceClaimNotBound => "Start the source once if its storage waits for the first consumer, else see why the claim is not bound: kubectl describe pvc",
        CauseCodes.SourceUnsupported => "Clone a machine without persistent TPM and EFI state, and remove this clone.",
        CauseCodes.SourceBusy => "Wait: one snapshot of a machine at a time is taken. Clones from one snapshot do not queue.",
        CauseCodes.SourceInUse => "Stop what uses the volumes.",
        CauseCodes.SourceNotLocked => "Look at the source: the message says what the snapshot waits for.",
        CauseCodes.RestoreDeleted or CauseCodes.RestoreFailed => "Remove the clone, then clone again once the cause is removed.",
        CauseCodes.RestoreError => "Wait a little: KubeVirt tries again. If the message stays, remove the clone, correct what it names, and clone again.",
        CauseCodes.ClaimsNotMade => "Run the same command with the same batch again, which makes what is missing; or remove the clone, which removes the unfinished machine.",
        CauseCodes.DisksNotGrown => $"Wait for the clone ({CommandName.WaitVMClone}), or run the same command with the same batch again: either lets them grow, or says what is in the way.",
        CauseCodes.DataVolumeFailed => "Remove the clone, then clone again once the cause is removed.",
        CauseCodes.TemplateSourceMissing =>
            "Make the DataSource again (what it points to does not matter: the data comes from the snapshot), or remove the clone and take the template out of the source.",
        CauseCodes.SourceNameLong => "Remove the clone, and clone a machine whose name has at most 63 characters.",
        CauseCodes.ClaimNotProvisioned => "Look at the storage's provisioner and the claim's events: kubectl describe pvc",
        CauseCodes.StorageClassMissing => "Have the storage class made again, or remove the clone.",
        CauseCodes.WaitsForFirstConsumer => "Start the machine once. Until then keep the clone and its snapshot.",
        CauseCodes.ControllerSilent => "Look at virt-controller: kubectl logs -n kubevirt deploy/virt-controller",
        CauseCodes.TargetNotStarting => "Look at the machine: kubectl describe vm",
        _ => "",
    };

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("\"value\":\"[0-9a-f]{2}(:[0-9a-f]{2}){5}\"", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex MacRegex();
}
