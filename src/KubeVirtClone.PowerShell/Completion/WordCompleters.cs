using System.Collections;
using System.Management.Automation.Language;

namespace KubeVirtClone.Completion;

/// <summary>Base of the completers of closed lists of words, for parameters that take other things beside.</summary>
public abstract class WordCompleter : IArgumentCompleter
{
    private protected abstract IEnumerable<string> Words { get; }

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        CompletionText.Offer([.. Words.Select(w => new Candidate(w, w))], wordToComplete);
}

/// <summary>Completes access modes of volumes.</summary>
public sealed class AccessModeCompleter : WordCompleter
{
    private protected override IEnumerable<string> Words => ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
}

/// <summary>Completes volume modes.</summary>
public sealed class VolumeModeCompleter : WordCompleter
{
    private protected override IEnumerable<string> Words => ["Block", "Filesystem"];
}
