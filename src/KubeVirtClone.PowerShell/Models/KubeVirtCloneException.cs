namespace KubeVirtClone;

/// <summary>What a KubeVirtClone cmdlet reports: the message, and as inner exception the cause where there was one.</summary>
public sealed class KubeVirtCloneException : Exception
{
    /// <summary>Creates the exception.</summary>
    public KubeVirtCloneException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong.</param>
    public KubeVirtCloneException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">The cause.</param>
    public KubeVirtCloneException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
