using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>Runs work that reports through a channel, and streams what it reports. When the reader stops early, the work is cancelled and waited for.</summary>
internal static class ItemStream
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);

    public static async IAsyncEnumerable<ItemUpdate<T>> RunAsync<T>(
        Func<ChannelWriter<ItemUpdate<T>>, CancellationToken, Task> work,
        [EnumeratorCancellation] CancellationToken ct)
        where T : class
    {
        var channel = Channel.CreateUnbounded<ItemUpdate<T>>(new UnboundedChannelOptions { SingleReader = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = Task.Run(() => CompleteAsync(work, channel.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var update in channel.Reader.ReadAllAsync(ct))
                yield return update;
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    /// <summary>Reports progress at intervals until <paramref name="work"/> is done, and once more then.</summary>
    public static async Task WithProgressAsync<T>(Func<Task> work, ProgressMeter meter, ChannelWriter<ItemUpdate<T>> updates, TimeProvider clock)
        where T : class
    {
        var timer = clock.CreateTimer(_ => Report(), state: null, ProgressInterval, ProgressInterval);
        try
        {
            await work();
        }
        finally
        {
            await timer.DisposeAsync();
            Report();
        }

        void Report() => updates.TryWrite(new ItemUpdate<T> { Kind = ItemUpdateKind.Progress, Progress = meter.Read() });
    }

    // The reader gets what happened before the failure, then the failure.
    private static async Task CompleteAsync<T>(Func<ChannelWriter<ItemUpdate<T>>, CancellationToken, Task> work, ChannelWriter<ItemUpdate<T>> writer, CancellationToken ct)
        where T : class
    {
        try
        {
            await work(writer, ct);
            writer.TryComplete();
        }
        catch (KubernetesException e)
        {
            // A request that everything depends on, such as whether the user may do it at all.
            writer.TryComplete(new EngineException(FaultMapper.From(e)));
        }
        catch (Exception e)
        {
            writer.TryComplete(e);
        }
    }
}
