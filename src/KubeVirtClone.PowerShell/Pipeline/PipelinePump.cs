using System.Collections.Concurrent;

namespace KubeVirtClone.Pipeline;

/// <summary>
/// Runs asynchronous work while the calling thread, PowerShell's pipeline thread, carries out what the work posts:
/// only that thread may write to streams. Posted actions run in the order of posting.
/// </summary>
internal sealed class PipelinePump : IDisposable
{
    /// <summary>Work that runs ahead of the pipeline waits here, so that a long list does not pile up in memory.</summary>
    private const int Capacity = 512;

    private readonly BlockingCollection<Action> _queue = new(Capacity);
    private readonly CancellationTokenSource _closed = new();
    private readonly List<Task> _begun = [];
    private CancellationTokenSource? _abandon;
    private readonly int _pipelineThread = Environment.CurrentManagedThreadId;

    /// <summary>How long work may take to end after it was told to stop, before it is left behind.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often <c>tick</c> is called at the least while nothing is posted.</summary>
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Posts an action to the pipeline thread; blocks while the pipeline is far behind. Called on the pipeline thread
    /// itself it runs the action at once. After the work has been stopped, posting fails with
    /// <see cref="OperationCanceledException"/> so that no worker hangs on a pipeline that is gone.
    /// </summary>
    /// <exception cref="OperationCanceledException">The pipeline has stopped.</exception>
    public void Post(Action action)
    {
        if (Environment.CurrentManagedThreadId == _pipelineThread)
        {
            action();
            return;
        }

        try
        {
            _queue.Add(action, _closed.Token);
        }
        catch (Exception e) when (e is InvalidOperationException or ObjectDisposedException)
        {
            throw new OperationCanceledException("The pipeline has ended.", e);
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/> on the thread pool to its end, carrying out posted actions and calling
    /// <paramref name="tick"/> meanwhile. What the work throws is thrown here. What an action throws (a pipeline that stops,
    /// <c>-ErrorAction Stop</c>) cancels the work, waits for it for <see cref="StopGrace"/>, and is thrown on.
    /// </summary>
    /// <returns>False when <paramref name="stop"/> was cancelled before the work had ended.</returns>
    public bool Run(Func<CancellationToken, Task> work, Action? tick, CancellationToken stop)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(stop);
        return Pump(Task.Run(() => RunToEndAsync(work, abandon.Token), CancellationToken.None), tick, abandon, stop);
    }

    /// <summary>Begins work and returns. What it posts waits for <see cref="Drain"/> or <see cref="Finish"/>; any number can be begun.</summary>
    public void Begin(Func<CancellationToken, Task> work, CancellationToken stop)
    {
        _abandon ??= CancellationTokenSource.CreateLinkedTokenSource(stop);
        _begun.RemoveAll(t => t.IsCompletedSuccessfully);
        _begun.Add(Task.Run(() => GuardAsync(work, _abandon), CancellationToken.None));
    }

    /// <summary>Carries out what was posted so far. What work that was begun has thrown is thrown here.</summary>
    public void Drain()
    {
        while (_queue.TryTake(out var action)) action();
        if (_begun.Find(t => t.IsFaulted) is { } failed)
            failed.GetAwaiter().GetResult();
    }

    /// <summary>Carries out what was begun to its end, as <see cref="Run"/> does.</summary>
    /// <returns>False when <paramref name="stop"/> was cancelled before that.</returns>
    public bool Finish(Action? tick, CancellationToken stop)
    {
        _abandon ??= CancellationTokenSource.CreateLinkedTokenSource(stop);
        return Pump(RunToEndAsync(_ => Task.WhenAll(_begun), stop), tick, _abandon, stop);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The queue itself is left to the collector: a worker left behind may still be posting to it.
        _closed.Cancel();
        _abandon?.Cancel();
        GC.SuppressFinalize(this);
    }

    private bool Pump(Task task, Action? tick, CancellationTokenSource abandon, CancellationToken stop)
    {
        try
        {
            while (!_queue.IsCompleted)
            {
                if (_queue.TryTake(out var action, (int)TickInterval.TotalMilliseconds, stop)) action();
                tick?.Invoke();
            }

            task.GetAwaiter().GetResult();
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LeaveBehind(task, abandon);
            return false;
        }
        catch
        {
            LeaveBehind(task, abandon);
            throw;
        }
    }

    // What fails ends the others: it is what nothing can work after.
    private static async Task GuardAsync(Func<CancellationToken, Task> work, CancellationTokenSource abandon)
    {
        try
        {
            await work(abandon.Token);
        }
        catch
        {
            await abandon.CancelAsync();
            throw;
        }
    }

    private async Task RunToEndAsync(Func<CancellationToken, Task> work, CancellationToken ct)
    {
        try
        {
            await work(ct);
        }
        finally
        {
            _queue.CompleteAdding();
        }
    }

    private void LeaveBehind(Task task, CancellationTokenSource abandon)
    {
        if (!task.IsCompleted)
        {
            abandon.Cancel();
            _closed.Cancel();
        }

        // A task that fails later must not surface on the finalizer thread.
        _ = task.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        try
        {
            task.Wait(StopGrace, CancellationToken.None);
        }
        catch (AggregateException)
        {
            // The reason for stopping is what is reported.
        }
    }
}
