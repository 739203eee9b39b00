using System.Net;
using System.Net.Http.Headers;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>A request body that knows whether it was sent.</summary>
/// <remarks>
/// The HTTP handler by itself repeats a request whose connection broke before the first byte of an answer. Over HTTP/1.1 the server may have
/// done it by then: a create would be made twice, and its loss never seen. Over HTTP/2 the handler repeats only what the server says it did not look at.
/// </remarks>
internal sealed class SendOnceContent : HttpContent
{
    private readonly byte[] _body;
    private readonly Func<bool> _mayRepeat;
    private int _sent;

    public SendOnceContent(byte[] body, string? contentType, Func<bool> mayRepeat)
    {
        _body = body;
        _mayRepeat = mayRepeat;
        if (contentType is not null)
            Headers.ContentType = new MediaTypeHeaderValue(contentType);
    }

    public bool WasSent => Volatile.Read(ref _sent) > 0;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        if (Interlocked.Increment(ref _sent) > 1 && !_mayRepeat())
            throw new IOException("The connection broke before an answer came.");
        await stream.WriteAsync(_body);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
