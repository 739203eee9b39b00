namespace KubeVirtClone.Completion;

/// <summary>One thing that could be meant.</summary>
/// <param name="Name">What is put on the command line.</param>
/// <param name="ToolTip">What is shown about it.</param>
internal sealed record Candidate(string Name, string ToolTip);
