namespace KubeVirtClone.Cli.Commands;

/// <summary>The command line of <c>new</c>.</summary>
internal sealed record NewInvocation
{
    public IReadOnlyList<string> Names { get; init; } = [];

    public string? SourceName { get; init; }

    public string? SourceType { get; init; }

    public string? File { get; init; }

    public int? Count { get; init; }

    public string? NamePattern { get; init; }

    public int? StartIndex { get; init; }

    /// <summary>What the clones are to be.</summary>
    public RequestValues Wishes { get; init; } = RequestValues.None;

    public string? GoldenImage { get; init; }

    public string? ImageVersion { get; init; }

    public CloneMethodChoice Method { get; init; }

    public bool NoSharedSnapshot { get; init; }

    public bool PurgeOnSuccess { get; init; }

    public bool CopySecrets { get; init; }

    public bool HandOver { get; init; }

    public string? Batch { get; init; }

    public bool SkipExisting { get; init; }

    public bool SkipPreflight { get; init; }

    public int? ThrottleLimit { get; init; }

    public bool Wait { get; init; }

    public WaitState For { get; init; }

    public TimeSpan? Timeout { get; init; }

    public DryRunMode DryRun { get; init; }

    public OutputFormat? Output { get; init; }
}
