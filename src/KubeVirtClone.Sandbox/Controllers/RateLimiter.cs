namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// client-go's default controller rate limiter: per key 5 ms doubling to 1000 s, and one bucket for all keys of 10 a second after
/// a burst of 100. Without pacing only the growing delay after errors is left.
/// </summary>
internal sealed class RateLimiter(TimeProvider clock, ControllerSettings settings)
{
    private const double PerSecond = 10;
    private const double Burst = 100;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _tries = [];
    private double _tokens = Burst;
    private DateTimeOffset? _last;

    public TimeSpan When(string key) => settings.Pacing ? WhenFailed(key) : TimeSpan.Zero;

    public TimeSpan WhenFailed(string key)
    {
        lock (_lock)
        {
            var tries = _tries.GetValueOrDefault(key);
            _tries[key] = tries + 1;
            var growing = TimeSpan.FromMilliseconds(Math.Min(5 * Math.Pow(2, Math.Min(tries, 30)), 1_000_000));
            var turn = settings.Pacing ? Bucket() : TimeSpan.Zero;
            return (growing > turn ? growing : turn) * settings.Scale;
        }
    }

    public void Forget(string key)
    {
        lock (_lock)
            _tries.Remove(key);
    }

    // A token bucket that is drawn on in advance: each caller gets the time at which its token will be there.
    private TimeSpan Bucket()
    {
        var now = clock.GetUtcNow();
        if (settings.Scale <= 0)
            return TimeSpan.Zero;
        if (_last is { } last)
            _tokens = Math.Min(Burst, _tokens + ((now - last).TotalSeconds / settings.Scale * PerSecond));
        _last = now;
        _tokens--;
        return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / PerSecond);
    }
}
