using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes;

/// <summary>Makes clients.</summary>
public static class KubernetesClientFactory
{
    /// <summary>A client of the cluster; it connects with its first request.</summary>
    /// <param name="configuration">Server, trust and credentials.</param>
    /// <param name="options">Behaviour; null for the defaults.</param>
    public static IKubernetesClient Create(ClusterConfiguration configuration, KubernetesClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return new KubernetesClient(configuration, options ?? new KubernetesClientOptions());
    }
}
