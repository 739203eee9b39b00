using System.Net;
using System.Net.Security;
using System.Text;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Sets the HTTP handler up.</summary>
internal static class HttpHandlerFactory
{
    /// <summary>The handler, and the check of certificates that come through a proxy.</summary>
    public static (SocketsHttpHandler Handler, ServerCertificateCheck ProxiedCheck) Create(ClusterConfiguration cluster, ServerConnector connector)
    {
        var check = connector.NewCheck();
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            UseCookies = false,
            ConnectCallback = connector.ConnectAsync,
            // The connector has a deadline of its own, which can say what it was waiting for.
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = 1 << 20,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
            // Go, and so kubectl, never asks a proxy for loopback.
            UseProxy = !cluster.Server.IsLoopback,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = check.ChainPolicy(),
                RemoteCertificateValidationCallback = check.Check,
            },
        };
        if (cluster.Credentials.ClientCertificate is { } certificate)
        {
            handler.SslOptions.ClientCertificateContext =
                SslStreamCertificateContext.Create(certificate, cluster.Credentials.ClientCertificateChain, offline: true);
        }

        return (handler, check);
    }
}
