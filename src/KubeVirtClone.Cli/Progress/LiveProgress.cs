using Spectre.Console;

namespace KubeVirtClone.Cli.Progress;

/// <summary>One live bar on a terminal, with at most three lines below for the slowest clones; gone when the work is done.</summary>
internal sealed class LiveProgress : IProgressDisplay
{
    private const int MostChildren = 3;
    private const int LongestBar = 20;
    private const int ShortestBar = 5;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly IAnsiConsole _console;
    private readonly string _title;
    private readonly string _goal;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _run;
    private readonly Lock _lock = new();
    private readonly EventHandler _showCursor;
    private CloneProgress? _newest;

    public LiveProgress(TextWriter writer, string title, string goal, bool colour)
    {
        _title = title;
        _goal = goal;

        // The display hides the cursor; a process that ends by force must give it back.
        _showCursor = (_, _) => writer.Write("\e[?25h");
        AppDomain.CurrentDomain.ProcessExit += _showCursor;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(new SteadyWriter(writer)),
        });
        _run = _console.Live(Line(title)).AutoClear(enabled: true).StartAsync(ShowAsync);
    }

    public void Report(CloneProgress progress) => Volatile.Write(ref _newest, progress);

    public void WriteLine(string line)
    {
        // Not as text, which would be broken into lines of the terminal's width: one line stays one line, for copying and searching.
        // What the display has drawn from here on is erased first.
        lock (_lock)
            _console.Write(new ControlCode("\e[0J" + line + "\n"));
    }

    public async ValueTask DisposeAsync()
    {
        _finished.TrySetResult();
        await _run;
        AppDomain.CurrentDomain.ProcessExit -= _showCursor;
    }

    private async Task ShowAsync(LiveDisplayContext context)
    {
        using var timer = new PeriodicTimer(Interval);
        while (!_finished.Task.IsCompleted)
        {
            if (Volatile.Read(ref _newest) is { } progress)
            {
                lock (_lock)
                    context.UpdateTarget(Picture(progress));
            }

            await Task.WhenAny(_finished.Task, timer.WaitForNextTickAsync().AsTask());
        }
    }

    private Rows Picture(CloneProgress progress)
    {
        // One row however narrow the terminal is: first the bar gives way, then the words.
        var words = $" {_title}  {ProgressText.Describe(progress, _goal, " · ")}";
        var width = Math.Clamp(_console.Profile.Width - 1 - words.Length, ShortestBar, LongestBar);
        var full = (int)Math.Clamp(progress.PercentComplete / 100 * width, 0, width);
        var bar = new Paragraph { Overflow = Overflow.Ellipsis }
            .Append(new string('━', full), new Style(progress.Failed > 0 ? Color.Yellow : Color.Green))
            .Append(new string('─', width - full), new Style(Color.Grey))
            .Append(Cut(words, width));
        return new Rows([bar, .. progress.Slowest.Take(MostChildren).Select(c => Line($"  {c.TargetName}: {c.Phase} {c.Message}".TrimEnd()))]);
    }

    private Text Line(string text) => new(Cut(text, 0));

    // A row that is too long would be broken into two.
    private string Cut(string text, int before)
    {
        var room = Math.Max(_console.Profile.Width - 1 - before, 1);
        return text.Length <= room ? text : text[..(room - 1)] + "…";
    }

    /// <summary>"Up by no rows" is what the display says where it has one row; terminals take it for one row up, and the display would climb.</summary>
    private sealed class SteadyWriter(TextWriter inner) : TextWriter
    {
        public override System.Text.Encoding Encoding => inner.Encoding;

        public override void Write(char value) => inner.Write(value);

        public override void Write(string? value) => inner.Write(value?.Replace("\e[0A", "", StringComparison.Ordinal));

        public override void Flush() => inner.Flush();
    }
}
