namespace KubeVirtClone.Cli.CommandLine;

/// <summary>What the process answers to the shell.</summary>
internal static class ExitCode
{
    /// <summary>Everything asked for was done.</summary>
    public const int Success = 0;

    /// <summary>At least one item failed, or nothing could be done at all.</summary>
    public const int Failure = 1;

    /// <summary>The command line or an input file was not understood; nothing was sent to the cluster.</summary>
    public const int Usage = 2;

    /// <summary>SIGINT, as shells report it (128 + 2).</summary>
    public const int Interrupted = 130;

    /// <summary>SIGTERM, as shells report it (128 + 15).</summary>
    public const int Terminated = 143;
}
