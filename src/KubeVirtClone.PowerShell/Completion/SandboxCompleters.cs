using System.Collections;
using System.Management.Automation.Language;

namespace KubeVirtClone.Completion;

/// <summary>Completes the KubeVirt versions that the sandbox can behave as.</summary>
public sealed class ProfileCompleter : IArgumentCompleter
{
    internal static readonly string[] Profiles = ["1.9", "1.5", "1.2", "1.9-no-cdi"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        CompletionText.Offer(Profiles.Select(p => new Candidate(p, $"KubeVirt {p}")), wordToComplete);
}

/// <summary>Completes the faults that the sandbox can be told to have.</summary>
public sealed class FaultCompleter : IArgumentCompleter
{
    internal static readonly string[] Faults =
    [
        "conflict", "gone", "too-many-requests", "internal-error", "service-unavailable", "unauthorized", "cut-line", "half-watch-line", "latency", "hang", "answer-lost",
        "storage-slow", "storage-broken", "storage-out-of-snapshots", "storage-quota-exceeded",
    ];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        CompletionText.Offer(Faults.Select(f => new Candidate(f, $"{f}, and after a comma what it is limited to: verb=create,resource=…,count=1")), wordToComplete);
}
