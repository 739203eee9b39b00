using System.Collections;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Input;

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

    /// <summary>Takes over what the other request says; what it leaves open stays.</summary>
    internal VMCloneRequest WithIdentityOf(VMCloneRequest overrides)
    {
        GoldenImage = overrides.GoldenImage ?? GoldenImage;
        ImageVersion = overrides.ImageVersion ?? ImageVersion;
        TargetNamespace = overrides.TargetNamespace ?? TargetNamespace;
        Hostname = overrides.Hostname ?? Hostname;
        Label = overrides.Label ?? Label;
        Annotation = overrides.Annotation ?? Annotation;
        RunStrategy = overrides.RunStrategy ?? RunStrategy;
        NewMacAddress = overrides.NewMacAddress ?? NewMacAddress;
        ExcludeLabel = overrides.ExcludeLabel ?? ExcludeLabel;
        ExcludeAnnotation = overrides.ExcludeAnnotation ?? ExcludeAnnotation;
        ExcludeTemplateLabel = overrides.ExcludeTemplateLabel ?? ExcludeTemplateLabel;
        ExcludeTemplateAnnotation = overrides.ExcludeTemplateAnnotation ?? ExcludeTemplateAnnotation;
        NetworkPreset = overrides.NetworkPreset ?? NetworkPreset;
        Without = overrides.Without ?? Without;
        CloudInitSecret = overrides.CloudInitSecret ?? CloudInitSecret;
        Start |= overrides.Start;
        return this;
    }

    private CloneRequest WithIdentity(CloneRequest request) => request with
    {
        GoldenImage = string.IsNullOrEmpty(GoldenImage) ? null : GoldenImage,
        GoldenImageVersion = string.IsNullOrEmpty(ImageVersion) ? null : ImageVersion,
        TargetNamespace = string.IsNullOrEmpty(TargetNamespace) ? null : TargetNamespace,
        Hostname = Hostname,
        TargetLabels = TextTable.Read(Label),
        TargetAnnotations = TextTable.Read(Annotation),
        RunStrategy = RunStrategy?.ToString(),
        Start = Start,
        GenerateMacAddresses = NewMacAddress is VMMacAddressPolicy.Generate,
        ExcludeLabels = ExcludeLabel,
        ExcludeAnnotations = ExcludeAnnotation,
        ExcludeTemplateLabels = ExcludeTemplateLabel,
        ExcludeTemplateAnnotations = ExcludeTemplateAnnotation,
        NetworkPreset = NetworkPreset is { } preset ? Enum.Parse<NetworkPreset>(preset.ToString()) : Engine.Model.Requests.NetworkPreset.None,
        Without = (CloneOmissions)(int)(Without ?? VMCloneOmission.None),
        CloudInitSecret = CloudInitSecret,
    };

    private VMCloneRequest AddIdentity(CloneRequest request)
    {
        GoldenImage = request.GoldenImage;
        ImageVersion = request.GoldenImageVersion;
        TargetNamespace = request.TargetNamespace;
        Hostname = request.Hostname;
        Label = Table(request.TargetLabels);
        Annotation = Table(request.TargetAnnotations);
        RunStrategy = Enum.TryParse<VMRunStrategy>(request.RunStrategy, ignoreCase: true, out var strategy) ? strategy : null;
        Start = request.Start;
        NewMacAddress = request.GenerateMacAddresses ? VMMacAddressPolicy.Generate : null;
        ExcludeLabel = request.ExcludeLabels?.ToArray();
        ExcludeAnnotation = request.ExcludeAnnotations?.ToArray();
        ExcludeTemplateLabel = request.ExcludeTemplateLabels?.ToArray();
        ExcludeTemplateAnnotation = request.ExcludeTemplateAnnotations?.ToArray();
        NetworkPreset = Enum.TryParse<VMNetworkPreset>(request.NetworkPreset.ToString(), out var preset) && preset != VMNetworkPreset.None ? preset : null;
        Without = request.Without == CloneOmissions.None ? null : (VMCloneOmission)(int)request.Without;
        CloudInitSecret = request.CloudInitSecret;
        return this;
    }

    private static Hashtable? Table(IReadOnlyDictionary<string, string>? texts) =>
        texts is null ? null : new Hashtable(texts.ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal));
}
