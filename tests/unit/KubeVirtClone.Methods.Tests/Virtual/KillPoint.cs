namespace KubeVirtClone.Methods.Tests.Virtual;

/// <summary>Where in a run its process is killed.</summary>
/// <param name="Request">Which of its mutating requests it is at, from 1.</param>
/// <param name="Done">Whether the server still carries that request out.</param>
internal sealed record KillPoint(int Request, bool Done);
