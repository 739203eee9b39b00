using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>What the official client is given to connect with, made before it.</summary>
internal sealed record ConnectionParts(
    ClusterCredentials Credentials, CredentialSource Source, ImpersonationHeaders Impersonation, ServerConnector Connector, ServerCertificateCheck ProxiedCheck)
{
    public static ConnectionParts For(ClusterConfiguration cluster, KubernetesClientOptions options)
    {
        // As kubectl does: nothing secret goes over a line that everybody can read.
        var credentials = cluster.Server.Scheme == Uri.UriSchemeHttps ? cluster.Credentials : new ClusterCredentials();
        var source = CredentialSource.For(credentials, options.TimeProvider);
        var impersonation = new ImpersonationHeaders(credentials.Impersonation);
        var connector = new ServerConnector(cluster, source, options, impersonation.LineBreaks);
        return new ConnectionParts(credentials, source, impersonation, connector, connector.NewCheck());
    }
}
