namespace KubeVirtClone.Sandbox.Seeding;

/// <summary>An object to start with is not understood or is refused; the message says which and why.</summary>
public sealed class SeedException : Exception
{
    /// <summary>Without a reason.</summary>
    public SeedException()
    {
    }

    /// <summary>With a reason.</summary>
    public SeedException(string message)
        : base(message)
    {
    }

    /// <summary>With a reason and what led to it.</summary>
    public SeedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
