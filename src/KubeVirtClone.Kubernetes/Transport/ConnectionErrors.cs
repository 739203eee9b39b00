using System.Net;
using System.Net.Sockets;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Names what goes wrong on connections to one server.</summary>
internal sealed class ConnectionErrors(ClusterConfiguration cluster, CredentialSource credentials)
{
    private string HostAndPort => Name(cluster.Server);

    /// <summary>Host and port of a server, for messages.</summary>
    public static string Name(Uri server) => Name(new DnsEndPoint(server.IdnHost.Trim('[', ']'), server.Port));

    /// <summary>Host and port, an IPv6 address in brackets.</summary>
    public static string Name(DnsEndPoint end) => end.Host.Contains(':') ? $"[{end.Host}]:{end.Port}" : $"{end.Host}:{end.Port}";

    public ApiServerUnreachableException TimedOut(string how) =>
        new(cluster.Server, UnreachableReason.TimedOut, $"The API server at {HostAndPort} did not answer: {how}.");

    public ApiServerUnreachableException CutOff() =>
        new(cluster.Server, UnreachableReason.ConnectionLost, $"The connection to the API server at {HostAndPort} ended in the middle of an answer.");

    /// <summary>The exception to throw for one that the HTTP handler threw.</summary>
    public KubernetesException Translate(Exception error)
    {
        SocketException? socket = null;
        for (var e = error; e is not null; e = e.InnerException)
        {
            if (e is KubernetesException own)
                return own;
            socket ??= e as SocketException;
        }

        if (TlsAlert.Find(error) is { } alert)
        {
            var (reason, words) = TlsAlert.Judge(alert, credentials);
            return new ApiServerTlsException(
                cluster.Server,
                reason,
                $"No trusted connection to the API server at {HostAndPort}: {words}.",
                error)
            {
                WasNeverSent = true,
            };
        }

        var kind = (error as HttpRequestException)?.HttpRequestError ?? HttpRequestError.Unknown;
        if (kind == HttpRequestError.SecureConnectionError)
        {
            return new ApiServerTlsException(
                cluster.Server, TlsFailureReason.Other, $"No trusted connection to the API server at {HostAndPort}: the TLS handshake failed.", error)
            {
                WasNeverSent = true,
            };
        }

        var neverSent = kind is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.ProxyTunnelError;
        var why = kind switch
        {
            HttpRequestError.ProxyTunnelError => "the proxy does not let it through",
            HttpRequestError.NameResolutionError => "its name, or its proxy's, has no address",
            _ => socket?.Message ?? "the connection broke before the answer was complete",
        };
        return new ApiServerUnreachableException(
            cluster.Server,
            neverSent ? UnreachableReason.Other : UnreachableReason.ConnectionLost,
            $"The API server at {HostAndPort} {(neverSent ? "cannot be reached" : "did not answer")}: {why}.",
            error)
        {
            WasNeverSent = neverSent,
        };
    }
}
