namespace KubeVirtClone.Methods.Tests.Virtual;

/// <summary>
/// Knows whether work of the engine runs on some thread, however it got there: what flows with the work along every await says so when a thread
/// takes it up and when it lets go of it. Work that waits for a thread shows in the thread pool's count.
/// </summary>
internal sealed class EngineActivity
{
    private const int Yields = 30;

    // Work that blocks its thread until it is answered would be waited for, for ever.
    private const int MostRounds = 5_000;

    // What other tests have queued hides whether this one has; work that is queued is begun within so many milliseconds, or is late.
    private const int QuietRounds = 3;

    // For so many milliseconds a busy machine may take a thread away between taking work up and saying so.
    private const int PatientRounds = 20;

    private static readonly AsyncLocal<EngineActivity?> Owner = new(OnChanged);

    private int _running;
    private int _begun;

    /// <summary>Begins work on the thread pool.</summary>
    public Task<T> Start<T>(Func<Task<T>> work)
    {
        Owner.Value = this;
        try
        {
            return Task.Run(work);
        }
        finally
        {
            Owner.Value = null;
        }
    }

    /// <summary>Waits until nothing of the work can go on by itself, or the task is done.</summary>
    public async Task SettleAsync(Task task)
    {
        var begun = -1;
        var quiet = 0;
        for (var round = 0; !task.IsCompleted && round < MostRounds; round++)
        {
            var now = Volatile.Read(ref _begun);
            if (Volatile.Read(ref _running) == 0 && now == begun)
            {
                quiet += round < Yields ? 0 : 1;
                if (ThreadPool.PendingWorkItemCount == 0 || quiet >= QuietRounds)
                    return;
            }
            else
            {
                quiet = 0;
            }

            begun = now;
            if (round < Yields)
                await Task.Yield();
            else
                await Task.Delay(1);
        }
    }

    /// <summary>How often work was taken up so far: what was seen of it since holds no more once this has changed.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>Whether some of the work went on although it seemed at rest: a thread may have been taken away as it began.</summary>
    /// <param name="task">The work.</param>
    /// <param name="begun">What <see cref="Begun"/> was before anything was concluded from the work's being at rest.</param>
    public async Task<bool> HasMovedAsync(Task task, int begun)
    {
        for (var round = 0; round < PatientRounds && !task.IsCompleted && Volatile.Read(ref _begun) == begun; round++)
            await Task.Delay(1);
        if (Volatile.Read(ref _begun) == begun && Volatile.Read(ref _running) == 0)
            return false;
        await SettleAsync(task);
        return true;
    }

    private static void OnChanged(AsyncLocalValueChangedArgs<EngineActivity?> change)
    {
        if (change.PreviousValue == change.CurrentValue)
            return;
        if (change.PreviousValue is { } left)
            Interlocked.Decrement(ref left._running);
        if (change.CurrentValue is not { } entered)
            return;
        Interlocked.Increment(ref entered._running);
        Interlocked.Increment(ref entered._begun);
    }
}
