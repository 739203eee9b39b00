namespace KubeVirtClone.Engine.Cluster;

/// <summary>Something found out about a cluster, kept for a while. Callers at the same time share one question; a failure is not kept, and neither is a "no".</summary>
/// <remarks>
/// A "no" (an API that is not served, a gate that is off, a version that cannot be read) is what people change when they are told of it: they must
/// not be told it again from memory. Clusters are upgraded while connections live, so a "yes" is asked for again too.
/// </remarks>
/// <param name="read">Asks the cluster.</param>
/// <param name="isNo">Whether an answer must not be kept.</param>
/// <param name="clock">Measures the age.</param>
internal sealed class AgingFact<T>(Func<CancellationToken, Task<T>> read, Func<T, bool> isNo, TimeProvider clock)
{
    /// <summary>How long an answer counts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    private readonly object _gate = new();
    private Task<T>? _asking;
    private Known? _known;

    public async Task<T> GetAsync(CancellationToken ct)
    {
        while (true)
        {
            Task<T> asking;
            var isOurs = false;
            lock (_gate)
            {
                if (_known is { } known && clock.GetElapsedTime(known.Since) < Lifetime)
                    return known.Value;
                if (_asking is null or { IsCompleted: true })
                {
                    isOurs = true;
                    _asking = AskAsync(ct);
                }

                asking = _asking;
            }

            try
            {
                return await asking.WaitAsync(ct);
            }
            catch (OperationCanceledException) when (!isOurs && !ct.IsCancellationRequested)
            {
                // Who asked has given up; this caller has not.
            }
        }
    }

    private async Task<T> AskAsync(CancellationToken ct)
    {
        var value = await read(ct);
        lock (_gate)
            _known = isNo(value) ? null : new Known(value, clock.GetTimestamp());
        return value;
    }

    private sealed record Known(T Value, long Since);
}
