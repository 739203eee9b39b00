using System.Diagnostics;
using System.Globalization;

namespace KubeVirtClone.Progress;

/// <summary>
/// One bar for the whole batch with at most three below it for the slowest clones. Written from the pipeline thread at most
/// five times a second (the console drops more), always completed. Where nobody watches, a verbose line every tenth instead.
/// </summary>
internal sealed class CloneProgressView
{
    private const int Children = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly PSCmdlet _cmdlet;
    private readonly string _activity;
    private readonly bool _silent;
    private readonly bool _bars;
    private readonly int _id;
    private readonly bool[] _childShown = new bool[Children];
    private CloneProgress? _latest;
    private CloneProgress? _shown;
    private long _lastWritten;
    private bool _barShown;
    private int _lastTenth;

    /// <param name="cmdlet">Whose progress it is.</param>
    /// <param name="activity">Headline.</param>
    /// <param name="silent">Show nothing at all.</param>
    public CloneProgressView(PSCmdlet cmdlet, string activity, bool silent)
    {
        _cmdlet = cmdlet;
        _activity = activity;
        _silent = silent;
        _bars = !silent && ProgressHost.Shows(cmdlet);
        // Two commands of one pipeline show a bar each; the position in the pipeline keeps them apart.
        _id = 0x4B56 + (cmdlet.MyInvocation.PipelinePosition * 8);
    }

    /// <summary>Takes news; from any thread.</summary>
    public void Update(CloneProgress progress) => Volatile.Write(ref _latest, progress);

    /// <summary>Shows the news if it is time to; on the pipeline thread.</summary>
    public void Tick()
    {
        var progress = Volatile.Read(ref _latest);
        if (_silent || progress is null || ReferenceEquals(progress, _shown)) return;
        if (!_bars)
        {
            WriteTenth(progress);
            return;
        }

        if (_barShown && Stopwatch.GetElapsedTime(_lastWritten) < Interval) return;
        _shown = progress;
        _lastWritten = Stopwatch.GetTimestamp();
        _barShown = true;
        _cmdlet.WriteProgress(new ProgressRecord(_id, _activity, Status(progress))
        {
            PercentComplete = (int)Math.Clamp(progress.PercentComplete, 0, 100),
            SecondsRemaining = progress.Remaining is { } left ? (int)left.TotalSeconds : -1,
        });
        for (var i = 0; i < Children; i++) ShowChild(i, i < progress.Slowest.Count ? progress.Slowest[i] : null);
    }

    /// <summary>Takes the bars away; on the pipeline thread, however the work ended.</summary>
    public void Complete()
    {
        try
        {
            for (var i = 0; i < Children; i++) ShowChild(i, null);
            if (!_barShown) return;
            _barShown = false;
            _cmdlet.WriteProgress(new ProgressRecord(_id, _activity, "Done") { PercentComplete = 100, RecordType = ProgressRecordType.Completed });
        }
        catch (PipelineStoppedException)
        {
            // A stopping pipeline takes no records; the host clears its bars itself when the pipeline ends.
        }
    }

    /// <summary>The line under the headline.</summary>
    public static string Status(CloneProgress progress)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{progress.Completed}/{progress.Total} ready");
        if (progress.Failed > 0) text += string.Create(CultureInfo.InvariantCulture, $" · {progress.Failed} failed");
        if (progress.Skipped > 0) text += string.Create(CultureInfo.InvariantCulture, $" · {progress.Skipped} skipped");
        if (progress.Running > 0) text += string.Create(CultureInfo.InvariantCulture, $" · {progress.Running} running");
        if (progress.Remaining is { } left) text += string.Create(CultureInfo.InvariantCulture, $" · {(int)left.TotalHours:d2}:{left.Minutes:d2}:{left.Seconds:d2} left");
        return text;
    }

    private void ShowChild(int index, CloneRecord? clone)
    {
        if (clone is null && !_childShown[index]) return;
        _childShown[index] = clone is not null;
        var since = clone?.CreationTimestamp is { } created ? Durations.Age(DateTimeOffset.UtcNow - created) : "";
        var record = new ProgressRecord(_id + 1 + index, clone?.TargetName is { Length: > 0 } name ? name : "clone", clone is null ? "Done" : $"{clone.Phase} {since} {clone.Message}".TrimEnd())
        {
            ParentActivityId = _id,
            RecordType = clone is null ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        };
        _cmdlet.WriteProgress(record);
    }

    private void WriteTenth(CloneProgress progress)
    {
        _shown = progress;
        var tenth = (int)(progress.PercentComplete / 10);
        if (tenth <= _lastTenth) return;
        _lastTenth = tenth;
        _cmdlet.WriteVerbose($"{_activity}: {Status(progress)}");
    }
}
