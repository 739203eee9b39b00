using System.Text.Json;

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
    public string? TargetNamespace { get => Wishes.Text(RequestFields.TargetNamespace); init => Wishes = Wishes.With(RequestFields.TargetNamespace, value); }

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

    /// <summary>What the clone is to be: the value of each of <see cref="RequestFields.All"/> that is set. The members below are its fields by name.</summary>
    public RequestValues Wishes { get; init; } = RequestValues.None;

    /// <summary>KubeVirt's <c>spec.labelFilters</c>, sent as they are. Null copies every label.</summary>
    public IReadOnlyList<string>? LabelFilter { get => Wishes.List(RequestFields.LabelFilter); init => Wishes = Wishes.With(RequestFields.LabelFilter, value); }

    /// <summary>KubeVirt's <c>spec.annotationFilters</c>. Null copies every annotation.</summary>
    public IReadOnlyList<string>? AnnotationFilter { get => Wishes.List(RequestFields.AnnotationFilter); init => Wishes = Wishes.With(RequestFields.AnnotationFilter, value); }

    /// <summary>KubeVirt's <c>spec.template.labelFilters</c>. Null copies every template label.</summary>
    public IReadOnlyList<string>? TemplateLabelFilter { get => Wishes.List(RequestFields.TemplateLabelFilter); init => Wishes = Wishes.With(RequestFields.TemplateLabelFilter, value); }

    /// <summary>KubeVirt's <c>spec.template.annotationFilters</c>. Null copies every template annotation.</summary>
    public IReadOnlyList<string>? TemplateAnnotationFilter { get => Wishes.List(RequestFields.TemplateAnnotationFilter); init => Wishes = Wishes.With(RequestFields.TemplateAnnotationFilter, value); }

    /// <summary>MAC address by interface name, in any notation. An empty address clears it.</summary>
    public IReadOnlyDictionary<string, string>? MacAddresses { get => Wishes.Table(RequestFields.MacAddress); init => Wishes = Wishes.With(RequestFields.MacAddress, value); }

    /// <summary>The clone's SMBIOS serial; null lets KubeVirt choose.</summary>
    public string? SmbiosSerial { get => Wishes.Text(RequestFields.SmbiosSerial); init => Wishes = Wishes.With(RequestFields.SmbiosSerial, value); }

    /// <summary>JSON patch operations (RFC 6902) for the new virtual machine, each a JSON object or an array of them.</summary>
    public IReadOnlyList<string>? Patches { get => Wishes.List(RequestFields.Patch); init => Wishes = Wishes.With(RequestFields.Patch, value); }

    /// <summary><c>RandomizeNames</c> or <c>PrefixTargetName</c>; null leaves it to KubeVirt.</summary>
    public string? VolumeNamePolicy { get => Wishes.Text(RequestFields.VolumeNamePolicy); init => Wishes = Wishes.With(RequestFields.VolumeNamePolicy, value); }

    /// <summary>
    /// <c>Vm</c>: the volumes go with the new machine when it is removed; <c>None</c>: they stay. Null is what the method does by itself: made directly or by
    /// DataVolume they go with it; clones and restores of KubeVirt's leave those that came of no template.
    /// </summary>
    public string? VolumeOwnershipPolicy
    {
        get => Wishes.Text(RequestFields.VolumeOwnershipPolicy);
        init => Wishes = Wishes.With(RequestFields.VolumeOwnershipPolicy, value);
    }

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

    /// <summary>The golden image that the source is, once that is known.</summary>
    internal ImageVersion? SourceImage { get; init; }

    /// <summary>What the source is, where this request is of what was brought of it to another namespace.</summary>
    internal CloneOrigin? Origin { get; init; }

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
        var asked = AskedSizes.Read(clone.Raw);
        // An image is brought once, for whoever asks for it by its name.
        var image = clone.Origin is null ? null : clone.Image;
        return new CloneRequest
        {
            Namespace = clone.SourceNamespace ?? clone.Namespace,
            GoldenImage = image?.Name,
            GoldenImageVersion = image?.Version,
            SourceKind = clone.SourceKind,
            SourceName = clone.SourceName,
            TargetName = clone.TargetName,
            // The size of the machine itself is among the patches already; its disks are in none.
            Wishes = RequestFields.OfRecord.Aggregate(
                RequestFields.All.Where(f => f.SpecPath.Count > 0).Aggregate(RequestValues.None, (values, f) => values.With(f, Value(At(spec, f.SpecPath)))),
                (values, f) => values.With(f, asked[f])),
            TargetNamespace = clone.SourceNamespace is null ? null : clone.Namespace,
            Input = clone,
        };
    }

    /// <summary>The request within its namespace that <paramref name="clone"/> itself stands for: of a source elsewhere, of what that was brought there as.</summary>
    internal static CloneRequest OfObject(CloneRecord clone) => clone.Origin is not { } origin ? FromClone(clone) : FromClone(clone) with
    {
        Namespace = clone.Namespace,
        TargetNamespace = null,
        GoldenImage = null,
        GoldenImageVersion = null,
        SourceKind = clone.SourceSnapshot is null ? clone.SourceKind : SourceKinds.VirtualMachineSnapshot,
        SourceName = clone.SourceSnapshot ?? clone.SourceName,
        SourceImage = clone.Image,
        Origin = origin,
    };

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

    private static JsonElement? At(JsonElement? element, IEnumerable<string> path) =>
        path.Aggregate(element, (at, name) => at is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var member) ? member : null);

    private static object? Value(JsonElement? element) => element switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Array } list => (IReadOnlyList<string>)[.. list.EnumerateArray().Select(i => i.ValueKind == JsonValueKind.String ? i.GetString()! : i.GetRawText())],
        { ValueKind: JsonValueKind.Object } map => map.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString() ?? "", StringComparer.Ordinal),
        _ => null,
    };
}
