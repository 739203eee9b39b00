using System.Globalization;

namespace KubeVirtClone.Progress;

/// <summary>One bar that counts items: how many are done, how many failed. Written from the pipeline thread, always completed.</summary>
internal sealed class ItemProgressView
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly PSCmdlet _cmdlet;
    private readonly string _activity;
    private readonly bool _bars;
    private readonly int _id;
    private readonly int _total;
    private readonly long _began = Environment.TickCount64;
    private int _done;
    private int _failed;
    private int _shown = -1;
    private string? _note;
    private string? _notedShown;
    private long _lastWritten;
    private bool _barShown;

    /// <param name="cmdlet">Whose progress it is.</param>
    /// <param name="activity">Headline.</param>
    /// <param name="total">How many items there are.</param>
    public ItemProgressView(PSCmdlet cmdlet, string activity, int total)
    {
        _cmdlet = cmdlet;
        _activity = activity;
        _total = total;
        _bars = ProgressHost.Shows(cmdlet);
        _id = 0x4B56 + (cmdlet.MyInvocation.PipelinePosition * 8);
    }

    /// <summary>Counts one item that has ended; from any thread.</summary>
    public void Count(bool failed) => Interlocked.Increment(ref failed ? ref _failed : ref _done);

    /// <summary>Says what the work is at; from any thread.</summary>
    public void Note(string text) => Volatile.Write(ref _note, text);

    /// <summary>Shows the news if it is time to; on the pipeline thread. What ends at once shows nothing.</summary>
    public void Tick()
    {
        var done = Volatile.Read(ref _done) + Volatile.Read(ref _failed);
        var note = Volatile.Read(ref _note);
        var now = Environment.TickCount64;
        if (!_bars || (done == _shown && note == _notedShown) || now - (_barShown ? _lastWritten : _began) < Interval.TotalMilliseconds) return;
        _shown = done;
        _notedShown = note;
        _lastWritten = now;
        _barShown = true;
        var failed = Volatile.Read(ref _failed);
        var status = string.Create(CultureInfo.InvariantCulture, $"{done - failed}/{_total} ready");
        if (failed > 0) status += string.Create(CultureInfo.InvariantCulture, $" · {failed} failed");
        _cmdlet.WriteProgress(new ProgressRecord(_id, _activity, status) { PercentComplete = _total == 0 ? 0 : Math.Min(100, done * 100 / _total), CurrentOperation = note });
    }

    /// <summary>Takes the bar away; on the pipeline thread, however the work ended.</summary>
    public void Complete()
    {
        if (!_barShown) return;
        _barShown = false;
        try
        {
            _cmdlet.WriteProgress(new ProgressRecord(_id, _activity, "Done") { PercentComplete = 100, RecordType = ProgressRecordType.Completed });
        }
        catch (PipelineStoppedException)
        {
            // A stopping pipeline takes no records; the host clears its bars itself when the pipeline ends.
        }
    }
}
