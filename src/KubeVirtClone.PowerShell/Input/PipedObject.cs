using System.Collections;
using System.Data;
using System.Globalization;

namespace KubeVirtClone.Input;

/// <summary>What an object from the pipeline stands for.</summary>
internal enum PipedKind
{
    /// <summary>Nothing was piped.</summary>
    None,

    /// <summary>A source: a virtual machine or a snapshot.</summary>
    Source,

    /// <summary>A clone that is asked for again.</summary>
    Retry,

    /// <summary>A row of named values, such as Import-Csv gives.</summary>
    Row,

    /// <summary>A text: a name.</summary>
    Text,

    /// <summary>A number: an index for a name pattern, or only a value for script blocks.</summary>
    Number,
}

/// <summary>Recognises what is piped into New-VMClone.</summary>
internal sealed class PipedObject
{
    private const string VirtualMachineKind = "VirtualMachine";
    private const string SnapshotKind = "VirtualMachineSnapshot";
    private const string CloneKind = "VirtualMachineClone";

    /// <summary>Kind of a source that is a golden image, which is no kind of the API.</summary>
    public const string ImageKind = "VMGoldenImage";

    public required PipedKind Kind { get; init; }

    public string SourceKind { get; private init; } = VirtualMachineKind;

    public string? SourceName { get; private init; }

    /// <summary>For a golden image: its version.</summary>
    public string? ImageVersion { get; private init; }

    public string? Namespace { get; private init; }

    public string? Text { get; private init; }

    public long Number { get; private init; }

    public CloneRequest? Request { get; private init; }

    /// <summary>
    /// Members that say how to clone: of a row all, of a recognised object those that are not its own. What a record says of its own past is not meant:
    /// a virtual machine's Name is no target name, a snapshot's SourceName no source.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, object?>> Columns { get; private init; } = [];

    /// <summary>Namespace, where it tells one, and name of the virtual machine it stands for.</summary>
    /// <param name="action">What to pipe in instead.</param>
    /// <exception cref="InputException">It stands for none.</exception>
    public (string? Namespace, string Name) Machine(string action) => this switch
    {
        { Kind: PipedKind.Text, Text: { } text } => (null, text),
        { Kind: PipedKind.Source, SourceKind: "VirtualMachine", SourceName: { } source } => (Namespace, source),
        _ => throw new InputException("VMInputInvalid", ErrorCategory.InvalidType, "The object does not say which virtual machine is meant.", action),
    };

    /// <summary>Tells what an object is.</summary>
    /// <exception cref="InputException">It is nothing that could be cloned; the message says what it is.</exception>
    public static PipedObject Recognize(PSObject? input)
    {
        if (input is null) return new PipedObject { Kind = PipedKind.None };
        var typeName = PipedReference.TypeNameOf(input);
        return Identify(input, typeName) switch
        {
            { Kind: PipedKind.Source } source => source.WithColumns(OwnMembers.Without(input, typeName)),
            var other => other,
        };
    }

    private static PipedObject Identify(PSObject input, string typeName)
    {
        return input.BaseObject switch
        {
            VirtualMachine vm => Source(VirtualMachineKind, vm.Namespace, vm.Name),
            VMCloneRequest request => Retry(request.ToEngine()),
            VMClone clone => FromClone(clone),
            VMSnapshot snapshot => Source(SnapshotKind, snapshot.Namespace, snapshot.Name),
            VMGoldenImage image => Image(image.Namespace, image.Name, image.Version),
            string text => new PipedObject { Kind = PipedKind.Text, Text = text },
            byte or sbyte or short or ushort or int or uint or long => new PipedObject
            {
                Kind = PipedKind.Number,
                Number = Convert.ToInt64(input.BaseObject, CultureInfo.InvariantCulture),
            },
            // A copy by Select-Object that lost its name, or got a column SourceName, is no machine any more.
            _ when OwnMembers.IsWhole(input, typeName, typeof(VirtualMachine)) =>
                Source(VirtualMachineKind, PropertyReader.GetText(input, "Namespace"), PropertyReader.GetText(input, "Name")),
            _ when OwnMembers.IsWhole(input, typeName, typeof(VMClone)) => FromDeserializedClone(input),
            _ when OwnMembers.IsWhole(input, typeName, typeof(VMSnapshot)) =>
                Source(SnapshotKind, PropertyReader.GetText(input, "Namespace"), PropertyReader.GetText(input, "Name")),
            _ when OwnMembers.IsWhole(input, typeName, typeof(VMGoldenImage)) => Image(
                PropertyReader.GetText(input, "Namespace"), PropertyReader.GetText(input, "Name"), PropertyReader.GetText(input, "Version")),
            _ when typeName == typeof(VMCloneRequest).FullName => Retry(CloneSpec.FromRecord(input)),
            _ when IsForeignVirtualMachine(typeName) => throw Foreign(input, typeName),
            // Other objects have a Kind too, a date for one: only with an API version is it Kubernetes' own.
            _ when PropertyReader.Get(input, "metadata", "name") is not null
                || (PropertyReader.GetText(input, "kind") is not null && PropertyReader.GetText(input, "apiVersion") is not null) =>
                FromKubernetes(input),
            IDictionary => Row(input),
            PSCustomObject => Row(input),
            DataRow => Row(input),
            _ when HasRowMembers(input) => Row(input),
            _ => throw Unusable(typeName),
        };
    }

    private static PipedObject Source(string kind, string? @namespace, string? name) => new() { Kind = PipedKind.Source, SourceKind = kind, Namespace = @namespace, SourceName = name };

    private static PipedObject Image(string? @namespace, string? name, string? version) =>
        new() { Kind = PipedKind.Source, SourceKind = ImageKind, Namespace = @namespace, SourceName = name, ImageVersion = version };

    private static PipedObject Row(PSObject input) => new() { Kind = PipedKind.Row, Columns = OwnMembers.Columns(input) };

    private PipedObject WithColumns(IReadOnlyList<KeyValuePair<string, object?>> columns) =>
        new() { Kind = Kind, SourceKind = SourceKind, SourceName = SourceName, ImageVersion = ImageVersion, Namespace = Namespace, Columns = columns };

    private static PipedObject Retry(CloneRequest request) => new() { Kind = PipedKind.Retry, Request = request };

    /// <summary>A clone stands for the machine it makes, unless it comes out of an error: then it is asked for again.</summary>
    private static PipedObject FromClone(VMClone clone)
    {
        if (clone.Request is { } request) return Retry(request.ToEngine());
        return clone.Phase == VMClonePhase.Failed
            ? FromKubernetes(PSObject.AsPSObject(clone.Raw))
            : Source(VirtualMachineKind, clone.Namespace, clone.TargetName);
    }

    private static PipedObject FromDeserializedClone(PSObject clone)
    {
        if (PropertyReader.Get(clone, "Request") is not null and not string and var request) return Retry(CloneSpec.FromRecord(request));
        var failed = PropertyReader.GetText(clone, "Phase") == nameof(VMClonePhase.Failed);
        if (failed && PropertyReader.Get(clone, "Raw") is string)
        {
            throw new InputException(
                "VMCloneInputInvalid",
                ErrorCategory.InvalidType,
                $"The failed clone '{PropertyReader.GetText(clone, "Name")}' comes out of a file that does not keep what was asked for.",
                "Pipe the clone itself: Get-VMClone NAME | New-VMClone. Export-Clixml keeps all of it.");
        }

        return failed
            ? FromKubernetes(PSObject.AsPSObject(PropertyReader.Get(clone, "Raw") ?? clone))
            : Source(VirtualMachineKind, PropertyReader.GetText(clone, "Namespace"), PropertyReader.GetText(clone, "TargetName"));
    }

    /// <summary>What kubectl's JSON describes. A clone's JSON stands for its machine too, or for a retry when it has failed.</summary>
    private static PipedObject FromKubernetes(PSObject input)
    {
        var kind = PropertyReader.GetText(input, "kind") ?? VirtualMachineKind;
        var @namespace = PropertyReader.GetText(input, "metadata", "namespace");
        var name = PropertyReader.GetText(input, "metadata", "name");
        switch (kind)
        {
            case VirtualMachineKind or SnapshotKind:
                return Source(kind, @namespace, name);
            case CloneKind when PropertyReader.GetText(input, "status", "phase") == nameof(VMClonePhase.Failed):
                return Retry(CloneSpec.FromManifest(input));
            case CloneKind:
                return Source(
                    VirtualMachineKind,
                    @namespace,
                    PropertyReader.GetText(input, "status", "targetName") ?? PropertyReader.GetText(input, "spec", "target", "name"));
            default:
                throw new InputException(
                    "VMCloneSourceInvalid",
                    ErrorCategory.InvalidType,
                    $"{kind} '{name}' cannot be cloned: only a VirtualMachine or a VirtualMachineSnapshot can.",
                    "Pipe in virtual machines (kubectl get vm -o json | ConvertFrom-Json | ForEach-Object items) or snapshots (kubectl get vmsnapshot …).");
        }
    }

    private static bool IsForeignVirtualMachine(string typeName)
    {
        if (typeName.StartsWith("KubeVirtClone.", StringComparison.Ordinal)) return false;
        if (typeName.StartsWith("Microsoft.HyperV.", StringComparison.Ordinal) || typeName.StartsWith("VMware.", StringComparison.Ordinal)) return true;
        var last = typeName[(typeName.LastIndexOf('.') + 1)..];
        return last is "VirtualMachine" or "VM" or "UniversalVirtualMachineImpl" or "PSVirtualMachine" or "PSVirtualMachineList";
    }

    // Files, processes and services have a Name, and even a Target or VM, that are something else.
    private static bool HasRowMembers(PSObject input) => input.Properties["SourceName"] is not null || input.Properties["TargetName"] is not null;

    private static InputException Foreign(PSObject input, string typeName) => new(
        "ForeignVMObject",
        ErrorCategory.InvalidType,
        $"'{PropertyReader.GetText(input, "Name") ?? typeName}' is a {typeName}, not a virtual machine of KubeVirt.",
        "Another module's Get-VM was called. Use KubeVirtClone\\Get-VM, or import this module with a prefix: Import-Module KubeVirtClone -Prefix Kube.");

    private static InputException Unusable(string typeName) => new(
        "VMCloneInputInvalid",
        ErrorCategory.InvalidType,
        $"A {typeName} says nothing about what to clone.",
        "Pipe in virtual machines, clones, names, rows with the columns SourceName and TargetName, or kubectl's JSON.");
}
