namespace KubeVirtClone.Engine.Tracking;

/// <summary>Tells from the text of a restore's error whether trying again can help. The texts are KubeVirt's own; conditions and events carry nothing else.</summary>
internal static class StuckReasons
{
    /// <summary>What a text means, or null when it may pass by itself.</summary>
    public static (string Id, FaultCategory Category, string Action)? Classify(string text)
    {
        if (Has(text, "in progress") || Has(text, "content name is nil") || Has(text, "failed calling webhook"))
            return null;
        if (Has(text, "restore target already exists"))
        {
            return (
                FaultIds.VMCloneTargetExists,
                FaultCategory.ResourceExists,
                "Remove this clone and choose another target name. Do not delete that machine while the clone exists: KubeVirt would then make the clone in its place.");
        }

        if (Has(text, "exceeded quota"))
        {
            return (
                FaultIds.QuotaExceeded,
                FaultCategory.LimitsExceeded,
                "Free some of the quota or have it raised (kubectl describe resourcequota); KubeVirt goes on trying until the clone is removed.");
        }

        if (Has(text, "failed to apply patch") || Has(text, "error patching VM"))
        {
            return (
                FaultIds.VMClonePatchInvalid,
                FaultCategory.InvalidArgument,
                "Remove the clone, correct the patch, and clone again.");
        }

        if (Has(text, "denied the request"))
        {
            return (
                FaultIds.VMCloneRestoreRefused,
                FaultCategory.InvalidArgument,
                "Remove the clone, correct what the message names, and clone again.");
        }

        return Has(text, " is invalid: ") || Has(text, " is forbidden: ")
            ? (FaultIds.VMCloneRestoreFailed, FaultCategory.OperationStopped, "Remove the clone, correct what the message names, and clone again.")
            : null;
    }

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
