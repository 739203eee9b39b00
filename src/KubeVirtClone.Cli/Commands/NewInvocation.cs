using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;
using KubeVirtClone.Engine.Model.Requests;

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

    public IReadOnlyList<string>? LabelFilter { get; init; }

    public IReadOnlyList<string>? AnnotationFilter { get; init; }

    public IReadOnlyList<string>? TemplateLabelFilter { get; init; }

    public IReadOnlyList<string>? TemplateAnnotationFilter { get; init; }

    public IReadOnlyList<string> MacAddresses { get; init; } = [];

    public string? SmbiosSerial { get; init; }

    public IReadOnlyList<string> Patches { get; init; } = [];

    public string? VolumeNamePolicy { get; init; }

    public string? GoldenImage { get; init; }

    public string? ImageVersion { get; init; }

    public CloneMethodChoice Method { get; init; }

    public bool NoSharedSnapshot { get; init; }

    public bool PurgeOnSuccess { get; init; }

    public string? TargetNamespace { get; init; }

    public bool CopySecrets { get; init; }

    public string? Hostname { get; init; }

    public IReadOnlyDictionary<string, string>? TargetLabels { get; init; }

    public IReadOnlyDictionary<string, string>? TargetAnnotations { get; init; }

    public string? RunStrategy { get; init; }

    public bool Start { get; init; }

    public bool GenerateMacAddresses { get; init; }

    public IReadOnlyList<string>? ExcludeLabels { get; init; }

    public IReadOnlyList<string>? ExcludeAnnotations { get; init; }

    public IReadOnlyList<string>? ExcludeTemplateLabels { get; init; }

    public IReadOnlyList<string>? ExcludeTemplateAnnotations { get; init; }

    public NetworkPreset NetworkPreset { get; init; }

    public CloneOmissions Without { get; init; }

    public string? CloudInitSecret { get; init; }

    public string? Batch { get; init; }

    public bool SkipExisting { get; init; }

    public int? ThrottleLimit { get; init; }

    public bool Wait { get; init; }

    public WaitTarget For { get; init; }

    public TimeSpan? Timeout { get; init; }

    public DryRunMode DryRun { get; init; }

    public OutputFormat? Output { get; init; }
}
