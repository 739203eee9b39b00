using System.Buffers;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Reads a body with a deadline per read, and names what goes wrong in this library's own terms.</summary>
internal sealed class AnswerBody(Stream stream, ConnectionErrors errors, TimeProvider clock, CancellationToken ct) : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(Timeout.InfiniteTimeSpan, clock);

    /// <summary>The error for a body that ends too early.</summary>
    public ApiServerUnreachableException CutOff() => errors.CutOff();

    /// <summary>Reads what is there, at least one byte; 0 at the end.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="longestSilence">How long to wait for the first byte.</param>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, TimeSpan longestSilence)
    {
        ct.ThrowIfCancellationRequested();
        if (longestSilence <= TimeSpan.Zero)
            throw errors.TimedOut("nothing came in time");
        _deadline.CancelAfter(longestSilence);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, _deadline.Token);
        try
        {
            var count = await stream.ReadAsync(buffer, linked.Token);
            _deadline.CancelAfter(Timeout.InfiniteTimeSpan);
            return count;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested && _deadline.IsCancellationRequested)
        {
            throw errors.TimedOut($"it was silent for {longestSilence.TotalSeconds:0} s in the middle of an answer");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Tearing a connection down makes a read fail in many ways; cancellation is the cause when it was asked for.
            ct.ThrowIfCancellationRequested();
            throw errors.Translate(e);
        }
    }

    /// <summary>Reads to the end, or as much as is wanted of it.</summary>
    /// <param name="longestSilence">How long to wait for the next bytes.</param>
    /// <param name="longest">How many bytes are wanted at most.</param>
    public async Task<byte[]> ReadAllAsync(TimeSpan longestSilence, int longest)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            var length = 0;
            while (true)
            {
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.CopyTo(larger, 0);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var count = await ReadAsync(buffer.AsMemory(length), longestSilence);
                length += count;
                if (count == 0 || length >= longest)
                    return buffer[..Math.Min(length, longest)];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        _deadline.Dispose();
        stream.Dispose();
    }
}
