namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Waits that double up to a longest one; each real wait is a random half to all of it, so that clients do not move in step.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _next;

    public TimeSpan Next()
    {
        var wait = _next is not { } next ? first : next < longest ? next : longest;
        _next = wait * 2;
#pragma warning disable CA5394 // Spreading load needs no secret randomness.
        return wait * (0.5 + (Random.Shared.NextDouble() / 2));
#pragma warning restore CA5394
    }

    public void Reset() => _next = null;
}
