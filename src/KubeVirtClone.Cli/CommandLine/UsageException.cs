namespace KubeVirtClone.Cli.CommandLine;

/// <summary>The command line, or a file it names, asks for something that can't be understood. Ends with exit code 2.</summary>
internal sealed class UsageException : Exception
{
    public UsageException(string message)
        : base(message)
    {
    }

    public UsageException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
