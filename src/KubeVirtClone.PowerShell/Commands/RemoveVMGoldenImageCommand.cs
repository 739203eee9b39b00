using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Removes golden images, but not one that a machine still needs; prunes old versions with -KeepVersion.</summary>
[Cmdlet(VerbsCommon.Remove, "VMGoldenImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, HelpUri = HelpPages.Root + "Remove-VMGoldenImage.md")]
public sealed class RemoveVMGoldenImageCommand : KubeVirtCmdlet
{
    private readonly List<Piped<ImageReference>> _chosen = [];

    /// <summary>Names of images, exact or with wildcards. Without -Version or -KeepVersion every version goes.</summary>
    [Parameter(Position = 0)]
    [Alias("GoldenImage")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(GoldenImageCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Only this version.</summary>
    [Parameter]
    [Alias("ImageVersion")]
    [ArgumentCompleter(typeof(ImageVersionCompleter))]
    public string? Version { get; set; }

    /// <summary>What New-VMGoldenImage or Get-VMGoldenImage writes, or names of images.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Keep this many of the newest versions that are ready; older ones go.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? KeepVersion { get; set; }

    /// <summary>Remove it although a volume waits to be filled from it; that volume can then never be filled.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Also remove the copies in other namespaces, and copies of those. Without it they stay, and a warning names them.</summary>
    [Parameter]
    public SwitchParameter IncludeCopies { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (KeepVersion is not null && !string.IsNullOrEmpty(Version))
        {
            Refuse("VMGoldenImageSelectionConflict", "-Version names one version, and -KeepVersion chooses by age.", "Use either of them.");
        }

        RequireChoice(
            Name.Length > 0, "VMGoldenImageSelectionMissing", "Nothing says which golden images are meant.", "Give -Name, or pipe images in: Get-VMGoldenImage old-* | Remove-VMGoldenImage");

        _chosen.AddRange(Name.Select(name => new Piped<ImageReference>(new ImageReference(null, name, string.IsNullOrEmpty(Version) ? null : Version), name, Cluster: null)));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        TakeIn(InputObject, () =>
        {
            var image = ImageReference.Read(InputObject);
            // To prune is to choose among the versions of an image, whichever of them was piped in.
            image = image with { Namespace = NamespaceOf(image.Namespace, image.Name) };
            image = KeepVersion is null ? image with { Version = image.Version ?? (string.IsNullOrEmpty(Version) ? null : Version) } : image with { Version = null, Uid = null };
            _chosen.Add(new(image, InputObject.BaseObject, PipedIdentity.ClusterOf(InputObject)));
        });
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => AtEachPlace(_chosen, own: false, Remove);

    private void Remove(IReadOnlyList<Piped<ImageReference>> chosen)
    {
        var removal = new ImageRemoval([], []);
        RunWithCluster(async (cluster, ct) => removal = await new GoldenImageCatalog(cluster).PlanRemovalAsync(await FindAsync(cluster, chosen, ct), IncludeCopies, ct));
        foreach (var warning in removal.Warnings) WriteWarning(warning.ToString());

        // Asked on the pipeline thread, all before the first is gone.
        var approved = removal.Images.Where(i => ShouldProcess($"{i.Namespace}/{i} (snapshot {i.SnapshotName}){AtCluster}", "Remove the golden image")).ToList();
        RemoveSnapshots(
            approved,
            (cluster, image, ct) => new GoldenImageCatalog(cluster).RemoveAsync(image, Force, ct),
            static image => (image.Namespace, image.SnapshotName, image.Uid),
            static image => new VMGoldenImage(image));
    }

    private async Task<List<GoldenImageRecord>> FindAsync(KubeVirtCluster cluster, IReadOnlyList<Piped<ImageReference>> chosen, CancellationToken ct)
    {
        var catalog = new GoldenImageCatalog(cluster);
        var found = new List<GoldenImageRecord>();
        foreach (var (choice, input, _) in chosen.DistinctBy(c => c.Item))
        {
            var @namespace = string.IsNullOrEmpty(choice.Namespace) ? NamespaceOrDefault(cluster) : choice.Namespace;
            var versions = new List<GoldenImageRecord>();
            await foreach (var item in catalog.ListAsync(new ListQuery { Names = [choice.Name], Namespace = @namespace }, choice.Version, withUses: false, ct))
            {
                if ((item.Fault ?? ReplacedFaults.OfImage(item.Value!, choice.Uid)) is { } fault)
                {
                    Post(() => WriteError(ErrorRecords.From(fault, input is string ? null : input)));
                }
                else
                {
                    versions.Add(item.Value!);
                }
            }

            if (KeepVersion is not { } keep)
            {
                found.AddRange(versions);
                continue;
            }

            foreach (var name in versions.Select(v => v.Name).Distinct(StringComparer.Ordinal)) found.AddRange(await catalog.ListSurplusAsync(@namespace, name, keep, ct));
        }

        return [.. found.DistinctBy(i => i.Uid)];
    }
}
