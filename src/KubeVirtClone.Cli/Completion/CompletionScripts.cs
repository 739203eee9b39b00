namespace KubeVirtClone.Cli.Completion;

/// <summary>The scripts, one for each caller. All of them do the same: run <c>kubectl-vmclone __complete</c> with what was typed.</summary>
internal static class CompletionScripts
{
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish", "pwsh", "kubectl"];

    public static string For(string shell)
    {
        using var stream = typeof(CompletionScripts).Assembly.GetManifestResourceStream("completion:" + shell)
            ?? throw new ArgumentException($"There is no completion script for {shell}.", nameof(shell));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
