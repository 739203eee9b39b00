using System.Management.Automation;
using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Images;
using KubeVirtClone.Errors;
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
    public string? Version { get; set; }

    /// <summary>An image to read again, or the name of one.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<string> names = Name;
        string? @namespace = null;
        var version = string.IsNullOrEmpty(Version) ? null : Version;
        if (InputObject is not null)
        {
            try
            {
                var image = ImageReference.Read(InputObject);
                names = [image.Name];
                @namespace = image.Namespace;
                version = image.Version ?? version;
            }
            catch (InputException e)
            {
                WriteError(e.ToErrorRecord(InputObject));
                return;
            }
        }

        var query = QueryFor(names, @namespace);
        RunWithCluster((cluster, ct) => WriteFoundAsync(
            new GoldenImages(cluster).ListAsync(query(NamespaceOrDefault(cluster)), version, withUses: true, ct),
            static record => new VMGoldenImage(record)));
    }
}
