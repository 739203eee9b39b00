using System.Net;
using System.Net.Security;
using System.Text;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Sets the HTTP handler up.</summary>
internal static class HttpHandlerFactory
{
    /// <summary>Makes the official client's handler this library's: own connections, no redirects, pings, room for large answers.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="cluster">Server and trust.</param>
    /// <param name="parts">What makes its connections.</param>
    public static void SetUp(SocketsHttpHandler handler, ClusterConfiguration cluster, ConnectionParts parts)
    {
        var breaks = parts.Impersonation.LineBreaks;
        handler.AllowAutoRedirect = false;
        handler.AutomaticDecompression = cluster.DisablesCompression ? DecompressionMethods.None : DecompressionMethods.GZip;
        handler.UseCookies = false;
        handler.ConnectCallback = parts.Connector.ConnectAsync;
        handler.PlaintextStreamFilter = breaks.Count == 0 ? null : (context, _) => new(new LineBreakStream(context.PlaintextStream, breaks));
        // The connector has a deadline of its own, which can say what it was waiting for.
        handler.ConnectTimeout = Timeout.InfiniteTimeSpan;
        handler.EnableMultipleHttp2Connections = true;
        handler.InitialHttp2StreamWindowSize = 1 << 20;
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90);
        handler.RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8;
        handler.Proxy = parts.Forwarder is null ? null : NamedProxy(parts.Forwarder);
        handler.UseProxy = parts.Forwarder is not null;
        // The connector makes all TLS connections; the official client adds to this list.
        handler.SslOptions = new SslClientAuthenticationOptions { ClientCertificates = [] };
    }

    private static WebProxy NamedProxy(Uri url)
    {
        var proxy = new WebProxy(new UriBuilder(url) { UserName = "", Password = "" }.Uri);
        if (url.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var password])
            proxy.Credentials = new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(string.Concat(password)));
        return proxy;
    }
}
