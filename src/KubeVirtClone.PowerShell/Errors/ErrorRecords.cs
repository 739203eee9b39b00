namespace KubeVirtClone.Errors;

/// <summary>Turns faults, which are values, into PowerShell's error records.</summary>
internal static class ErrorRecords
{
    /// <summary>
    /// An error record with the fault's stable id, category and recommended action.
    /// </summary>
    /// <param name="fault">What went wrong.</param>
    /// <param name="target">What it is about: an object that can be piped on to try again, where there is one; else the fault's own name.</param>
    public static ErrorRecord From(Fault fault, object? target = null)
    {
        var category = Enum.TryParse<ErrorCategory>(fault.Category.ToString(), out var known) ? known : ErrorCategory.NotSpecified;
        return Create(fault.Id, category, fault.Message, fault.RecommendedAction.ToString(), target ?? fault.TargetName, fault.Exception);
    }

    /// <summary>An error record for what the module itself finds wrong.</summary>
    public static ErrorRecord Create(
        string id, ErrorCategory category, string message, string recommendedAction, object? target, Exception? cause = null) =>
        new(new KubeVirtCloneException(message, cause), id, category, target)
        {
            ErrorDetails = new ErrorDetails(message) { RecommendedAction = recommendedAction },
        };
}
