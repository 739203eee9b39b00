using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Session;

namespace KubeVirtClone;

/// <summary>Which cluster an object is of. Commands act on the object there, or refuse.</summary>
public sealed class KubeVirtClusterReference
{
    internal KubeVirtClusterReference(ClusterIdentity identity, ConnectionSettings? settings)
    {
        Uid = identity.Uid;
        Server = identity.Server;
        Context = identity.Context;
        Authority = identity.Authority;
        Settings = settings;
    }

    /// <summary>Uid of the cluster's namespace kube-system; null where that may not be read.</summary>
    public string? Uid { get; }

    /// <summary>URL of the API server.</summary>
    public string Server { get; }

    /// <summary>Context of the kubeconfig it was read by; null inside a cluster.</summary>
    public string? Context { get; }

    /// <summary>Fingerprint of the certificates its server is trusted by; empty for the machine's own.</summary>
    public string Authority { get; }

    // Kept only within the process: a file could name a kubeconfig, and with it a program to run.
    internal ConnectionSettings? Settings { get; }

    internal bool IsOf(ClusterIdentity cluster) => new ClusterIdentity(Uid, Server, Authority, Context).IsSameAs(cluster);

    /// <summary>Context and server.</summary>
    public override string ToString() => Context is null ? Server : $"{Context} ({Server})";
}
