namespace KubeVirtClone.Kubernetes;

/// <summary>Base of everything that goes wrong between this client and a cluster. No message ever holds a secret.</summary>
public abstract class KubernetesException : Exception
{
    private protected KubernetesException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>What is wrong with the configuration.</summary>
public enum KubeConfigProblem
{
    /// <summary>No kubeconfig, or not the one asked for.</summary>
    NotFound,

    /// <summary>A file cannot be read or understood.</summary>
    Invalid,

    /// <summary>The context asked for is in none of the files.</summary>
    ContextNotFound,

    /// <summary>No context was asked for and none is current.</summary>
    NoCurrentContext,

    /// <summary>The context names a cluster that is in none of the files.</summary>
    ClusterNotFound,

    /// <summary>The context names a user that is in none of the files.</summary>
    UserNotFound,

    /// <summary>A certificate, key or token cannot be read.</summary>
    CredentialUnreadable,

    /// <summary>The entry asks for something this client does not do.</summary>
    NotSupported,

    /// <summary>Groups, a UID or extra fields to act as, without a user.</summary>
    ImpersonationIncomplete,

    /// <summary>The proxy that the environment names cannot be used.</summary>
    ProxyInvalid,
}

/// <summary>The kubeconfig, or what it points to, cannot be used.</summary>
public sealed class KubeConfigException : KubernetesException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="problem">What kind of problem.</param>
    /// <param name="message">File, entry and field, and what is wrong with it; no values of secret fields.</param>
    /// <param name="path">The file it is about; null when none.</param>
    /// <param name="contextName">The context it is about; null when none.</param>
    public KubeConfigException(KubeConfigProblem problem, string message, string? path = null, string? contextName = null)
        : base(message)
    {
        Problem = problem;
        Path = path;
        ContextName = contextName;
    }

    /// <summary>What kind of problem.</summary>
    public KubeConfigProblem Problem { get; }

    /// <summary>The file it is about; null when none.</summary>
    public string? Path { get; }

    /// <summary>The context it is about; null when none.</summary>
    public string? ContextName { get; }
}
