using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Images;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>
/// Makes a golden image of a virtual machine: stops it if asked, snapshots it, checks that every disk is in it, and only then
/// removes the machine if asked. What fails on the way leaves the machine as it was.
/// </summary>
[Cmdlet(VerbsCommon.New, "VMGoldenImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, HelpUri = HelpPages.Root + "New-VMGoldenImage.md")]
[OutputType(typeof(VMGoldenImage))]
public sealed class NewVMGoldenImageCommand : KubeVirtCmdlet
{
    /// <summary>The virtual machine to make the image of, or a clone, which stands for the machine it made.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Name of the virtual machine to make the image of.</summary>
    [Parameter]
    [Alias("Source", "VM", "VMName")]
    [ArgumentCompleter(typeof(VirtualMachineCompleter))]
    public string? SourceName { get; set; }

    /// <summary>Name of the image, such as ubuntu-24.04.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("GoldenImage")]
    [ArgumentCompleter(typeof(GoldenImageCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Version; without it the next number: 1, 2, 3 …</summary>
    [Parameter]
    [Alias("ImageVersion")]
    [ArgumentCompleter(typeof(ImageVersionCompleter))]
    public string? Version { get; set; }

    /// <summary>Description, free text.</summary>
    [Parameter]
    public string? Description { get; set; }

    /// <summary>Stop the machine first, for a clean image, and start it again afterwards when it ran.</summary>
    [Parameter]
    public SwitchParameter StopSource { get; set; }

    /// <summary>Leave a machine stopped that -StopSource has stopped.</summary>
    [Parameter]
    public SwitchParameter KeepStopped { get; set; }

    /// <summary>Remove the machine when the image is made and every disk is in it.</summary>
    [Parameter]
    public SwitchParameter RemoveSource { get; set; }

    /// <summary>Time the guest gets to shut down.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? GracePeriod { get; set; }

    /// <summary>Longest time the snapshot may take before it fails; 30 minutes when not given.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? FailureDeadline { get; set; }

    /// <summary>Longest wait for each step: seconds, '5m', or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Go on in the background, as a job: Get-Job, Wait-Job and Receive-Job know it. What is to be confirmed is asked first.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        RequireChoice(
            !string.IsNullOrEmpty(SourceName),
            "VMSelectionMissing",
            "Nothing says which virtual machine the image is to be made of.",
            "Give -SourceName, or pipe the machine in: Get-VM build01 | New-VMGoldenImage -Name ubuntu-24.04");
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => TakeIn(InputObject, () =>
    {
        if (InputObject is null)
        {
            if (!string.IsNullOrEmpty(SourceName)) Make(SourceName, @namespace: null, SourceName, new PipedIdentity(null, null, null));
            return;
        }

        if (!string.IsNullOrEmpty(SourceName))
        {
            throw new InputException(
                FaultIds.VMCloneSourceGivenTwice, ErrorCategory.InvalidArgument, "The machine comes through the pipeline and is named on the command line too.", "Leave out -SourceName.");
        }

        var (@namespace, name) = PipedObject.Recognize(InputObject).Machine("Pipe in a virtual machine, its name, or a clone.");
        var identity = PipedIdentity.OfSource(InputObject);
        AtEachPlace(
            [new Piped<string>(name, InputObject.BaseObject, identity.Cluster)], own: false, _ => Make(name, NamespaceOf(@namespace, name), InputObject.BaseObject, identity));
    });

    private void Make(string source, string? @namespace, object input, PipedIdentity identity)
    {
        var what = $"Make the golden image '{Name}' of the virtual machine '{source}'{AtCluster}{(StopSource ? ", stopping it" : "")}{(RemoveSource ? ", and remove it" : "")}";
        if (!ShouldProcess(what, $"{what}?", "New-VMGoldenImage")) return;
        if (AsJob)
        {
            StartJob(InputObject is null ? [] : new[] { InputObject });
            return;
        }

        RunItems<GoldenImageRecord>(
            $"Making the golden image {Name}",
            1,
            (cluster, emit, ct) => MakeAsync(cluster, string.IsNullOrEmpty(@namespace) ? NamespaceOrDefault(cluster) : @namespace, source, input, identity, emit, ct),
            static record => new VMGoldenImage(record),
            WriteObject);
    }

    private async Task MakeAsync(
        KubeVirtCluster cluster, string @namespace, string source, object input, PipedIdentity identity, Action<ItemUpdate<GoldenImageRecord>> emit, CancellationToken ct)
    {
        var request = new GoldenImageRequest
        {
            Namespace = @namespace,
            SourceName = source,
            SourceUid = identity.Uid,
            SourceMaker = identity.Maker,
            Name = Name,
            Version = string.IsNullOrEmpty(Version) ? null : Version,
            Description = string.IsNullOrEmpty(Description) ? null : Description,
            StopSource = StopSource,
            KeepStopped = KeepStopped,
            RemoveSource = RemoveSource,
            GracePeriod = GracePeriod,
            FailureDeadline = FailureDeadline,
            Timeout = Timeout,
            Input = input,
        };
        var machines = RemoveSource ? await FindAsync(cluster, @namespace, source, ct) : [];
        ItemUpdate<GoldenImageRecord>? done = null;
        await ForwardAsync(
            new GoldenImageMaker(cluster).CreateAsync(request, ct),
            update =>
            {
                if (update.Kind == ItemUpdateKind.Record)
                {
                    done = update;
                }
                else
                {
                    emit(update);
                }
            });
        if (done is null) return;
        await AwaitRemovalAsync(cluster, machines, ct);
        emit(done);
    }

    /// <summary>The machine that is to go; none when there is none, which the engine has its own word on.</summary>
    private static async Task<List<RemovedObject>> FindAsync(KubeVirtCluster cluster, string @namespace, string name, CancellationToken ct)
    {
        var machines = new List<RemovedObject>();
        await foreach (var found in new VirtualMachines(cluster).ListAsync(new ListQuery { Names = [name], Namespace = @namespace }, ct))
        {
            if (found.Value is { } vm) machines.Add(new RemovedObject(KubeVirtKinds.VirtualMachine, vm.Namespace, vm.Name, vm.Uid));
        }

        return machines;
    }
}
