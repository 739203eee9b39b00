namespace KubeVirtClone.Engine.Cluster;

/// <summary>What is known about a cluster.</summary>
public sealed record ClusterInfo
{
    /// <summary>URL of the API server.</summary>
    public required Uri Server { get; init; }

    /// <summary>User entry of the kubeconfig.</summary>
    public string? User { get; init; }

    /// <summary>Context of the kubeconfig, or null inside a cluster.</summary>
    public string? Context { get; init; }

    /// <summary>Namespace used when none is given.</summary>
    public required string Namespace { get; init; }

    /// <summary>Kubernetes version (<c>v1.34.1</c>), or null when it cannot be read.</summary>
    public string? KubernetesVersion { get; init; }

    /// <summary>KubeVirt version (<c>v1.9.0</c>), or null when it cannot be read.</summary>
    public string? KubeVirtVersion { get; init; }

    /// <summary>Version of <c>clone.kubevirt.io</c> used (<c>v1beta1</c>, else <c>v1alpha1</c>), or null when none is served.</summary>
    public string? CloneApiVersion { get; init; }

    /// <summary>Version of <c>snapshot.kubevirt.io</c> used, or null when none is served.</summary>
    public string? SnapshotApiVersion { get; init; }

    /// <summary>Whether KubeVirt's Snapshot gate is on; null when the KubeVirt object cannot be read.</summary>
    public bool? SnapshotGate { get; init; }
}
