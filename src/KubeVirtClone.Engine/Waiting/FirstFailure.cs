using System.Runtime.ExceptionServices;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>Lets the first failure among many tasks end all of them, and be the one that is reported.</summary>
internal sealed class FirstFailure(CancellationToken ct) : IDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
    private Exception? _first;

    /// <summary>Ends every task.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Runs one of the tasks.</summary>
    public async Task GuardAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            if (!_stop.IsCancellationRequested)
                Interlocked.CompareExchange(ref _first, e, comparand: null);
            await _stop.CancelAsync();
            throw;
        }
    }

    /// <summary>Waits for the whole and reports the failure that ended it, not the cancellations that followed from it.</summary>
    public async Task WatchAsync(Task whole)
    {
        try
        {
            await whole;
        }
        catch (Exception) when (_first is not null)
        {
            ExceptionDispatchInfo.Throw(_first);
        }
    }

    public void Dispose() => _stop.Dispose();
}
