namespace KubeVirtClone.Completion;

/// <summary>One thing that could be meant.</summary>
/// <param name="Name">What is put on the command line.</param>
/// <param name="ToolTip">What is shown about it.</param>
internal sealed record Candidate(string Name, string ToolTip)
{
    /// <summary>What it belongs to: the machine of an interface, the image of a version. Null for what belongs to nothing.</summary>
    public string? Of { get; init; }

    /// <summary>What is put on the command line instead of the name, as it stands.</summary>
    public string? Expression { get; init; }
}
