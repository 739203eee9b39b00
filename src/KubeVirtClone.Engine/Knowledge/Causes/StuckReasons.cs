namespace KubeVirtClone.Engine.Knowledge.Causes;

/// <summary>Tells from the text of a restore's error whether trying again can help. The texts are KubeVirt's own; conditions and events carry nothing else.</summary>
internal static class StuckReasons
{
    /// <summary>What a text means, or null when it may pass by itself.</summary>
    public static (string Id, FaultCategory Category, Advice Action)? Classify(string text)
    {
        if (Has(text, "in progress") || Has(text, "content name is nil") || Has(text, "failed calling webhook"))
            return null;
        var code = text.StartsWith("failed creating restore", StringComparison.Ordinal) ? CauseText.OfRefusal(text) : CauseText.OfRestoreError(text);
        return FaultOf(code, text) is var (id, category) ? (id, category, CauseText.NextStep(code)) : null;
    }

    /// <summary>What a clone waits for whose source is not there.</summary>
    public static (string Id, FaultCategory Category, Advice Action) SourceMissing { get; } =
        (FaultIds.VMNotFound, FaultCategory.ObjectNotFound, CauseText.NextStep(CauseCodes.SourceMissing));

    /// <summary>What the text of a pending clone means, or null when it may pass by itself.</summary>
    public static (string Id, FaultCategory Category, Advice Action)? ClassifyPending(string text)
    {
        if (Has(text, "Source doesnt exist: VirtualMachineSnapshot"))
            return SourceMissing with { Id = FaultIds.VMSnapshotNotFound };
        if (Has(text, "Source doesnt exist"))
            return SourceMissing;
        return Has(text, "does not support snapshots")
            ? (FaultIds.VMCloneSourceUnsupported, FaultCategory.InvalidOperation, CauseText.NextStep(CauseCodes.SourceVolumeNotSnapshottable))
            : null;
    }

    /// <summary>The fault that a diagnosed cause is, for a clone that can never finish.</summary>
    public static (string Id, FaultCategory Category, Advice Action) OfCause(string code, string text)
    {
        var (id, category) = code switch
        {
            CauseCodes.SnapshotFailed or CauseCodes.SnapshotDeleted => (FaultIds.VMCloneSnapshotFailed, FaultCategory.OperationStopped),
            CauseCodes.DataVolumeFailed => (FaultIds.VMCloneFailed, FaultCategory.OperationStopped),
            CauseCodes.SourceInUse => (FaultIds.VMCloneSourceRunning, FaultCategory.ResourceBusy),
            CauseCodes.RestoreRefused or CauseCodes.TargetRefused => (FaultIds.VMCloneRestoreRefused, FaultCategory.InvalidArgument),
            _ => FaultOf(code, text) ?? (FaultIds.VMCloneRestoreFailed, FaultCategory.OperationStopped),
        };
        return (id, category, CauseText.NextStep(code));
    }

    private static (string Id, FaultCategory Category)? FaultOf(string code, string text) => code switch
    {
        CauseCodes.TargetExists => (FaultIds.VMCloneTargetExists, FaultCategory.ResourceExists),
        CauseCodes.QuotaExceeded => (FaultIds.QuotaExceeded, FaultCategory.LimitsExceeded),
        CauseCodes.LimitRangeExceeded => (FaultIds.VMCloneRestoreFailed, FaultCategory.LimitsExceeded),
        CauseCodes.PatchNotApplicable => (FaultIds.VMClonePatchInvalid, FaultCategory.InvalidArgument),
        CauseCodes.MacNotation or CauseCodes.PatchForm or CauseCodes.PatchPath or CauseCodes.TargetGroupMissing or CauseCodes.TargetGroupWrong =>
            (FaultIds.VMCloneRestoreRefused, FaultCategory.InvalidArgument),
        CauseCodes.SnapshotDeleted => (FaultIds.VMCloneSnapshotFailed, FaultCategory.OperationStopped),
        CauseCodes.TemplateSourceMissing => (FaultIds.VMCloneRestoreFailed, FaultCategory.ObjectNotFound),
        CauseCodes.SourceNameLong => (FaultIds.VMCloneSnapshotFailed, FaultCategory.OperationStopped),
        CauseCodes.TargetNameInvalid => (FaultIds.VMCloneRestoreFailed, FaultCategory.InvalidArgument),
        CauseCodes.TargetRefused or CauseCodes.RestoreRefused when Has(text, "denied the request") => (FaultIds.VMCloneRestoreRefused, FaultCategory.InvalidArgument),
        CauseCodes.TargetRefused => (FaultIds.VMCloneRestoreFailed, FaultCategory.OperationStopped),
        // What else is reported may pass: KubeVirt tries again.
        _ => null,
    };

    /// <summary>The text without what only names KubeVirt's own temporary objects and webhooks, and in one line.</summary>
    public static string Shorten(string text)
    {
        const string denied = " denied the request: ";
        var at = text.IndexOf(denied, StringComparison.Ordinal);
        var core = at < 0 ? text : text[(at + denied.Length)..];
        core = core.ReplaceLineEndings(" ").Trim();
        return core.Length <= 600 ? core : core[..300] + " … " + core[^300..];
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
}
