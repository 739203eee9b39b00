using KubeVirtClone.Engine.Tracking;
using Spectre.Console;

namespace KubeVirtClone.Cli.Progress;

/// <summary>One live bar on a terminal, with at most three lines below for the slowest clones; gone when the work is done.</summary>
internal sealed class LiveProgress : IProgressDisplay
{
    private const int MostChildren = 3;
    private readonly IAnsiConsole _console;
    private readonly string _goal;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _run;
    private readonly Lock _lock = new();
    private readonly EventHandler _showCursor;
    private CloneProgress? _newest;

    public LiveProgress(TextWriter writer, string title, string goal, bool colour)
    {
        _goal = goal;

        // The display hides the cursor; a process that ends by force must give it back.
        _showCursor = (_, _) => writer.Write("\e[?25h");
        AppDomain.CurrentDomain.ProcessExit += _showCursor;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(writer),
        });
        _run = _console.Progress()
            .AutoClear(enabled: true)
            .Columns(new ProgressBarColumn { Width = 24 }, new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(context => ShowAsync(context, title));
    }

    public void Report(CloneProgress progress) => Volatile.Write(ref _newest, progress);

    public void WriteLine(string line)
    {
        lock (_lock)
            _console.Write(new Text(line + "\n"));
    }

    public async ValueTask DisposeAsync()
    {
        _finished.TrySetResult();
        await _run;
        AppDomain.CurrentDomain.ProcessExit -= _showCursor;
    }

    private async Task ShowAsync(ProgressContext context, string title)
    {
        var parent = context.AddTask(Markup.Escape(title));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (!_finished.Task.IsCompleted)
        {
            if (Volatile.Read(ref _newest) is { } progress)
            {
                parent.Value = progress.PercentComplete;
                var slowest = progress.Slowest.Take(MostChildren).Select(c => $"\n{c.TargetName}: {c.Phase}");
                parent.Description = Markup.Escape(
                    $"{title}  {ProgressText.Describe(progress, _goal, " · ")}{string.Concat(slowest)}");
            }

            await Task.WhenAny(_finished.Task, timer.WaitForNextTickAsync().AsTask());
        }
    }
}
