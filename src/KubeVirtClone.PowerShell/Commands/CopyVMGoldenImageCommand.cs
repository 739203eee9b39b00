using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Images;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>
/// Publishes a golden image in other namespaces: its disks are transferred once for each, and machines are then made there at full speed. A
/// namespace that has the copy already keeps it.
/// </summary>
[Cmdlet(VerbsCommon.Copy, "VMGoldenImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, HelpUri = HelpPages.Root + "Copy-VMGoldenImage.md")]
[OutputType(typeof(VMGoldenImage))]
public sealed class CopyVMGoldenImageCommand : KubeVirtCmdlet
{
    /// <summary>Names of images of the namespace.</summary>
    [Parameter(Position = 0)]
    [Alias("GoldenImage")]
    [ArgumentCompleter(typeof(GoldenImageCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Namespaces the image is to be in.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Alias("TargetNamespace")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string[] Destination { get; set; } = [];

    /// <summary>Version; the newest that is ready when not given.</summary>
    [Parameter]
    [Alias("ImageVersion")]
    [ArgumentCompleter(typeof(ImageVersionCompleter))]
    public string? Version { get; set; }

    /// <summary>What New-VMGoldenImage or Get-VMGoldenImage writes, or names of images.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Storage class for the copy's disks; each keeps its own when not given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(StorageClassCompleter))]
    public string? StorageClass { get; set; }

    /// <summary>Also copy the Secrets and ConfigMaps that the image's machine names, where the namespace has none of that name.</summary>
    [Parameter]
    public SwitchParameter CopySecrets { get; set; }

    /// <summary>Hand over the storage driver's snapshots by their handles instead of having CDI bring the disks; for who administers the cluster.</summary>
    [Parameter]
    public SwitchParameter HandOver { get; set; }

    /// <summary>Longest wait for each step: seconds, '5m', or a TimeSpan. Without it the wait lasts as long as there is progress.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        RequireChoice(
            Name.Length > 0,
            "VMGoldenImageSelectionMissing",
            "Nothing says which golden image is meant.",
            "Give its name, or pipe it in: Get-VMGoldenImage ubuntu-24.04 | Copy-VMGoldenImage -Destination team-b");
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => TakeIn(InputObject, () =>
    {
        if (InputObject is null)
        {
            foreach (var name in Name) Copy(new ImageReference(null, name, null), name);
            return;
        }

        if (Name.Length > 0)
        {
            throw new InputException(
                FaultIds.VMCloneSourceGivenTwice, ErrorCategory.InvalidArgument, "The image comes through the pipeline and is named on the command line too.", "Leave out -Name.");
        }

        var image = ImageReference.Read(InputObject);
        image = image with { Namespace = NamespaceOf(image.Namespace, image.Name) };
        AtEachPlace([new Piped<ImageReference>(image, InputObject.BaseObject, PipedIdentity.ClusterOf(InputObject))], own: false, _ => Copy(image, InputObject.BaseObject));
    });

    private void Copy(ImageReference image, object input)
    {
        var approved = new List<string>();
        var rehearsed = new List<string>();
        foreach (var destination in Destination.Distinct(StringComparer.Ordinal))
        {
            var what = $"Copy the golden image '{image.Name}' into the namespace '{destination}'{AtCluster}";
            if (ShouldProcess(what, $"{what}?", "Copy-VMGoldenImage", out var reason))
            {
                approved.Add(destination);
            }
            else if (reason == ShouldProcessReason.WhatIf)
            {
                rehearsed.Add(destination);
            }
        }

        if (rehearsed.Count > 0) Carry(image, rehearsed, input, dryRun: true);
        if (approved.Count > 0) Carry(image, approved, input, dryRun: false);
    }

    private void Carry(ImageReference image, List<string> destinations, object input, bool dryRun)
    {
        RunItems<GoldenImageRecord>(
            $"Copying the golden image {image.Name}",
            destinations.Count,
            (cluster, emit, note, ct) => ForwardAsync(
                new GoldenImageCopier(cluster).CopyAsync(Request(cluster, image, destinations, input, dryRun), progress => note(progress.ToString()), ct),
                // What could be copied is not there: a rehearsal speaks of what stands in the way only.
                update =>
                {
                    if (!dryRun || update.Kind != ItemUpdateKind.Record) emit(update);
                }),
            static record => new VMGoldenImage(record),
            WriteObject);
    }

    private GoldenImageCopyRequest Request(KubeVirtCluster cluster, ImageReference image, List<string> destinations, object input, bool dryRun) => new()
    {
        Namespace = string.IsNullOrEmpty(image.Namespace) ? NamespaceOrDefault(cluster) : image.Namespace,
        Name = image.Name,
        Uid = image.Uid,
        Version = image.Version ?? (string.IsNullOrEmpty(Version) ? null : Version),
        Destinations = destinations,
        StorageClass = string.IsNullOrEmpty(StorageClass) ? null : StorageClass,
        CopySecrets = CopySecrets,
        HandOver = HandOver,
        DryRun = dryRun,
        Timeout = Timeout,
        Input = input,
    };
}
