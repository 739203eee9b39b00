using System.CommandLine;
using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;
using KubeVirtClone.Engine.Model.Requests;

namespace KubeVirtClone.Cli.Commands;

/// <summary>The options that say what to clone into what, and how: those of <c>new</c>, which <c>test</c> takes too.</summary>
internal sealed class NewOptions
{
    private readonly Argument<string[]> _names = SharedOptions.Names(
        "names",
        "SOURCE [TARGET...]: NAME, vm/NAME or vmsnapshot/NAME, then the names of the new VMs; '-' reads them from stdin, one a line. "
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
        "How clones are made: clone (by KubeVirt's clone controller), restore (the same VMs, many times as fast), direct (the VMs and their claims are posted, which is the fastest), or auto: direct above 8 of one source and where the VMs are to start at once, if you may create VMs and claims, else restore.");

    private readonly Option<bool> _noSharedSnapshot = new("--no-shared-snapshot")
    {
        Description = "Let every clone take a snapshot of its own, for storage on which that is better.",
    };

    private readonly Option<bool> _purge = new("--purge-on-success")
    {
        Description = "Remove each clone object once its volumes are there (the VM stays); waits for that.",
    };

    private readonly Option<string?> _targetNamespace = new("--target-namespace")
    {
        Description = "Make the new VMs in this namespace: the source's disks are transferred there first, once for all of them. -n is the source's.",
        HelpName = "NAMESPACE",
    };

    private readonly Option<bool> _copySecrets = new("--copy-secrets")
    {
        Description = "With --target-namespace: also copy the Secrets and ConfigMaps the source names, where there is none of that name. None is overwritten.",
    };

    private readonly Option<string?> _hostname = new("--hostname") { Description = "Host name of the new VM. In a pattern {0} is the running number, {1} the source's name, {2} the new VM's.", HelpName = "NAME" };

    private readonly Option<Dictionary<string, string>?> _label = SharedOptions.Pairs("--label", "Label to set on the new VM");

    private readonly Option<Dictionary<string, string>?> _annotation = SharedOptions.Pairs("--annotation", "Annotation to set on the new VM");

    private readonly Option<string?> _runStrategy = new("--run-strategy")
    {
        Description = "Always, Halted, Manual, RerunOnFailure or Once. Without it the new VM is stopped.",
        HelpName = "STRATEGY",
    };

    private readonly Option<bool> _start = new("--start") { Description = "Have the new VM started as soon as it is there." };

    private readonly Option<bool> _generateMacs = new("--generate-mac-addresses")
    {
        Description = "Give interfaces without --new-mac-address an address that no other VM of the cluster has.",
    };

    private readonly Option<string[]> _excludeLabel = SharedOptions.Repeatable("--exclude-label", "Labels to leave out, by wildcards", "PATTERN");

    private readonly Option<string[]> _excludeAnnotation = SharedOptions.Repeatable("--exclude-annotation", "Annotations to leave out, by wildcards", "PATTERN");

    private readonly Option<string[]> _excludeTemplateLabel =
        SharedOptions.Repeatable("--exclude-template-label", "Labels of the VM's template to leave out, by wildcards", "PATTERN");

    private readonly Option<string[]> _excludeTemplateAnnotation =
        SharedOptions.Repeatable("--exclude-template-annotation", "Annotations of the VM's template to leave out, by wildcards", "PATTERN");

    private readonly Option<NetworkPreset> _networkPreset = SharedOptions.Choice<NetworkPreset>(
        "--network-preset",
        "Leave out what this network puts on a VM and no two may share: kubeovn or ovnkubernetes.");

    private readonly Option<CloneOmissions> _without = SharedOptions.Flags<CloneOmissions>(
        "--without",
        "What of the source to go without: labels, annotations, disks, network; separated by commas, or repeated.");

    private readonly Option<string?> _cloudInitSecret = new("--cloud-init-secret")
    {
        Description = "Secret whose userdata takes the place of the source's cloud-init user data; a pattern as for --hostname.",
        HelpName = "NAME",
    };

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

    private readonly Option<string[]> _labelFilter = SharedOptions.Repeatable("--label-filter", "Which labels to copy", "FILTER");

    private readonly Option<string[]> _annotationFilter = SharedOptions.Repeatable("--annotation-filter", "Which annotations to copy", "FILTER");

    private readonly Option<string[]> _templateLabelFilter =
        SharedOptions.Repeatable("--template-label-filter", "Which labels of the VM's template to copy", "FILTER");

    private readonly Option<string[]> _templateAnnotationFilter =
        SharedOptions.Repeatable("--template-annotation-filter", "Which annotations of the VM's template to copy", "FILTER");

    private readonly Option<string[]> _mac =
        SharedOptions.Repeatable("--new-mac-address", "MAC address for an interface, in any notation", "INTERFACE:MAC");

    private readonly Option<string?> _serial = new("--new-smbios-serial")
    {
        Description = "SMBIOS serial of the new VM.",
        HelpName = "SERIAL",
    };

    private readonly Option<string[]> _patch =
        SharedOptions.Repeatable("--patch", "JSON patch operation for the new VM, applied last", "JSON");

    private readonly Option<string?> _volumeNamePolicy = new("--volume-name-policy")
    {
        Description = "RandomizeNames or PrefixTargetName.",
        HelpName = "POLICY",
    };

    private readonly Option<string?> _batch = SharedOptions.Batch("Label that holds these clones together; generated when not given.");

    private readonly Option<bool> _skipExisting = new("--skip-existing")
    {
        Description = "Leave out targets that exist already, instead of failing them.",
    };

    private readonly Option<int?> _throttle = SharedOptions.WholeNumber("--throttle-limit", "Clones under way at once, at most.", 1, 10_000);

    private readonly Option<bool> _wait = new("--wait")
    {
        Description = "Wait until each clone has reached --for, and print it then.",
    };

    private readonly Option<WaitTarget> _for = SharedOptions.For();

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
        foreach (var option in new Option[] { _throttle, _wait, _for, _timeout, _dryRun })
            option.Hidden = true;
        _file.Description = "CSV file as 'new' takes it, or manifests of VirtualMachineClones (YAML or JSON), which are judged as they stand; '-' is stdin.";
    }

    private IEnumerable<Option> All() =>
    [
        _goldenImage, _imageVersion, _sourceName, _sourceType, _file, _count, _namePattern, _startIndex, _labelFilter, _annotationFilter, _templateLabelFilter,
        _templateAnnotationFilter, _excludeLabel, _excludeAnnotation, _excludeTemplateLabel, _excludeTemplateAnnotation, _networkPreset, _without,
        _targetNamespace, _copySecrets, _hostname, _label, _annotation, _runStrategy, _start, _mac, _generateMacs, _serial, _cloudInitSecret, _patch, _volumeNamePolicy, _method,
        _noSharedSnapshot, _purge, _batch, _skipExisting, _throttle, _wait, _for, _timeout, _dryRun,
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
        LabelFilter = Given(parsed, _labelFilter),
        AnnotationFilter = Given(parsed, _annotationFilter),
        TemplateLabelFilter = Given(parsed, _templateLabelFilter),
        TemplateAnnotationFilter = Given(parsed, _templateAnnotationFilter),
        MacAddresses = parsed.GetValue(_mac) ?? [],
        SmbiosSerial = parsed.GetValue(_serial),
        Patches = parsed.GetValue(_patch) ?? [],
        VolumeNamePolicy = parsed.GetValue(_volumeNamePolicy),
        GoldenImage = parsed.GetValue(_goldenImage),
        ImageVersion = parsed.GetValue(_imageVersion),
        Method = parsed.GetValue(_method),
        NoSharedSnapshot = parsed.GetValue(_noSharedSnapshot),
        PurgeOnSuccess = parsed.GetValue(_purge),
        TargetNamespace = parsed.GetValue(_targetNamespace),
        CopySecrets = parsed.GetValue(_copySecrets),
        Hostname = parsed.GetValue(_hostname),
        TargetLabels = parsed.GetValue(_label),
        TargetAnnotations = parsed.GetValue(_annotation),
        RunStrategy = parsed.GetValue(_runStrategy),
        Start = parsed.GetValue(_start),
        GenerateMacAddresses = parsed.GetValue(_generateMacs),
        ExcludeLabels = Given(parsed, _excludeLabel),
        ExcludeAnnotations = Given(parsed, _excludeAnnotation),
        ExcludeTemplateLabels = Given(parsed, _excludeTemplateLabel),
        ExcludeTemplateAnnotations = Given(parsed, _excludeTemplateAnnotation),
        NetworkPreset = parsed.GetValue(_networkPreset),
        Without = parsed.GetValue(_without),
        CloudInitSecret = parsed.GetValue(_cloudInitSecret),
        Batch = parsed.GetValue(_batch),
        SkipExisting = parsed.GetValue(_skipExisting),
        ThrottleLimit = parsed.GetValue(_throttle),

        // Asking how long, or for what, to wait is asking to wait; so is what can be done only when a clone is there.
        Wait = parsed.GetValue(_wait) || parsed.GetValue(_purge) || parsed.GetResult(_for) is not null || parsed.GetResult(_timeout) is not null,
        For = parsed.GetValue(_for),
        Timeout = parsed.GetValue(_timeout),
        DryRun = parsed.GetValue(_dryRun),
        Output = parsed.GetResult(_output) is null ? null : parsed.GetValue(_output),
    };

    private static string[]? Given(ParseResult parsed, Option<string[]> option) =>
        parsed.GetResult(option) is null ? null : parsed.GetValue(option);
}
