namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Reads kubeconfig files by kubectl's rules.</summary>
public static class KubeConfigLoader
{
    /// <summary>The configuration of one context, with its certificates read and checked. Nothing is sent anywhere.</summary>
    /// <param name="options">Where to look and what to take.</param>
    /// <exception cref="KubeConfigException">There is none, or it cannot be used; says which file, entry and field.</exception>
    public static ClusterConfiguration Load(KubeConfigOptions options) => throw new NotSupportedException();

    /// <summary>All contexts, in the order of the files; empty when there are none. Reads no certificates, sends nothing.</summary>
    /// <param name="options">Where to look.</param>
    /// <exception cref="KubeConfigException">A file cannot be read or understood.</exception>
    public static IReadOnlyList<KubeContext> ListContexts(KubeConfigOptions options) => throw new NotSupportedException();
}
