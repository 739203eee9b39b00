using System.Net.Security;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>A TLS connection that remembers whether the server ever said anything on it, and how it ended.</summary>
internal sealed class ServerTlsStream(Stream inner) : SslStream(inner, leaveInnerStreamOpen: false)
{
    private volatile bool _hasHeard;

    /// <summary>Whether anything came after the handshake.</summary>
    public bool HasHeard => _hasHeard;

    /// <summary>How reading failed; null when it did not.</summary>
    public Exception? ReadFailure { get; private set; }

    /// <summary>Whether HTTP/2 was agreed on. Known after the handshake.</summary>
    public bool IsHttp2 { get; set; }

    /// <summary>Whether the server asked for the client's certificate and got it. Known after the handshake.</summary>
    public bool ShowedClientCertificate { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            if (count > 0)
                _hasHeard = true;
            return count;
        }
        catch (IOException e)
        {
            ReadFailure ??= e;
            throw;
        }
    }
}
