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

    /// <summary>Makes the official client's handler this library's: own connections, no redirects, pings, room for large answers.</summary>
    public static void SetUp(SocketsHttpHandler handler, ClusterConfiguration cluster, ServerConnector connector, ServerCertificateCheck proxiedCheck)
    {
        handler.AllowAutoRedirect = false;
        handler.AutomaticDecompression = DecompressionMethods.GZip;
        handler.UseCookies = false;
        handler.ConnectCallback = connector.ConnectAsync;
        // The connector has a deadline of its own, which can say what it was waiting for.
        handler.ConnectTimeout = Timeout.InfiniteTimeSpan;
        handler.EnableMultipleHttp2Connections = true;
        handler.InitialHttp2StreamWindowSize = 1 << 20;
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90);
        handler.RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8;
        handler.Proxy = cluster.Proxy is null ? null : NamedProxy(cluster.Proxy);
        handler.UseProxy = IsProxied(cluster);
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = proxiedCheck.ChainPolicy(),
            RemoteCertificateValidationCallback = proxiedCheck.Check,
            // The official client adds to it.
            ClientCertificates = [],
        };
        if (cluster.Credentials.ClientCertificate is { } certificate)
        {
            handler.SslOptions.ClientCertificateContext =
                SslStreamCertificateContext.Create(certificate, cluster.Credentials.ClientCertificateChain, offline: true);
        }
    }

    private static WebProxy NamedProxy(Uri url)
    {
        var proxy = new WebProxy(new UriBuilder(url) { UserName = "", Password = "" }.Uri);
        if (url.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var password])
            proxy.Credentials = new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(string.Concat(password)));
        return proxy;
    }
}
