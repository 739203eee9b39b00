namespace KubeVirtClone;

/// <summary>The cluster that the cmdlets of this session talk to.</summary>
public sealed class KubeVirtConnection
{
    /// <summary>URL of the API server.</summary>
    public string Server { get; init; } = "";

    /// <summary>Context of the kubeconfig; null in a cluster.</summary>
    public string? Context { get; init; }

    /// <summary>User entry of the kubeconfig, or who is impersonated.</summary>
    public string? User { get; init; }

    /// <summary>Namespace used where none is given.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Version of Kubernetes.</summary>
    public string? KubernetesVersion { get; init; }

    /// <summary>Version of KubeVirt; null where it may not be read.</summary>
    public string? KubeVirtVersion { get; init; }

    /// <summary>API version of clones that is used; null when clones are not served.</summary>
    public string? CloneApiVersion { get; init; }

    /// <summary>API version of snapshots that is used; null when snapshots are not served.</summary>
    public string? SnapshotApiVersion { get; init; }

    /// <summary>Whether KubeVirt's Snapshot feature gate is on; null where it may not be read.</summary>
    public bool? SnapshotGate { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Context is null ? Server : $"{Context} ({Server})";
}
