using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>What the official client is given to connect with, made before it.</summary>
/// <param name="Credentials">What may be sent to this server.</param>
/// <param name="Source">Where requests get it.</param>
/// <param name="Impersonation">Whom to act as.</param>
/// <param name="Connector">Makes connections, through a proxy where there is one to tunnel through.</param>
/// <param name="Forwarder">The proxy that is handed whole requests; null for none.</param>
internal sealed record ConnectionParts(
    ClusterCredentials Credentials, CredentialSource Source, ImpersonationHeaders Impersonation, ServerConnector Connector, Uri? Forwarder)
{
    /// <summary>The official client's handler, once it has made it.</summary>
    public SocketsHttpHandler? Handler { get; set; }

    public static ConnectionParts For(ClusterConfiguration cluster, KubernetesClientOptions options)
    {
        var isTls = cluster.Server.Scheme == Uri.UriSchemeHttps;
        // As kubectl does: nothing secret goes over a line that everybody can read.
        var credentials = isTls ? cluster.Credentials : new ClusterCredentials();
        var source = CredentialSource.For(credentials, options);
        // Whom to act as is no secret, and without it the server would lend the caller's own, larger rights.
        var impersonation = new ImpersonationHeaders(cluster.Credentials.Impersonation);
        var proxy = cluster.Proxy ?? EnvironmentProxy.For(cluster.Server, Environment.GetEnvironmentVariable);
        // Plain requests are handed to a plain proxy whole; everything else goes through it.
        var isForwarded = !isTls && proxy is { Scheme: "http" or "https" };
        var connector = new ServerConnector(cluster, source, options, isForwarded ? null : proxy, impersonation.LineBreaks.Count > 0);
        return new ConnectionParts(credentials, source, impersonation, connector, isForwarded ? proxy : null);
    }
}
