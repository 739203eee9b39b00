namespace KubeVirtClone.Kubernetes;

/// <summary>Why there are no credentials.</summary>
public enum CredentialProblem
{
    /// <summary>The credential plugin is not installed.</summary>
    PluginMissing,

    /// <summary>The credential plugin could not be started, or failed.</summary>
    PluginFailed,

    /// <summary>The credential plugin answered with something that is not what was asked for.</summary>
    PluginAnswerInvalid,

    /// <summary>The credential plugin must ask the user, and there is no terminal.</summary>
    NeedsTerminal,

    /// <summary>The credential plugin may ask the user, which is not wanted at this moment.</summary>
    NotNow,

    /// <summary>The identity provider cannot be reached, or does not give new tokens.</summary>
    LoginFailed,
}

/// <summary>The credentials to send could not be obtained. No message ever holds any of them.</summary>
public sealed class CredentialException : KubernetesException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="problem">What kind of problem.</param>
    /// <param name="message">Who was to give the credentials, and what went wrong.</param>
    /// <param name="hint">What its maker says to do; null for nothing.</param>
    /// <param name="innerException">The cause.</param>
    public CredentialException(CredentialProblem problem, string message, string? hint = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Problem = problem;
        Hint = hint;
    }

    /// <summary>What kind of problem.</summary>
    public CredentialProblem Problem { get; }

    /// <summary>What the plugin's maker says to do, such as how to install it; null for nothing.</summary>
    public string? Hint { get; }
}
