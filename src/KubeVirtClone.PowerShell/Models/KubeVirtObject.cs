namespace KubeVirtClone;

/// <summary>What is read from a cluster: it is acted on there, and nowhere else.</summary>
public abstract class KubeVirtObject
{
    /// <summary>The cluster it was read from; null for what was only written down.</summary>
    public KubeVirtClusterReference? Cluster { get; internal set; }
}
