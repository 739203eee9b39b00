using System.Collections;
using KubeVirtClone.Completion;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>
/// Base of the cmdlets that are told which clones to make. This half declares the parameters; the input is gathered until the
/// pipeline has ended, because planning and checking need the whole batch.
/// </summary>
public abstract partial class CloneRequestCmdlet : KubeVirtCmdlet, IDynamicParameters
{
    /// <summary>A virtual machine, a clone, a row of a table, a name, a number, or kubectl's JSON.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The virtual machine to clone.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Source", "VM", "VMName")]
    [ArgumentCompleter(typeof(VirtualMachineCompleter))]
    public string[]? SourceName { get; set; }

    /// <summary>Names of the new virtual machines; a script block names one for each object piped in.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Target", "Name")]
    public string[]? TargetName { get; set; }

    /// <summary>The snapshot to clone, instead of a virtual machine.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SnapshotCompleter))]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("n", "ns")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public override string? Namespace { get; set; }

    /// <summary>How many clones to make of each source.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? Count { get; set; }

    /// <summary>Pattern of the new names: 'web-{0:d3}'. {0} is the running number, {1} the source's name.</summary>
    [Parameter]
    public string? NamePattern { get; set; }

    /// <summary>First running number.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int StartIndex { get; set; } = 1;

    /// <summary>Which labels are copied, in KubeVirt's filter language.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? LabelFilter { get; set; }

    /// <summary>Which annotations are copied.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? AnnotationFilter { get; set; }

    /// <summary>Which labels of the template are copied.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? TemplateLabelFilter { get; set; }

    /// <summary>Which annotations of the template are copied.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? TemplateAnnotationFilter { get; set; }

    /// <summary>MAC address by interface name: @{ default = '02:00:00:00:00:01' }.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [MacAddressTransformation]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public IDictionary? MacAddress { get; set; }

    /// <summary>SMBIOS serial of the new machine.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Serial")]
    public string? SmbiosSerial { get; set; }

    /// <summary>JSON patch operations for the new machine, as JSON texts or as tables.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [PatchTransformation]
    public string[]? Patch { get; set; }

    /// <summary>How the new volumes are named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [EmptyIsAbsent]
    public VMVolumeNamePolicy? VolumeNamePolicy { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        BeginGathering();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Gather();
}
