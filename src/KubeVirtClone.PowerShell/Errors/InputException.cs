namespace KubeVirtClone.Errors;

/// <summary>One input item cannot be used. Turned into that item's error record; the other items go on.</summary>
internal sealed class InputException : Exception
{
    public InputException(string id, ErrorCategory category, string message, string recommendedAction)
        : base(message)
    {
        Id = id;
        Category = category;
        RecommendedAction = recommendedAction;
    }

    public string Id { get; }

    public ErrorCategory Category { get; }

    public string RecommendedAction { get; }

    public ErrorRecord ToErrorRecord(object? target) => ErrorRecords.Create(Id, Category, Message, RecommendedAction, target);
}
