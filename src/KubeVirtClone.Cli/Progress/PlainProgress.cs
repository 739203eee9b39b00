using System.Diagnostics;

namespace KubeVirtClone.Cli.Progress;

/// <summary>Progress for logs and pipes: a line for every tenth of the work, and one every half minute when nothing moves.</summary>
internal sealed class PlainProgress(TextWriter writer, string title, string goal) : IProgressDisplay
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);
    private readonly Lock _lock = new();
    private long _lastLine = Stopwatch.GetTimestamp();
    private int _lastTenth;

    public void Report(CloneProgress progress)
    {
        // A single clone's end is its result: a line that says 1/1 would say it twice.
        if (progress.Total < 2)
            return;
        lock (_lock)
        {
            var tenth = (progress.Completed + progress.Failed + progress.Skipped) * 10 / progress.Total;
            if (tenth == _lastTenth && Stopwatch.GetElapsedTime(_lastLine) < Quiet)
                return;
            _lastTenth = tenth;
            _lastLine = Stopwatch.GetTimestamp();
            writer.WriteLine($"{title}: {ProgressText.Describe(progress, goal, ", ")}");
        }
    }

    public void WriteLine(string line)
    {
        lock (_lock)
            writer.WriteLine(line);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>No progress, only lines: for commands that do not wait.</summary>
internal sealed class NoProgress(TextWriter writer) : IProgressDisplay
{
    public void Report(CloneProgress progress)
    {
    }

    public void WriteLine(string line) => writer.WriteLine(line);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
