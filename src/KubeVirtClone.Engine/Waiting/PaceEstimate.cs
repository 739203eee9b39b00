namespace KubeVirtClone.Engine.Waiting;

/// <summary>
/// How long so many more items take, from when others ended. Items of a batch end in bursts, after a beginning in which nothing can end because
/// they share a snapshot: what counts is the number that ended after the first burst over the time since then, of both the more the
/// later. The memory grows with the batch, so that an estimate late in it is no more moved by a burst or a pause than one early.
/// </summary>
internal sealed class PaceEstimate
{
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestMemory = TimeSpan.FromSeconds(5);

    private TimeSpan? _first;
    private TimeSpan _last;
    private TimeSpan _longestPause;
    private int _ended;
    private double _weight;
    private double _seconds;

    /// <summary>An item ended.</summary>
    /// <param name="now">Time since the batch began; never less than before.</param>
    public void Count(TimeSpan now)
    {
        _ended++;
        _first ??= now;
        if (now <= _first + Burst)
        {
            _last = now;
            return;
        }

        (_weight, _seconds) = At(now);
        _weight++;
        if (now - _last > _longestPause)
            _longestPause = now - _last;
        _last = now;
    }

    /// <summary>The time for so many more; null while nothing is known of their pace.</summary>
    /// <param name="left">Items that have not ended.</param>
    /// <param name="now">Time since the batch began.</param>
    public TimeSpan? TimeFor(int left, TimeSpan now)
    {
        if (left == 0)
            return TimeSpan.Zero;
        if (_first is not { } first)
            return null;
        if (_weight > 0)
        {
            // A pause no longer than others before it is none: it is part of the pace.
            var usual = now - _last < _longestPause ? now - _last : _longestPause;
            var (weight, seconds) = At(now - usual);
            return TimeSpan.FromSeconds(Math.Max(0, (seconds / weight * left) - usual.TotalSeconds));
        }

        // After the first burst nothing is known until the next, or until that is as late as the first was.
        return now - first > first ? now / _ended * left : null;
    }

    private (double Weight, double Seconds) At(TimeSpan now)
    {
        var since = (now - _last).TotalSeconds;
        var memory = Math.Max(ShortestMemory.TotalSeconds, now.TotalSeconds / 2);
        var faded = Math.Exp(-since / memory);
        // What passed since the last item is as fresh as it is long ago.
        return (_weight * faded, (_seconds * faded) + (memory * (1 - faded)));
    }
}
