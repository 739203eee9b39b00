namespace KubeVirtClone.Cli.Progress;

/// <summary>Shows on stderr how far the work is. Lines for the user go through it, so that they never tear a live display.</summary>
internal interface IProgressDisplay : IAsyncDisposable
{
    /// <summary>Shows the newest state; cheap, may be called for every event.</summary>
    void Report(CloneProgress progress);

    /// <summary>Prints a line that stays.</summary>
    void WriteLine(string line);
}

/// <summary>The words of a progress line.</summary>
internal static class ProgressText
{
    /// <summary>"137/200 Bound · 4 failed · 12 running · 00:03:10 left".</summary>
    public static string Describe(CloneProgress progress, string goal, string separator)
    {
        var parts = new List<string>(5) { $"{progress.Completed}/{progress.Total} {goal}" };
        if (progress.Failed > 0)
            parts.Add($"{progress.Failed} failed");
        if (progress.Skipped > 0)
            parts.Add($"{progress.Skipped} skipped");
        if (progress.Running > 0)
            parts.Add($"{progress.Running} running");
        if (progress.Remaining is { } left && progress.Running > 0)
            parts.Add($"{left:hh\\:mm\\:ss} left");
        return string.Join(separator, parts);
    }
}
