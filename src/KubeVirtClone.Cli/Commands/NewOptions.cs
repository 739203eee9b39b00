using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary>The options that say what to clone into what, and how: those of <c>new</c>, which <c>test</c> takes too.</summary>
internal sealed class NewOptions
{
    private readonly Argument<string[]> _names = SharedOptions.Names(
        "names",
        "SOURCE [TARGET...]: NAME, vm/NAME or vmsnapshot/NAME, then the names of the new VMs; '-' reads them from stdin, one a line, and '-' instead of SOURCE the sources. "
        + "Without TARGET a name is made up: clone-SOURCE-xxxxx. With --golden-image every argument is a target.");

    private readonly Option<string?> _goldenImage = new("--golden-image")
    {
        Description = "Clone this golden image, NAME (its newest ready version) or NAME:VERSION, instead of a VM.",
        HelpName = "NAME[:VERSION]",
    };

    private readonly Option<string?> _imageVersion = new("--image-version")
    {
        Description = "Version of --golden-image.",
        HelpName = "VERSION",
    };

    private readonly Option<CloneMethodChoice> _method = SharedOptions.Choice<CloneMethodChoice>(
        "--method",
        "How clones are made: clone (by KubeVirt's clone controller), restore (the same VMs, many times as fast), direct (the VMs and their claims are posted, which is the fastest), datavolume (CDI copies the disks of a stopped VM, for storage without snapshots), or auto: direct above 8 of one source and where the VMs are to start at once, if you may create VMs and claims, else restore; datavolume where a disk takes no snapshots.");

    private readonly Option<bool> _noSharedSnapshot = new("--no-shared-snapshot")
    {
        Description = "Let every clone take a snapshot of its own, for storage on which that is better.",
    };

    private readonly Option<bool> _purge = new("--purge-on-success")
    {
        Description = "Remove each clone object once its volumes are there (the VM stays); waits for that.",
    };

    private readonly Option<bool> _copySecrets = new("--copy-secrets")
    {
        Description = "For VMs in another namespace (--target-namespace) only: also copy the Secrets and ConfigMaps the source names, where there is none of that name. None is overwritten.",
    };

    private readonly Option<bool> _handOver = new("--hand-over")
    {
        Description = "For VMs in another namespace (--target-namespace) only: hand over the storage driver's snapshots by their handles, for who administers the cluster. CDI has no part in it.",
    };

    private readonly RequestOptions _wishes = new();

    private readonly Option<string?> _sourceName = new("--source-name")
    {
        Description = "The source, as virtctl spells it; then every argument is a target.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _sourceType = new("--source-type")
    {
        Description = "vm or snapshot.",
        HelpName = "TYPE",
    };

    private readonly Option<string?> _file = new("--filename", "-f")
    {
        Description = "CSV file with a row a clone, and the columns of New-VMClone (SourceName, GoldenImage, TargetName, Namespace, Hostname, Label, ...); '-' is stdin.",
        HelpName = "FILE",
    };

    private readonly Option<int?> _count = SharedOptions.WholeNumber("--count", "How many clones to make, named by --name-pattern.", 1, 100_000);

    private readonly Option<string?> _namePattern = new("--name-pattern")
    {
        Description = "Names for --count clones, for example 'web-{0:d3}'. Without it: SOURCE-{0}.",
        HelpName = "PATTERN",
    };

    private readonly Option<int?> _startIndex = SharedOptions.WholeNumber("--start-index", "First number for --name-pattern (1).", 0, 1_000_000);

    private readonly Option<string?> _batch = SharedOptions.Batch("Label that holds these clones together; generated when not given.");

    private readonly Option<bool> _skipExisting = new("--skip-existing")
    {
        Description = "Leave out targets that exist already, instead of failing them.",
    };

    private readonly Option<bool> _skipPreflight = new("--skip-preflight")
    {
        Description = "Do not look at sources, targets and limits first: each request is sent as it is, and the server alone decides.",
    };

    private readonly Option<int?> _throttle = SharedOptions.WholeNumber("--throttle-limit", "Clones under way at once, at most.", 1, 10_000);

    private readonly Option<bool> _wait = new("--wait")
    {
        Description = "Wait until each clone has reached --for, and print it then.",
    };

    private readonly Option<WaitState> _for = SharedOptions.For();

    private readonly Option<TimeSpan?> _timeout = SharedOptions.Timeout("Longest wait for one clone, as 90s or 5m. Without it: no limit.");

    private readonly Option<DryRunMode> _dryRun =
        SharedOptions.DryRun("client prints the manifests; server asks the server what it would refuse; nothing is made.");

    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public void AddTo(Command command)
    {
        command.Arguments.Add(_names);
        foreach (var option in All())
            command.Options.Add(option);
    }

    /// <summary>Leaves out of help what says only how clones are made and waited for; it is still taken, so that any line of <c>new</c> can be tested.</summary>
    public void HideExecution()
    {
        foreach (var option in new Option[] { _skipPreflight, _throttle, _wait, _for, _timeout, _dryRun })
            option.Hidden = true;
        _file.Description = "CSV file as 'new' takes it, or manifests of VirtualMachineClones (YAML or JSON), which are judged as they stand; '-' is stdin.";
    }

    private IEnumerable<Option> All() =>
    [
        _goldenImage, _imageVersion, _sourceName, _sourceType, _file, _count, _namePattern, _startIndex, .. _wishes.All, _copySecrets, _handOver, _method,
        _noSharedSnapshot, _purge, _batch, _skipExisting, _skipPreflight, _throttle, _wait, _for, _timeout, _dryRun,
        _output,
    ];

    /// <summary>What the command line asks for, before any of it is judged.</summary>
    public NewInvocation Bind(ParseResult parsed) => new()
    {
        Names = parsed.GetValue(_names) ?? [],
        SourceName = parsed.GetValue(_sourceName),
        SourceType = parsed.GetValue(_sourceType),
        File = parsed.GetValue(_file),
        Count = parsed.GetValue(_count),
        NamePattern = parsed.GetValue(_namePattern),
        StartIndex = parsed.GetValue(_startIndex),
        Wishes = _wishes.Bind(parsed),
        GoldenImage = parsed.GetValue(_goldenImage),
        ImageVersion = parsed.GetValue(_imageVersion),
        Method = parsed.GetValue(_method),
        NoSharedSnapshot = parsed.GetValue(_noSharedSnapshot),
        PurgeOnSuccess = parsed.GetValue(_purge),
        CopySecrets = parsed.GetValue(_copySecrets),
        HandOver = parsed.GetValue(_handOver),
        Batch = parsed.GetValue(_batch),
        SkipExisting = parsed.GetValue(_skipExisting),
        SkipPreflight = parsed.GetValue(_skipPreflight),
        ThrottleLimit = parsed.GetValue(_throttle),

        // Asking how long, or for what, to wait is asking to wait; so is what can be done only when a clone is there.
        Wait = parsed.GetValue(_wait) || parsed.GetValue(_purge) || parsed.GetResult(_for) is not null || parsed.GetResult(_timeout) is not null,
        For = parsed.GetValue(_for),
        Timeout = parsed.GetValue(_timeout),
        DryRun = parsed.GetValue(_dryRun),
        Output = parsed.GetResult(_output) is null ? null : parsed.GetValue(_output),
    };
}
