namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>Every field of a request. A new one is an entry here, a rule that carries it out, and its place in the help.</summary>
public static class RequestFields
{
    /// <summary>Key under which a table by disk has what holds for every disk it does not name.</summary>
    public const string EveryDisk = "*";

    private static readonly AsyncLocal<RequestField?> Trial = new();

    // In the order of fingerprints: what exists was marked in it.
    internal static readonly RequestField LabelFilter = Always(new(nameof(LabelFilter), RequestFieldKind.List, "Which labels to copy") { ValueName = "FILTER", SpecPath = ["labelFilters"] });
    internal static readonly RequestField AnnotationFilter = Always(new(nameof(AnnotationFilter), RequestFieldKind.List, "Which annotations to copy") { ValueName = "FILTER", SpecPath = ["annotationFilters"] });
    internal static readonly RequestField TemplateLabelFilter =
        Always(new(nameof(TemplateLabelFilter), RequestFieldKind.List, "Which labels of the VM's template to copy") { ValueName = "FILTER", SpecPath = ["template", "labelFilters"] });
    internal static readonly RequestField TemplateAnnotationFilter =
        Always(new(nameof(TemplateAnnotationFilter), RequestFieldKind.List, "Which annotations of the VM's template to copy") { ValueName = "FILTER", SpecPath = ["template", "annotationFilters"] });
    internal static readonly RequestField ExcludeLabel = Always(new(nameof(ExcludeLabel), RequestFieldKind.List, "Labels to leave out, by wildcards") { ValueName = "PATTERN" });
    internal static readonly RequestField ExcludeAnnotation =
        Always(new(nameof(ExcludeAnnotation), RequestFieldKind.List, "Annotations to leave out, by wildcards") { ValueName = "PATTERN" });
    internal static readonly RequestField ExcludeTemplateLabel =
        Always(new(nameof(ExcludeTemplateLabel), RequestFieldKind.List, "Labels of the VM's template to leave out, by wildcards") { ValueName = "PATTERN" });
    internal static readonly RequestField ExcludeTemplateAnnotation =
        Always(new(nameof(ExcludeTemplateAnnotation), RequestFieldKind.List, "Annotations of the VM's template to leave out, by wildcards") { ValueName = "PATTERN" });
    internal static readonly RequestField MacAddress = Always(new(nameof(MacAddress), RequestFieldKind.Macs, "MAC address for an interface, in any notation")
    {
        Aliases = ["NewMacAddresses"],
        IsOfEachClone = true,
        Option = "--new-mac-address",
        ValueName = "INTERFACE:MAC",
        SpecPath = ["newMacAddresses"],
    });

    internal static readonly RequestField NewMacAddress = Always(new(
        nameof(NewMacAddress), RequestFieldKind.Choice, "Give interfaces without --new-mac-address an address that no other VM of the cluster has.")
    {
        Words = ["Default", "Generate"],
        Option = "--generate-mac-addresses",
        OptionWord = "Generate",
    });

    internal static readonly RequestField SmbiosSerial = Always(new(nameof(SmbiosSerial), RequestFieldKind.Text, "SMBIOS serial of the new VM.")
    {
        Aliases = ["Serial", "NewSmbiosSerial"],
        IsOfEachClone = true,
        Option = "--new-smbios-serial",
        ValueName = "SERIAL",
        SpecPath = ["newSMBiosSerial"],
    });

    internal static readonly RequestField Patch = Always(new(nameof(Patch), RequestFieldKind.Patches, "JSON patch operation for the new VM, applied last")
    {
        Aliases = ["Patches"],
        ValueName = "JSON",
        SpecPath = ["patches"],
    });

    internal static readonly RequestField VolumeNamePolicy = Always(new(nameof(VolumeNamePolicy), RequestFieldKind.Choice, "RandomizeNames or PrefixTargetName.")
    {
        Words = ["RandomizeNames", "PrefixTargetName"],
        TakesOtherWords = true,
        ValueName = "POLICY",
        SpecPath = ["volumeNamePolicy"],
    });

    internal static readonly RequestField Hostname = Always(new(
        nameof(Hostname), RequestFieldKind.Text, "Host name of the new VM. In a pattern {0} is the running number, {1} the source's name, {2} the new VM's.")
    {
        IsPattern = true,
        IsOfEachClone = true,
        ValueName = "NAME",
    });

    internal static readonly RequestField Label = Always(new(nameof(Label), RequestFieldKind.Table, "Label to set on the new VM") { ValueName = "KEY=VALUE" });
    internal static readonly RequestField Annotation = Always(new(nameof(Annotation), RequestFieldKind.Table, "Annotation to set on the new VM") { ValueName = "KEY=VALUE" });
    internal static readonly RequestField RunStrategy = Always(new(
        nameof(RunStrategy), RequestFieldKind.Choice, "Always, Halted, Manual, RerunOnFailure or Once. Without it the new VM is stopped.")
    {
        Words = ["Always", "Halted", "Manual", "RerunOnFailure", "Once"],
        TakesOtherWords = true,
        ValueName = "STRATEGY",
    });

    internal static readonly RequestField Start = Always(new(nameof(Start), RequestFieldKind.Flag, "Have the new VM started as soon as it is there."), unset: false);
    internal static readonly RequestField NetworkPreset = Always(
        new(nameof(NetworkPreset), RequestFieldKind.Choice, "Leave out what this network puts on a VM and no two may share: kubeovn or ovnkubernetes.")
        {
            Words = Enum.GetNames<NetworkPreset>(),
            ValueName = "CHOICE",
        },
        unset: nameof(Requests.NetworkPreset.None));

    internal static readonly RequestField Without = Always(
        new(nameof(Without), RequestFieldKind.Choices, "What of the source to go without: labels, annotations, disks, network; separated by commas, or repeated.")
        {
            Words = Enum.GetNames<CloneOmissions>(),
            ValueName = "CHOICE,...",
        },
        unset: nameof(CloneOmissions.None));

    internal static readonly RequestField CloudInitSecret = Always(new(
        nameof(CloudInitSecret), RequestFieldKind.Text, "Secret whose userdata takes the place of the source's cloud-init user data; a pattern as for --hostname.")
    {
        IsPattern = true,
        IsOfEachClone = true,
        ValueName = "NAME",
    });

    // Where a machine is made is told from the object itself.
    internal static readonly RequestField TargetNamespace = new(
        nameof(TargetNamespace), RequestFieldKind.Text, "Make the new VMs in this namespace: the source's disks are transferred there first, once for all of them. -n is the source's.")
    {
        ValueName = "NAMESPACE",
        InFingerprint = false,
    };

    internal static readonly RequestField NetworkDataSecret = new(
        nameof(NetworkDataSecret), RequestFieldKind.Text, "Secret whose networkdata takes the place of the source's cloud-init network configuration; a pattern as for --hostname.")
    {
        IsPattern = true,
        IsOfEachClone = true,
        ValueName = "NAME",
    };

    internal static readonly RequestField CleanOwnership = new(
        nameof(CleanOwnership), RequestFieldKind.Flag, "Leave out what makes the new VM part of what Argo CD, Flux, Helm, Fleet or Harvester manage, and addresses that are the source's own.");

    internal static readonly RequestField Cpu = new(nameof(Cpu), RequestFieldKind.Text, "Number of vCPUs of the new VM.") { Aliases = ["NumCpu"], ValueName = "NUMBER", IsTold = true };

    internal static readonly RequestField Memory = new(nameof(Memory), RequestFieldKind.Size, "Memory of the new VM's guest: 8Gi.") { ValueName = "SIZE", IsTold = true };

    internal static readonly RequestField Instancetype = new(
        nameof(Instancetype), RequestFieldKind.Text, "Instance type of the new VM, instead of the source's or of its CPU and memory: NAME, or KIND/NAME.")
    {
        ValueName = "NAME",
        IsTold = true,
    };

    internal static readonly RequestField Preference = new(nameof(Preference), RequestFieldKind.Text, "Preference of the new VM, instead of the source's: NAME, or KIND/NAME.")
    {
        ValueName = "NAME",
        IsTold = true,
    };

    internal static readonly RequestField DiskSize = new(nameof(DiskSize), RequestFieldKind.DiskSizes, "Size of the new VM's disks, which are never smaller than the source's: 40Gi for all, root=40Gi for one")
    {
        ValueName = "[DISK=]SIZE",
        IsTold = true,
    };

    internal static readonly RequestField StorageClass = new(nameof(StorageClass), RequestFieldKind.Disks, "Storage class of the new VM's disks, of the same driver as the source's: fast for all, root=fast for one")
    {
        ValueName = "[DISK=]CLASS",
        IsTold = true,
    };

    internal static readonly RequestField AccessMode = new(nameof(AccessMode), RequestFieldKind.Disks, "Access mode of the new VM's disks, where the driver allows it: ReadWriteMany for all, root=ReadWriteMany for one")
    {
        ValueName = "[DISK=]MODE",
        IsTold = true,
    };

    internal static readonly RequestField VolumeMode = new(nameof(VolumeMode), RequestFieldKind.Disks, "Volume mode of the new VM's disks, where the snapshot allows it: Block for all, root=Block for one")
    {
        ValueName = "[DISK=]MODE",
        IsTold = true,
    };

    internal static readonly RequestField VolumeOwnershipPolicy = new(
        nameof(VolumeOwnershipPolicy), RequestFieldKind.Choice, "What becomes of the new VM's disks when it is removed: Vm, they go with it; None, they stay.")
    {
        Words = ["None", "Vm"],
        ValueName = "POLICY",
        IsTold = true,
    };

    private static readonly RequestField[] Fields =
    [
        LabelFilter, AnnotationFilter, TemplateLabelFilter, TemplateAnnotationFilter, ExcludeLabel, ExcludeAnnotation, ExcludeTemplateLabel, ExcludeTemplateAnnotation,
        MacAddress, NewMacAddress, SmbiosSerial, Patch, VolumeNamePolicy, Hostname, Label, Annotation, RunStrategy, Start, NetworkPreset, Without, CloudInitSecret,
        TargetNamespace, NetworkDataSecret, CleanOwnership, Cpu, Memory, Instancetype, Preference, DiskSize, StorageClass, AccessMode, VolumeMode, VolumeOwnershipPolicy,
    ];

    /// <summary>The fields that say what its disks are to be.</summary>
    internal static IReadOnlyList<RequestField> OfDisks { get; } = [DiskSize, StorageClass, AccessMode, VolumeMode];

    /// <summary>The fields that only the record of what was asked has, and no field of a clone of KubeVirt's, nor a patch.</summary>
    internal static IReadOnlyList<RequestField> OfRecord { get; } = [.. OfDisks, VolumeOwnershipPolicy];

    /// <summary>All fields that say what a clone is to be, in their order.</summary>
    public static IReadOnlyList<RequestField> All => Trial.Value is { } more ? [.. Fields, more] : Fields;

    /// <summary>Names of the fields whose values are each clone's own.</summary>
    internal static IReadOnlySet<string> OfEachClone { get; } = Fields.Where(f => f.IsOfEachClone).Select(f => f.Name).ToHashSet(StringComparer.Ordinal);

    /// <summary>The field of a name or alias, in any case; null when there is none.</summary>
    /// <param name="name">The name.</param>
    public static RequestField? Find(string name) =>
        All.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || f.Aliases.Contains(name, StringComparer.OrdinalIgnoreCase));

    /// <summary>Has one more field in what the caller goes on to do: what adding a field takes is tried with it.</summary>
    internal static void Try(RequestField? field) => Trial.Value = field;

    private static RequestField Always(RequestField field, object? unset = null) => field with { IsAlwaysInFingerprint = true, UnsetMark = unset };
}
