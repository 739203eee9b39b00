using System.Collections;
using System.Management.Automation;

namespace KubeVirtClone.Input;

/// <summary>Reads a clone that is asked for again out of what a pipeline carries.</summary>
internal static class CloneSpec
{
    /// <summary>From a record or table with the members of <see cref="VMCloneRequest"/>, such as Import-Clixml gives.</summary>
    public static VMCloneRequest FromRecord(object record) => record as VMCloneRequest ?? new VMCloneRequest
    {
        Namespace = PropertyReader.GetText(record, "Namespace") ?? "",
        SourceKind = PropertyReader.GetText(record, "SourceKind") ?? "VirtualMachine",
        SourceName = PropertyReader.GetText(record, "SourceName") ?? "",
        TargetName = PropertyReader.GetText(record, "TargetName") ?? PropertyReader.GetText(record, "Name"),
        LabelFilter = Texts(PropertyReader.Get(record, "LabelFilter")),
        AnnotationFilter = Texts(PropertyReader.Get(record, "AnnotationFilter")),
        TemplateLabelFilter = Texts(PropertyReader.Get(record, "TemplateLabelFilter")),
        TemplateAnnotationFilter = Texts(PropertyReader.Get(record, "TemplateAnnotationFilter")),
        MacAddress = Table(PropertyReader.Get(record, "MacAddress")),
        SmbiosSerial = PropertyReader.GetText(record, "SmbiosSerial"),
        Patch = Texts(PropertyReader.Get(record, "Patch")),
        VolumeNamePolicy = Policy(PropertyReader.GetText(record, "VolumeNamePolicy")),
        GoldenImage = PropertyReader.GetText(record, "GoldenImage"),
        ImageVersion = PropertyReader.GetText(record, "ImageVersion"),
        TargetNamespace = PropertyReader.GetText(record, "TargetNamespace"),
        Hostname = PropertyReader.GetText(record, "Hostname"),
        Label = Table(PropertyReader.Get(record, "Label")),
        Annotation = Table(PropertyReader.Get(record, "Annotation")),
        RunStrategy = Choice<VMRunStrategy>(record, "RunStrategy"),
        Start = string.Equals(PropertyReader.GetText(record, "Start"), "true", StringComparison.OrdinalIgnoreCase),
        NewMacAddress = Choice<VMMacAddressPolicy>(record, "NewMacAddress"),
        ExcludeLabel = Texts(PropertyReader.Get(record, "ExcludeLabel")),
        ExcludeAnnotation = Texts(PropertyReader.Get(record, "ExcludeAnnotation")),
        ExcludeTemplateLabel = Texts(PropertyReader.Get(record, "ExcludeTemplateLabel")),
        ExcludeTemplateAnnotation = Texts(PropertyReader.Get(record, "ExcludeTemplateAnnotation")),
        NetworkPreset = Choice<VMNetworkPreset>(record, "NetworkPreset"),
        Without = Choice<VMCloneOmission>(record, "Without"),
        CloudInitSecret = PropertyReader.GetText(record, "CloudInitSecret"),
    };

    /// <summary>From a VirtualMachineClone in the shape ConvertFrom-Json gives.</summary>
    public static VMCloneRequest FromManifest(object clone)
    {
        var spec = PropertyReader.Get(clone, "spec");
        return new VMCloneRequest
        {
            Namespace = PropertyReader.GetText(clone, "metadata", "namespace") ?? "",
            SourceKind = PropertyReader.GetText(spec, "source", "kind") ?? "VirtualMachine",
            SourceName = PropertyReader.GetText(spec, "source", "name") ?? "",
            TargetName = PropertyReader.GetText(spec, "target", "name"),
            LabelFilter = Texts(PropertyReader.Get(spec, "labelFilters")),
            AnnotationFilter = Texts(PropertyReader.Get(spec, "annotationFilters")),
            TemplateLabelFilter = Texts(PropertyReader.Get(spec, "template", "labelFilters")),
            TemplateAnnotationFilter = Texts(PropertyReader.Get(spec, "template", "annotationFilters")),
            MacAddress = Table(PropertyReader.Get(spec, "newMacAddresses")),
            SmbiosSerial = PropertyReader.GetText(spec, "newSMBiosSerial"),
            Patch = Texts(PropertyReader.Get(spec, "patches")),
            VolumeNamePolicy = Policy(PropertyReader.GetText(spec, "volumeNamePolicy")),
        };
    }

    private static string[]? Texts(object? value) => value switch
    {
        null => null,
        string text => [text],
        IEnumerable list => [.. list.Cast<object?>().Select(item => item?.ToString() ?? "")],
        _ => [value.ToString() ?? ""],
    };

    private static Hashtable? Table(object? value) => value switch
    {
        null => null,
        Hashtable table => table,
        IDictionary other => new Hashtable(other, StringComparer.Ordinal),
        PSObject record => new Hashtable(
            record.Properties.ToDictionary(p => p.Name, p => (object)(p.Value?.ToString() ?? ""), StringComparer.Ordinal), StringComparer.Ordinal),
        _ => null,
    };

    private static T? Choice<T>(object record, string name)
        where T : struct, Enum => Enum.TryParse<T>(PropertyReader.GetText(record, name), ignoreCase: true, out var choice) ? choice : null;

    private static VMVolumeNamePolicy? Policy(string? text) => Enum.TryParse<VMVolumeNamePolicy>(text, ignoreCase: true, out var policy) ? policy : null;
}
