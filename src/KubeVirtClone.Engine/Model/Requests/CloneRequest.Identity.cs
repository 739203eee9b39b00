namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>What of the source a clone goes without.</summary>
[Flags]
public enum CloneOmissions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Labels of the machine and of its template.</summary>
    Labels = 1,

    /// <summary>Annotations of the machine and of its template.</summary>
    Annotations = 2,

    /// <summary>Disks and their volumes. Only for sources without claims and data volumes: those are restored before anything can be left out.</summary>
    Disks = 4,

    /// <summary>Network interfaces and networks; no pod network is attached instead.</summary>
    Network = 8,
}

// What the new machine is to be, as opposed to what of the source is copied. Each is turned into filters, addresses and patches that KubeVirt
// takes, once the source is known (IdentityRules).
public sealed partial record CloneRequest
{
    /// <summary>Run strategies with which KubeVirt starts a machine by itself.</summary>
    internal static readonly string[] StartingStrategies = ["Always", "RerunOnFailure", "Once"];

    /// <summary>Host name of the new machine; null keeps the source's. The guest takes it over where cloud-init or the like does that.</summary>
    public string? Hostname { get => Wishes.Text(RequestFields.Hostname); init => Wishes = Wishes.With(RequestFields.Hostname, value); }

    /// <summary>Labels to set on the new virtual machine. KubeVirt can add one only where the source has a label that stays.</summary>
    public IReadOnlyDictionary<string, string>? TargetLabels { get => Wishes.Table(RequestFields.Label); init => Wishes = Wishes.With(RequestFields.Label, value); }

    /// <summary>Annotations to set on the new virtual machine, with any value.</summary>
    public IReadOnlyDictionary<string, string>? TargetAnnotations { get => Wishes.Table(RequestFields.Annotation); init => Wishes = Wishes.With(RequestFields.Annotation, value); }

    /// <summary><c>Always</c>, <c>Halted</c>, <c>Manual</c>, <c>RerunOnFailure</c> or <c>Once</c>; null makes the machine stopped, as KubeVirt does.</summary>
    public string? RunStrategy { get => Wishes.Text(RequestFields.RunStrategy); init => Wishes = Wishes.With(RequestFields.RunStrategy, value); }

    /// <summary>Have the machine started as soon as it is there. With a <see cref="RunStrategy"/> that never starts by itself it is refused.</summary>
    public bool Start { get => Wishes.Flag(RequestFields.Start); init => Wishes = Wishes.With(RequestFields.Start, value ? true : null); }

    /// <summary>Whether it asks for a machine that starts as soon as it is there.</summary>
    internal bool StartsAtOnce =>
        Start || (RunStrategy is { } strategy && Array.Exists(StartingStrategies, s => string.Equals(s, strategy, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Give every interface that has no address in <see cref="MacAddresses"/> a locally administered one, unique among the cluster's machines and the batch.</summary>
    public bool GenerateMacAddresses { get => Wishes.Text(RequestFields.NewMacAddress) == "Generate"; init => Wishes = Wishes.With(RequestFields.NewMacAddress, value ? "Generate" : null); }

    /// <summary>Labels of the machine to leave out: wildcards <c>*</c>, <c>?</c>, <c>[a-z]</c>, matched against whole keys, case as written.</summary>
    public IReadOnlyList<string>? ExcludeLabels { get => Wishes.List(RequestFields.ExcludeLabel); init => Wishes = Wishes.With(RequestFields.ExcludeLabel, value); }

    /// <summary>Annotations of the machine to leave out, as <see cref="ExcludeLabels"/>.</summary>
    public IReadOnlyList<string>? ExcludeAnnotations { get => Wishes.List(RequestFields.ExcludeAnnotation); init => Wishes = Wishes.With(RequestFields.ExcludeAnnotation, value); }

    /// <summary>Labels of the machine's template to leave out, as <see cref="ExcludeLabels"/>.</summary>
    public IReadOnlyList<string>? ExcludeTemplateLabels { get => Wishes.List(RequestFields.ExcludeTemplateLabel); init => Wishes = Wishes.With(RequestFields.ExcludeTemplateLabel, value); }

    /// <summary>Annotations of the machine's template to leave out, as <see cref="ExcludeLabels"/>.</summary>
    public IReadOnlyList<string>? ExcludeTemplateAnnotations { get => Wishes.List(RequestFields.ExcludeTemplateAnnotation); init => Wishes = Wishes.With(RequestFields.ExcludeTemplateAnnotation, value); }

    /// <summary>Leave out what this network puts on a machine and no two machines may share.</summary>
    public NetworkPreset NetworkPreset
    {
        get => Wishes.Text(RequestFields.NetworkPreset) is { } preset ? Enum.Parse<NetworkPreset>(preset) : NetworkPreset.None;
        init => Wishes = Wishes.With(RequestFields.NetworkPreset, value == NetworkPreset.None ? null : value.ToString());
    }

    /// <summary>What of the source the clone goes without.</summary>
    public CloneOmissions Without
    {
        get => Wishes.Text(RequestFields.Without) is { } omissions ? Enum.Parse<CloneOmissions>(omissions) : CloneOmissions.None;
        init => Wishes = Wishes.With(RequestFields.Without, value == CloneOmissions.None ? null : value.ToString());
    }

    /// <summary>Name of a Secret in the namespace whose <c>userdata</c> replaces the source's cloud-init user data.</summary>
    public string? CloudInitSecret { get => Wishes.Text(RequestFields.CloudInitSecret); init => Wishes = Wishes.With(RequestFields.CloudInitSecret, value); }

    /// <summary>Name of a Secret in the namespace whose <c>networkdata</c> replaces the source's cloud-init network configuration.</summary>
    public string? NetworkDataSecret { get => Wishes.Text(RequestFields.NetworkDataSecret); init => Wishes = Wishes.With(RequestFields.NetworkDataSecret, value); }

    /// <summary>
    /// Leave out the labels and annotations by which deployment tools take a machine for their own, what they have written about this one machine, and
    /// the annotations that give it addresses.
    /// </summary>
    public bool CleanOwnership { get => Wishes.Flag(RequestFields.CleanOwnership); init => Wishes = Wishes.With(RequestFields.CleanOwnership, value ? true : null); }

    /// <summary>Secrets that the clone is given in place of the source's.</summary>
    internal IEnumerable<string> Secrets => new[] { CloudInitSecret, NetworkDataSecret }.OfType<string>();

    /// <summary>Golden image to clone, instead of a source; <see cref="SourceName"/> is then not looked at.</summary>
    public string? GoldenImage { get; init; }

    /// <summary>Version of <see cref="GoldenImage"/>; null is the newest that is ready.</summary>
    public string? GoldenImageVersion { get; init; }
}
