using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Lists golden images: every version, which machines were made of it, and which still need it.</summary>
[Cmdlet(VerbsCommon.Get, "VMGoldenImage", HelpUri = HelpPages.Root + "Get-VMGoldenImage.md")]
[OutputType(typeof(VMGoldenImage))]
public sealed class GetVMGoldenImageCommand : KubeVirtGetCmdlet
{
    /// <summary>Names of images, exact or with wildcards; all when not given.</summary>
    [Parameter(Position = 0)]
    [Alias("GoldenImage")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(GoldenImageCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Only this version; all when not given.</summary>
    [Parameter]
    [Alias("ImageVersion")]
    [ArgumentCompleter(typeof(ImageVersionCompleter))]
    public string? Version { get; set; }

    /// <summary>An image to read again, or the name of one.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    private protected override Chosen Given => new(Name, Of: GivenVersion);

    private protected override PSObject? Piped => InputObject;

    private string? GivenVersion => string.IsNullOrEmpty(Version) ? null : Version;

    private protected override Chosen Read(PSObject input)
    {
        var image = ImageReference.Read(input);
        return new([image.Name], image.Namespace, image.Version ?? GivenVersion, image.Uid is null ? null : new PipedIdentity(image.Uid, Maker: null, Cluster: null));
    }

    private protected override Task WriteFoundAsync(KubeVirtCluster cluster, ListQuery query, string? of, CancellationToken ct) =>
        WriteFoundAsync(new GoldenImageCatalog(cluster).ListAsync(query, of, withUses: true, ct), static record => new VMGoldenImage(record), record => ReplacedFaults.OfImage(record, Meant?.Uid));
}
