using System.Text.Json;
using KubeVirtClone.Engine.Model.Records;

namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>One clone that is asked for, as the user gave it: nothing is checked or completed yet.</summary>
public sealed partial record CloneRequest
{
    /// <summary>Namespace of the source, the clone and the target: KubeVirt clones within one namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>
    /// Namespace to make the new machine in, where that is another than the source's: its disks are transferred there first, once for all clones of
    /// the source, and <see cref="Namespace"/> is the source's. Null, empty or the same makes it there.
    /// </summary>
    public string? TargetNamespace { get; init; }

    /// <summary><c>VirtualMachine</c> (default) or <c>VirtualMachineSnapshot</c>; virtctl's spellings (<c>vm</c>, <c>snapshot</c>, <c>vmsnapshot</c>) are understood.</summary>
    public string SourceKind { get; init; } = SourceKinds.VirtualMachine;

    /// <summary>Name of the source.</summary>
    public required string SourceName { get; init; }

    /// <summary>Name of the virtual machine to make; null or empty makes one up (<c>clone-SOURCE-xxxxx</c>, as KubeVirt does).</summary>
    public string? TargetName { get; init; }

    /// <summary>Kind of the target; KubeVirt knows <c>VirtualMachine</c> only.</summary>
    public string TargetKind { get; init; } = SourceKinds.VirtualMachine;

    /// <summary>Name of the clone object; null or empty derives one from batch and target.</summary>
    public string? CloneName { get; init; }

    /// <summary>KubeVirt's <c>spec.labelFilters</c>, sent as they are. Null copies every label.</summary>
    public IReadOnlyList<string>? LabelFilter { get; init; }

    /// <summary>KubeVirt's <c>spec.annotationFilters</c>. Null copies every annotation.</summary>
    public IReadOnlyList<string>? AnnotationFilter { get; init; }

    /// <summary>KubeVirt's <c>spec.template.labelFilters</c>. Null copies every template label.</summary>
    public IReadOnlyList<string>? TemplateLabelFilter { get; init; }

    /// <summary>KubeVirt's <c>spec.template.annotationFilters</c>. Null copies every template annotation.</summary>
    public IReadOnlyList<string>? TemplateAnnotationFilter { get; init; }

    /// <summary>MAC address by interface name, in any notation. An empty address clears it.</summary>
    public IReadOnlyDictionary<string, string>? MacAddresses { get; init; }

    /// <summary>The clone's SMBIOS serial; null lets KubeVirt choose.</summary>
    public string? SmbiosSerial { get; init; }

    /// <summary>JSON patch operations (RFC 6902) for the new virtual machine, each a JSON object or an array of them.</summary>
    public IReadOnlyList<string>? Patches { get; init; }

    /// <summary><c>RandomizeNames</c> or <c>PrefixTargetName</c>; null leaves it to KubeVirt.</summary>
    public string? VolumeNamePolicy { get; init; }

    /// <summary>Labels of the clone object itself (not of the new virtual machine).</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Annotations of the clone object itself.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Batch of this request, when it differs from the operation's; null takes that.</summary>
    public string? Batch { get; init; }

    /// <summary>What the user gave, handed back with every update about this request.</summary>
    public object? Input { get; init; }

    /// <summary>The request as it was given, where this one is what became of it.</summary>
    internal CloneRequest? Given { get; init; }

    /// <summary>Whether the new machine is to be in another namespace than its source.</summary>
    internal bool LeavesNamespace => !string.IsNullOrEmpty(TargetNamespace) && TargetNamespace != Namespace;

    /// <summary><c>namespace/target</c>, or the source where no target is named.</summary>
    public string DisplayName => $"{(string.IsNullOrEmpty(TargetNamespace) ? Namespace : TargetNamespace)}/{(string.IsNullOrEmpty(TargetName) ? $"(clone of {SourceName})" : TargetName)}";

    /// <summary>The request that would make <paramref name="clone"/> again: for retrying what failed. The clone object's name is left out, so that a new one is made.</summary>
    /// <param name="clone">A clone read from a cluster.</param>
    public static CloneRequest FromClone(CloneRecord clone)
    {
        ArgumentNullException.ThrowIfNull(clone);
        var spec = SpecOf(clone);
        var template = spec?.Member("template");
        return new CloneRequest
        {
            Namespace = clone.Namespace,
            SourceKind = clone.SourceKind,
            SourceName = clone.SourceName,
            TargetName = clone.TargetName,
            LabelFilter = Strings(spec, "labelFilters"),
            AnnotationFilter = Strings(spec, "annotationFilters"),
            TemplateLabelFilter = Strings(template, "labelFilters"),
            TemplateAnnotationFilter = Strings(template, "annotationFilters"),
            MacAddresses = Map(spec, "newMacAddresses"),
            SmbiosSerial = spec?.Text("newSMBiosSerial"),
            Patches = Strings(spec, "patches"),
            VolumeNamePolicy = spec?.Text("volumeNamePolicy"),
            Input = clone,
        };
    }

    // A restore has patches only, and a machine made directly nothing: what was asked for stands in an annotation.
    private static JsonElement? SpecOf(CloneRecord clone)
    {
        if (clone.Method == CloneMethod.Clone)
            return clone.Raw.At("spec");
        try
        {
            using var document = JsonDocument.Parse(clone.Raw.Annotations.GetValueOrDefault(CloneLabels.CloneSpec) ?? "null");
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<string>? Strings(JsonElement? parent, string key) =>
        parent is { ValueKind: JsonValueKind.Object } p && p.TryGetProperty(key, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(i => i.ValueKind == JsonValueKind.String ? i.GetString()! : i.GetRawText())]
            : null;

    private static Dictionary<string, string>? Map(JsonElement? parent, string key) =>
        parent is { ValueKind: JsonValueKind.Object } p && p.TryGetProperty(key, out var map) && map.ValueKind == JsonValueKind.Object
            ? map.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString() ?? "", StringComparer.Ordinal)
            : null;
}
