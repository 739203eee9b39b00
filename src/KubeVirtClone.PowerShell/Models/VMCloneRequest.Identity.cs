using System.Collections;

namespace KubeVirtClone;

// What the new machine is to be, as opposed to what of the source is copied.
public sealed partial class VMCloneRequest
{
    /// <summary>Golden image to clone, instead of a source.</summary>
    public string? GoldenImage { get; set; }

    /// <summary>Version of the golden image; null is the newest that is ready.</summary>
    public string? ImageVersion { get; set; }

    /// <summary>Namespace to make the new machine in; null or empty is the source's.</summary>
    public string? TargetNamespace { get; set; }

    /// <summary>Host name of the new machine; null keeps the source's.</summary>
    public string? Hostname { get; set; }

    /// <summary>Labels to set on the new machine.</summary>
    public Hashtable? Label { get; set; }

    /// <summary>Annotations to set on the new machine.</summary>
    public Hashtable? Annotation { get; set; }

    /// <summary>Run strategy of the new machine; null makes it stopped, as KubeVirt does.</summary>
    public VMRunStrategy? RunStrategy { get; set; }

    /// <summary>Have the machine started as soon as it is there.</summary>
    public bool Start { get; set; }

    /// <summary>Where addresses come from that are not given; null leaves it to KubeVirt.</summary>
    public VMMacAddressPolicy? NewMacAddress { get; set; }

    /// <summary>Labels to leave out, with wildcards.</summary>
    public string[]? ExcludeLabel { get; set; }

    /// <summary>Annotations to leave out, with wildcards.</summary>
    public string[]? ExcludeAnnotation { get; set; }

    /// <summary>Labels of the template to leave out, with wildcards.</summary>
    public string[]? ExcludeTemplateLabel { get; set; }

    /// <summary>Annotations of the template to leave out, with wildcards.</summary>
    public string[]? ExcludeTemplateAnnotation { get; set; }

    /// <summary>Network whose marks are left out; null copies everything.</summary>
    public VMNetworkPreset? NetworkPreset { get; set; }

    /// <summary>What of the source the clone goes without; null is nothing.</summary>
    public VMCloneOmission? Without { get; set; }

    /// <summary>Secret whose user data replaces the source's cloud-init user data.</summary>
    public string? CloudInitSecret { get; set; }

    /// <summary>Secret whose network data replaces the source's cloud-init network configuration.</summary>
    public string? NetworkDataSecret { get; set; }

    /// <summary>Leave out what makes the machine part of what deployment tools manage, and addresses that are the source's own.</summary>
    public bool CleanOwnership { get; set; }

    /// <summary>Number of virtual CPUs; null keeps the source's.</summary>
    public string? Cpu { get; set; }

    /// <summary>Memory of the guest, as 8Gi; null keeps the source's.</summary>
    public string? Memory { get; set; }

    /// <summary>Instance type, by name or as Kind/name; null keeps the source's.</summary>
    public string? Instancetype { get; set; }

    /// <summary>Preference, by name or as Kind/name; null keeps the source's.</summary>
    public string? Preference { get; set; }

    /// <summary>Size by disk; '*' is every disk. Null keeps the source's.</summary>
    public Hashtable? DiskSize { get; set; }

    /// <summary>Storage class by disk; '*' is every disk.</summary>
    public Hashtable? StorageClass { get; set; }

    /// <summary>Access mode by disk; '*' is every disk.</summary>
    public Hashtable? AccessMode { get; set; }

    /// <summary>Volume mode by disk; '*' is every disk.</summary>
    public Hashtable? VolumeMode { get; set; }

    /// <summary>Whether its disks go with it when it is removed; null is what the method does by itself.</summary>
    public VMVolumeOwnershipPolicy? VolumeOwnershipPolicy { get; set; }
}
