using System.Collections;
using KubeVirtClone.Input;

namespace KubeVirtClone;

/// <summary>
/// One clone as it was asked for. It is the target object of the error when a clone could not be made: piped into
/// New-VMClone it asks for the same clone again.
/// </summary>
public sealed partial class VMCloneRequest : KubeVirtObject
{
    /// <summary>Namespace of source and target.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>VirtualMachine or VirtualMachineSnapshot.</summary>
    public string SourceKind { get; set; } = "VirtualMachine";

    /// <summary>Name of the source.</summary>
    public string SourceName { get; set; } = "";

    /// <summary>Uid of the source, when it was an object: another of its name is then not cloned.</summary>
    public string? SourceUid { get; set; }

    // For a source that is meant by the clone it came of.
    internal MachineMaker? SourceMaker { get; set; }

    /// <summary>The batch it was sent in, and is taken up in again; null before it is sent, and where the target's name is made up.</summary>
    public string? Batch { get; set; }

    /// <summary>Name of the virtual machine to make; null lets one be made up.</summary>
    public string? TargetName { get; set; }

    /// <summary>Name of the clone object; null derives one from batch and target.</summary>
    public string? CloneName { get; set; }

    /// <summary>KubeVirt's label filters; null copies every label.</summary>
    public string[]? LabelFilter { get; set; }

    /// <summary>KubeVirt's annotation filters; null copies every annotation.</summary>
    public string[]? AnnotationFilter { get; set; }

    /// <summary>KubeVirt's filters for the template's labels; null copies all.</summary>
    public string[]? TemplateLabelFilter { get; set; }

    /// <summary>KubeVirt's filters for the template's annotations; null copies all.</summary>
    public string[]? TemplateAnnotationFilter { get; set; }

    /// <summary>MAC address by interface name; null keeps KubeVirt's default (new addresses).</summary>
    public Hashtable? MacAddress { get; set; }

    /// <summary>SMBIOS serial of the target; null lets KubeVirt choose.</summary>
    public string? SmbiosSerial { get; set; }

    /// <summary>JSON patch operations for the target, as JSON texts.</summary>
    public string[]? Patch { get; set; }

    /// <summary>How the target's volumes are named; null leaves it to KubeVirt.</summary>
    public VMVolumeNamePolicy? VolumeNamePolicy { get; set; }

    /// <summary><c>namespace/target</c>, or the source where no target is named.</summary>
    public override string ToString() =>
        $"{Namespace}/{(string.IsNullOrEmpty(TargetName) ? $"(clone of {SourceName})" : TargetName)}";

    internal CloneRequest ToEngine() => new()
    {
        Namespace = Namespace,
        SourceKind = SourceKind,
        SourceName = SourceName,
        SourceUid = string.IsNullOrEmpty(SourceUid) ? null : SourceUid,
        SourceMaker = SourceMaker,
        TargetName = TargetName,
        CloneName = string.IsNullOrEmpty(CloneName) ? null : CloneName,
        GoldenImage = string.IsNullOrEmpty(GoldenImage) ? null : GoldenImage,
        GoldenImageVersion = string.IsNullOrEmpty(ImageVersion) ? null : ImageVersion,
        Wishes = RequestRecord.WishesOf(this),
        Input = this,
    };

    internal static VMCloneRequest FromEngine(CloneRequest request)
    {
        var record = new VMCloneRequest
        {
            Namespace = request.Namespace,
            SourceKind = request.SourceKind,
            SourceName = request.SourceName,
            SourceUid = request.SourceUid,
            SourceMaker = request.SourceMaker,
            TargetName = request.TargetName,
            CloneName = request.CloneName,
            Batch = request.Batch,
            GoldenImage = request.GoldenImage,
            ImageVersion = request.GoldenImageVersion,
        };
        RequestRecord.Write(record, request.Wishes);
        return record;
    }
}
