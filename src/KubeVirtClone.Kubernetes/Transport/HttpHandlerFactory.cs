using System.Net;
using System.Net.Security;
using System.Text;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Sets the HTTP handler up.</summary>
internal static class HttpHandlerFactory
{
    /// <summary>Whether requests go through a proxy: the cluster's own, or the environment's, which (as in Go) is never asked for loopback.</summary>
    public static bool IsProxied(ClusterConfiguration cluster) =>
        cluster.Proxy is not null || (!cluster.Server.IsLoopback && !HttpClient.DefaultProxy.IsBypassed(cluster.Server));

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
            Proxy = cluster.Proxy is null ? null : NamedProxy(cluster.Proxy),
            UseProxy = IsProxied(cluster),
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

    private static WebProxy NamedProxy(Uri url)
    {
        var proxy = new WebProxy(new UriBuilder(url) { UserName = "", Password = "" }.Uri);
        if (url.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var password])
            proxy.Credentials = new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(string.Concat(password)));
        return proxy;
    }
}
