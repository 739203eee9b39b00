using System.Runtime.CompilerServices;
using System.Threading.Channels;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>Runs work that reports through a channel, and streams what it reports. When the reader stops early, the work is cancelled and waited for.</summary>
internal static class ItemStream
{
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

    // The reader gets what happened before the failure, then the failure.
    private static async Task CompleteAsync<T>(Func<ChannelWriter<ItemUpdate<T>>, CancellationToken, Task> work, ChannelWriter<ItemUpdate<T>> writer, CancellationToken ct)
        where T : class
    {
        try
        {
            await work(writer, ct);
            writer.TryComplete();
        }
        catch (Exception e)
        {
            writer.TryComplete(e);
        }
    }
}
