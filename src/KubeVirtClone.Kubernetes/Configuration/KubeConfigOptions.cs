namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Where to look for the configuration and what to take from it.</summary>
public sealed record KubeConfigOptions
{
    /// <summary>The one file to read; null for <c>KUBECONFIG</c>, else <c>~/.kube/config</c>, else the pod's service account.</summary>
    public string? Path { get; init; }

    /// <summary>Context to use, case-sensitive; null for the current one.</summary>
    public string? Context { get; init; }

    /// <summary>Namespace to use instead of the context's; null for the context's.</summary>
    public string? Namespace { get; init; }

    /// <summary>Cluster entry to use instead of the context's; null for the context's.</summary>
    public string? Cluster { get; init; }

    /// <summary>User entry to use instead of the context's; null for the context's.</summary>
    public string? User { get; init; }

    /// <summary>Address of the server, instead of the cluster entry's; null for that.</summary>
    public string? Server { get; init; }

    /// <summary>Bearer token to log in with, instead of every other way but a client certificate; null for what the user entry says.</summary>
    public string? Token { get; init; }

    /// <summary>User to act as; null for what the kubeconfig says.</summary>
    public string? ImpersonateUser { get; init; }

    /// <summary>Groups to act as; empty for what the kubeconfig says.</summary>
    public IReadOnlyList<string> ImpersonateGroups { get; init; } = [];

    /// <summary>UID to act as; null for what the kubeconfig says.</summary>
    public string? ImpersonateUid { get; init; }

    /// <summary>Reads an environment variable; null for this process's own.</summary>
    public Func<string, string?>? Environment { get; init; }

    /// <summary>Folder that holds <c>.kube</c>; null for the user's own.</summary>
    public string? HomeDirectory { get; init; }

    /// <summary>Folder with a pod's token, CA and namespace; null for where Kubernetes puts it.</summary>
    public string? ServiceAccountDirectory { get; init; }

    /// <summary>Without the token.</summary>
    public override string ToString() => $"{Path} {Context}".Trim();
}

/// <summary>One context of a kubeconfig.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ClusterName">The cluster it points to.</param>
/// <param name="UserName">The user it points to; null when none.</param>
/// <param name="Namespace">Its namespace; null when it names none.</param>
/// <param name="IsCurrent">Whether it is the current one.</param>
public sealed record KubeContext(string Name, string ClusterName, string? UserName, string? Namespace, bool IsCurrent);
