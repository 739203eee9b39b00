using k8s;
using k8s.KubeConfigModels;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Transport;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>One cluster in the official client's terms.</summary>
/// <remarks>
/// It gets what it does well: the address, a fixed token or password, the product's name. Left out on purpose: authorities (its check of certificates
/// takes one for another name), plugins (it runs them with other arguments, and too often), token files and client certificates (it reads them once).
/// </remarks>
internal static class OfficialConfiguration
{
    private const string Name = "cluster";

    public static KubernetesClientConfiguration For(ClusterConfiguration cluster, KubernetesClientOptions options, ConnectionParts parts)
    {
        var user = UserOf(parts.Credentials);
        var model = new K8SConfiguration
        {
            CurrentContext = Name,
            Clusters = [new Cluster { Name = Name, ClusterEndpoint = new ClusterEndpoint { Server = cluster.Server.AbsoluteUri } }],
            // A user without credentials is an error there.
            Users = user is null ? [] : [new User { Name = Name, UserCredentials = user }],
            Contexts = [new Context { Name = Name, ContextDetails = new ContextDetails { Cluster = Name, User = user is null ? null : Name, Namespace = cluster.Namespace } }],
        };
        var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(model);
        configuration.UserAgent = options.UserAgent ?? ProductVersion.UserAgent;
        configuration.FirstMessageHandlerSetup = handler =>
        {
            HttpHandlerFactory.SetUp(handler, cluster, parts);
            parts.Handler = handler;
        };
        return configuration;
    }

    /// <summary>The credentials that stay as they are; null for none, and for those that change.</summary>
    private static UserCredentials? UserOf(ClusterCredentials credentials)
    {
        if (credentials.IsChanging)
            return null;
        if (!string.IsNullOrWhiteSpace(credentials.Token))
            return new UserCredentials { Token = credentials.Token };
        return !string.IsNullOrWhiteSpace(credentials.Username) && !string.IsNullOrWhiteSpace(credentials.Password)
            ? new UserCredentials { UserName = credentials.Username, Password = credentials.Password }
            : null;
    }
}
