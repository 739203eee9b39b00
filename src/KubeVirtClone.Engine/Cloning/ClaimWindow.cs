namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// Bounds how many claims are waiting for their volumes at once. A cluster binds a few claims a second whatever number is pending: more in flight
/// gain nothing, and each costs the controllers another look.
/// </summary>
internal sealed class ClaimWindow : IDisposable
{
    /// <summary>Claims that may be pending at once.</summary>
    public const int Limit = 50;

    private readonly SemaphoreSlim _free = new(Limit, Limit);
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Waits until there is room for the claims of one machine, and takes it; a machine with more than the limit waits until it is alone.</summary>
    /// <returns>What gives the room back.</returns>
    public async Task<IDisposable> EnterAsync(int claims, CancellationToken ct)
    {
        var taken = 0;
        var wanted = Math.Min(claims, Limit);
        if (wanted == 0)
            return new Room(this, 0);
        // One after the other, so that two that each have half of what they need do not wait for each other.
        await _turn.WaitAsync(ct);
        try
        {
            for (; taken < wanted; taken++)
                await _free.WaitAsync(ct);
            return new Room(this, taken);
        }
        catch
        {
            if (taken > 0)
                _free.Release(taken);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _free.Dispose();
        _turn.Dispose();
    }

    private sealed class Room(ClaimWindow window, int count) : IDisposable
    {
        public void Dispose()
        {
            if (count > 0)
                window._free.Release(count);
        }
    }
}
