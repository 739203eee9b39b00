using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Makes connections to the API server, TLS included, and says exactly why one could not be made.</summary>
/// <remarks>
/// TLS is done here and not by the HTTP handler because the handler takes the name for SNI and verification from the
/// <c>Host</c> header: <c>tls-server-name</c> would then change what proxies in front of the server route by.
/// </remarks>
/// <param name="cluster">Server, trust and proxy.</param>
/// <param name="credentials">Client certificates.</param>
/// <param name="options">Patience.</param>
/// <param name="tunnel">The proxy to go through; null for none.</param>
/// <param name="isHttp1Only">Whether HTTP/2 is not to be offered.</param>
internal sealed class ServerConnector(
    ClusterConfiguration cluster, CredentialSource credentials, KubernetesClientOptions options, Uri? tunnel, bool isHttp1Only)
{
    private readonly object _gate = new();
    private SslStreamCertificateContext? _clientCertificate;
    private X509Certificate2? _clientCertificateOf;

    private readonly List<(WeakReference<ServerTlsStream> Stream, X509Certificate2 Certificate)> _shown = [];
    private volatile ServerTlsStream? _newest;

    /// <summary>Whether the newest connection speaks HTTP/2.</summary>
    public bool IsHttp2 => _newest is { IsHttp2: true };

    /// <summary>The version to ask for.</summary>
    public Version HttpVersion => isHttp1Only ? System.Net.HttpVersion.Version11 : System.Net.HttpVersion.Version20;

    /// <summary>The reason when the server ended the newest connection because of the client's certificate; null when there is no sign of that.</summary>
    /// <remarks>In TLS 1.3 a client has finished its handshake before the server has looked at its certificate.</remarks>
    public ApiServerTlsException? ClientCertificateRefusal(Exception error)
    {
        if (_newest is not { HasHeard: false } stream)
            return null;
        if (TlsAlert.Find(stream.ReadFailure) is { } alert)
            return Distrusted(TlsAlert.Judge(alert, credentials), error);
        return stream.ShowedClientCertificate
            ? Distrusted((TlsFailureReason.ClientCertificateRefused, $"it closed the connection as soon as it had seen {TlsAlert.NameOf(credentials)}"), error)
            : null;
    }

    /// <summary>Ends every connection that was made with a certificate, whatever is going on over it.</summary>
    public void Cut(X509Certificate2 certificate)
    {
        List<WeakReference<ServerTlsStream>> streams;
        lock (_gate)
        {
            streams = [.. _shown.Where(each => ReferenceEquals(each.Certificate, certificate)).Select(each => each.Stream)];
            _shown.RemoveAll(each => ReferenceEquals(each.Certificate, certificate));
        }

        foreach (var reference in streams)
        {
            if (reference.TryGetTarget(out var stream))
                stream.Dispose();
        }
    }

    private string HostAndPort => ConnectionErrors.Name(cluster.Server);

    /// <summary>The callback for <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(options.ConnectTimeout, options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        // The handler keeps the brackets of an IPv6 address.
        var server = new DnsEndPoint(context.DnsEndPoint.Host.Trim('[', ']'), context.DnsEndPoint.Port);
        var end = tunnel is null ? server : ProxyTunnel.EndPointOf(tunnel);
        try
        {
            var stream = await OpenAsync(end, linked.Token);
            if (tunnel is not null)
                stream = await ThroughAsync(stream, tunnel, server, linked.Token);
            return cluster.Server.Scheme == Uri.UriSchemeHttps ? await SecureAsync(stream, linked.Token) : stream;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw Unreachable(end, UnreachableReason.TimedOut, $"no connection within {options.ConnectTimeout.TotalSeconds:0.#} s", innerException: null);
        }
    }

    private SslClientAuthenticationOptions TlsOptions(ServerCertificateCheck check, RequestCredential? credential) =>
        new()
        {
            TargetHost = ExpectedName,
            ApplicationProtocols = isHttp1Only ? [SslApplicationProtocol.Http11] : [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            CertificateChainPolicy = check.ChainPolicy(),
            RemoteCertificateValidationCallback = check.Check,
            // The request that needs the connection has got its credentials before: nothing is asked for under the deadline of a connection.
            ClientCertificateContext = ClientCertificateContext(credential),
        };

    private string ServerHost => cluster.Server.IdnHost.Trim('[', ']');

    // A dot at the end means the same name, and is no part of what TLS calls one.
    private string ExpectedName => (cluster.Trust.ServerName ?? ServerHost).TrimEnd('.');

    private async Task<Stream> OpenAsync(DnsEndPoint end, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // Watches are silent for minutes: without probes a peer that vanished would not be noticed over HTTP/1.1.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(end, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => Unreachable(end, UnreachableReason.ConnectionRefused, "connection refused (nothing listens there)", e),
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery =>
                    Unreachable(end, UnreachableReason.NameNotResolved, $"the name '{end.Host}' has no address", e),
                SocketError.TimedOut => Unreachable(end, UnreachableReason.TimedOut, "the connection attempt timed out", e),
                SocketError.NetworkUnreachable or SocketError.HostUnreachable => Unreachable(end, UnreachableReason.NoRoute, "there is no route to it", e),
                _ => Unreachable(end, UnreachableReason.Other, e.Message, e),
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Stream> SecureAsync(Stream stream, CancellationToken ct)
    {
        var check = new ServerCertificateCheck(cluster.Trust, ExpectedName);
        var secure = new ServerTlsStream(stream);
        try
        {
            var credential = credentials.Latest;
            await secure.AuthenticateAsClientAsync(TlsOptions(check, credential), ct);
            Remember(secure, credential?.ClientCertificate);
            secure.IsHttp2 = secure.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;
            secure.ShowedClientCertificate = secure.IsMutuallyAuthenticated;
            _newest = secure;
            return secure;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            await secure.DisposeAsync();
            throw HandshakeFailure(e, check);
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private async Task<Stream> ThroughAsync(Stream stream, Uri proxy, DnsEndPoint server, CancellationToken ct)
    {
        var end = ProxyTunnel.EndPointOf(proxy);
        if (proxy.Scheme == Uri.UriSchemeHttps)
        {
            // By the cluster's authorities and tls-server-name, as kubectl does; the client certificate is for the API server alone.
            var name = cluster.Trust.ServerName ?? end.Host;
            var check = new ServerCertificateCheck(cluster.Trust, name);
            var secure = new SslStream(stream, leaveInnerStreamOpen: false);
            try
            {
                await secure.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = name,
                        CertificateChainPolicy = check.ChainPolicy(),
                        RemoteCertificateValidationCallback = check.Check,
                    },
                    ct);
            }
            catch (Exception e)
            {
                await secure.DisposeAsync();
                if (e is not (AuthenticationException or IOException))
                    throw;
                throw Unreachable(end, UnreachableReason.Other, check.Refusal?.Message ?? "the TLS handshake with it failed", e);
            }

            stream = secure;
        }

        try
        {
            return await ProxyTunnel.OpenAsync(stream, proxy, server, ct);
        }
        catch (ProxyRefusalException e)
        {
            throw new ApiServerUnreachableException(
                cluster.Server, UnreachableReason.Other, $"The API server at {HostAndPort} cannot be reached through the proxy at {ConnectionErrors.Name(end)}: {e.Message}.", e)
            {
                WasNeverSent = true,
            };
        }
    }

    private void Remember(ServerTlsStream stream, X509Certificate2? certificate)
    {
        if (certificate is null)
            return;
        lock (_gate)
        {
            _shown.RemoveAll(each => !each.Stream.TryGetTarget(out _));
            _shown.Add((new WeakReference<ServerTlsStream>(stream), certificate));
        }
    }

    private KubernetesException HandshakeFailure(Exception error, ServerCertificateCheck check)
    {
        if (check.Refusal is { } refusal)
            return Distrusted((refusal.Reason, refusal.Message), error);
        if (TlsAlert.Find(error) is { } alert)
            return Distrusted(TlsAlert.Judge(alert, credentials), error);
        if (error is IOException)
        {
            var end = new DnsEndPoint(ServerHost, cluster.Server.Port);
            return Unreachable(end, UnreachableReason.ConnectionLost, "the connection broke during the TLS handshake", error);
        }

        return TlsAlert.IsNotTls(error)
            ? Distrusted((TlsFailureReason.NotTls, "what answers there does not speak TLS"), error)
            : Distrusted((TlsFailureReason.Other, "the TLS handshake failed"), error);
    }

    private bool IsServer(DnsEndPoint end) =>
        end.Port == cluster.Server.Port && string.Equals(end.Host, ServerHost, StringComparison.OrdinalIgnoreCase);

    private ApiServerTlsException Distrusted((TlsFailureReason Reason, string Words) why, Exception innerException) =>
        new(cluster.Server, why.Reason, $"No trusted connection to the API server at {HostAndPort}: {why.Words}.", innerException) { WasNeverSent = true };

    private ApiServerUnreachableException Unreachable(DnsEndPoint end, UnreachableReason reason, string why, Exception? innerException)
    {
        var what = IsServer(end) ? $"The API server at {HostAndPort}" : $"The proxy at {ConnectionErrors.Name(end)} for the API server at {HostAndPort}";
        return new ApiServerUnreachableException(cluster.Server, reason, $"{what} cannot be reached: {why}.", innerException) { WasNeverSent = true };
    }

    private SslStreamCertificateContext? ClientCertificateContext(RequestCredential? credential)
    {
        if (credential?.ClientCertificate is not { } certificate)
            return null;
        lock (_gate)
        {
            if (!ReferenceEquals(certificate, _clientCertificateOf))
            {
                _clientCertificate = SslStreamCertificateContext.Create(certificate, credential.ClientCertificateChain, offline: true);
                _clientCertificateOf = certificate;
            }

            return _clientCertificate;
        }
    }
}
