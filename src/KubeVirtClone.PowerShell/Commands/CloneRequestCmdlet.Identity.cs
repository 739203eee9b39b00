using System.Collections;
using KubeVirtClone.Completion;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>The parameters that say what the new machines are to be.</summary>
public abstract partial class CloneRequestCmdlet
{
    /// <summary>The golden image to clone, instead of a virtual machine: its newest version that is ready.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(GoldenImageCompleter))]
    public string? GoldenImage { get; set; }

    /// <summary>This version of the golden image.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ImageVersionCompleter))]
    public string? ImageVersion { get; set; }

    /// <summary>Namespace to make the new machines in, where that is not the source's: its disks are transferred there first, once for all of them.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? TargetNamespace { get; set; }

    /// <summary>Namespace of the source, where that is not the one to make the new machines in, which is -TargetNamespace or -Namespace then.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? SourceNamespace { get; set; }

    /// <summary>Host name of the new machine.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Hostname { get; set; }

    /// <summary>Labels to set on the new machine: @{ tier = 'web' }.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [TextTableTransformation]
    public IDictionary? Label { get; set; }

    /// <summary>Annotations to set on the new machine.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [TextTableTransformation]
    public IDictionary? Annotation { get; set; }

    /// <summary>Run strategy of the new machine; without it the machine is made stopped.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [EmptyIsAbsent]
    public VMRunStrategy? RunStrategy { get; set; }

    /// <summary>Have each machine started as soon as it is there.</summary>
    [Parameter]
    public SwitchParameter Start { get; set; }

    /// <summary>Generate: give every interface without an address in -MacAddress a locally administered one, unique in the cluster.</summary>
    [Parameter]
    public VMMacAddressPolicy? NewMacAddress { get; set; }

    /// <summary>Labels to leave out; wildcards match whole keys: 'backup/*'.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MetadataKeyCompleter))]
    public string[]? ExcludeLabel { get; set; }

    /// <summary>Annotations to leave out, with wildcards.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MetadataKeyCompleter))]
    public string[]? ExcludeAnnotation { get; set; }

    /// <summary>Labels of the template to leave out, with wildcards.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? ExcludeTemplateLabel { get; set; }

    /// <summary>Annotations of the template to leave out, with wildcards.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? ExcludeTemplateAnnotation { get; set; }

    /// <summary>Leave out what this network puts on a machine and no two machines may share.</summary>
    [Parameter]
    public VMNetworkPreset? NetworkPreset { get; set; }

    /// <summary>Go without these of the source: Labels, Annotations, Disks, Network.</summary>
    [Parameter]
    public VMCloneOmission[]? Without { get; set; }

    /// <summary>Secret whose user data replaces the source's cloud-init user data.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SecretCompleter))]
    public string? CloudInitSecret { get; set; }

    /// <summary>Secret whose network data replaces the source's cloud-init network configuration.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SecretCompleter))]
    public string? NetworkDataSecret { get; set; }

    /// <summary>Leave out what makes the new machine part of what Argo CD, Flux, Helm, Fleet or Harvester manage, and addresses that are the source's own.</summary>
    [Parameter]
    public SwitchParameter CleanOwnership { get; set; }

    /// <summary>Number of virtual CPUs of the new machine.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("NumCpu")]
    public string? Cpu { get; set; }

    /// <summary>Memory of the new machine's guest: 8Gi, or 8GB, which PowerShell reads as as many bytes.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SizeTransformation]
    public string? Memory { get; set; }

    /// <summary>Instance type of the new machine, by name or as Kind/name.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(InstancetypeCompleter))]
    public string? Instancetype { get; set; }

    /// <summary>Preference of the new machine, by name or as Kind/name.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PreferenceCompleter))]
    public string? Preference { get; set; }

    /// <summary>Size of the new machine's disks: '40Gi' for all, @{ root = '40Gi' } for one.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DiskTableTransformation(IsSize = true)]
    public IDictionary? DiskSize { get; set; }

    /// <summary>Storage class of the new machine's disks, one for all or by disk; of the driver that has the source's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DiskTableTransformation]
    [ArgumentCompleter(typeof(StorageClassCompleter))]
    public IDictionary? StorageClass { get; set; }

    /// <summary>Access mode of the new machine's disks, one for all or by disk.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DiskTableTransformation]
    [ArgumentCompleter(typeof(AccessModeCompleter))]
    public IDictionary? AccessMode { get; set; }

    /// <summary>Volume mode of the new machine's disks, one for all or by disk.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DiskTableTransformation]
    [ArgumentCompleter(typeof(VolumeModeCompleter))]
    public IDictionary? VolumeMode { get; set; }

    /// <summary>What becomes of the new machine's disks when it is removed: Vm, they go with it; None, they stay.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [EmptyIsAbsent]
    public VMVolumeOwnershipPolicy? VolumeOwnershipPolicy { get; set; }
}
