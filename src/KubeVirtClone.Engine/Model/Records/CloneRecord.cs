using System.Collections.ObjectModel;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>One clone at one moment. A record never changes; read again for news.</summary>
public sealed partial record CloneRecord
{
    private static readonly string[] Identifying = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp"];

    /// <summary>Name of the object that stands for the clone.</summary>
    public required string Name { get; init; }

    /// <summary>Namespace of the clone and its machine; of the source too, unless <see cref="SourceNamespace"/> says another.</summary>
    public required string Namespace { get; init; }

    /// <summary>Kind of the source.</summary>
    public required string SourceKind { get; init; }

    /// <summary>Name of the source.</summary>
    public required string SourceName { get; init; }

    /// <summary>Namespace of the source, where it is not the clone's own; else null.</summary>
    public string? SourceNamespace => Origin?.Namespace;

    /// <summary>What the source is, where it is in another namespace; else null.</summary>
    public CloneOrigin? Origin { get; private init; }

    /// <summary>Name of the snapshot in the clone's own namespace that its source is, or was brought there as; null where it is made of a machine.</summary>
    internal string? SourceSnapshot => Origin is not null ? SnapshotName : SourceKind == SourceKinds.VirtualMachineSnapshot ? SourceName : null;

    /// <summary>The golden image that the source is, as far as the clone tells; null for any other source.</summary>
    public ImageVersion? Image => ImageOf(Raw);

    /// <summary>Name of the new virtual machine.</summary>
    public required string TargetName { get; init; }

    /// <summary>Phase.</summary>
    public ClonePhase Phase { get; init; }

    /// <summary>True when KubeVirt's Ready condition is true.</summary>
    public bool Ready { get; init; }

    /// <summary>True when the clone succeeded and its volumes are really there: snapshot and restore are no longer needed.</summary>
    public bool Bound { get; init; }

    /// <summary><see cref="Message"/> of a clone whose volumes bind only when its machine is first started.</summary>
    internal const string WaitsForFirstStart = "waits for first start";

    /// <summary>True while its disks are like the source's still, and are to grow once they are bound. Clones that stand as a machine have them in their size from the start.</summary>
    public bool IsGrowing => Raw.Kind != SourceKinds.VirtualMachine && Raw.Annotations.ContainsKey(CloneLabels.Grow);

    /// <summary>How far it is, in one word: the phase, <c>Bound</c> once its volumes are really there, and <c>Growing</c> while they have not got the size that was asked for.</summary>
    public string State => !Bound ? Phase.ToString() : IsGrowing ? "Growing" : nameof(Bound);

    /// <summary>The source as tables show it: <c>vm/golden</c>, <c>vmsnapshot/before</c>, <c>image/ubuntu:3</c>.</summary>
    public string Source => Image is { } image ? ImageText(image.Name, image.Version) : SourceText(SourceKind, SourceNamespace is { } ns ? $"{ns}/{SourceName}" : SourceName);

    /// <summary>What the clone is doing or what keeps it, in KubeVirt's words where there are any; empty when all is well.</summary>
    public string Message { get; init; } = "";

    /// <summary>When the clone object was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Time from creation to the state waited for, as seen by whoever waited; null when nobody did.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Identity of the clone object. Another object of the same name has another.</summary>
    public required string Uid { get; init; }

    /// <summary>
    /// Snapshot it is made of, while that is in use or shared with others, or what its source was brought there as; else null. Never set for clones of a
    /// snapshot the user named.
    /// </summary>
    public string? SnapshotName { get; init; }

    /// <summary>Restore still in use, or null.</summary>
    public string? RestoreName { get; init; }

    /// <summary>Batch the clone was made in, or null.</summary>
    public string? Batch { get; init; }

    /// <summary>How it is made.</summary>
    public CloneMethod Method { get; init; }

    /// <summary>Labels of the clone object.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The object as the server sent it.</summary>
    public required KubernetesObject Raw { get; init; }

    /// <summary>What identifies the clone, to wait for it or remove it.</summary>
    public CloneReference Reference => new(Namespace, Name, Uid) { Method = Method };

    /// <summary>Reads a VirtualMachineClone, or a VirtualMachineRestore or VirtualMachine that stands for a clone.</summary>
    /// <param name="clone">The object as received.</param>
    public static CloneRecord From(KubernetesObject clone)
    {
        ArgumentNullException.ThrowIfNull(clone);
        return clone.Kind switch
        {
            SourceKinds.VirtualMachineRestore => FromRestore(clone),
            SourceKinds.VirtualMachine => IsMachine(clone) ? FromDirect(clone) : FromMachine(clone),
            _ => FromClone(clone),
        };
    }

    /// <summary>
    /// The same clone to remember it by while thousands of others are made: of its object only what identifies it stays, and the moments that are written on it.
    /// </summary>
    internal CloneRecord Kept()
    {
        var metadata = new JsonObject();
        foreach (var name in Identifying)
        {
            if (Raw.StringAt("metadata", name) is { } value)
                metadata[name] = value;
        }

        if (Raw.Annotations.GetValueOrDefault(CloneLabels.Moments) is { } moments)
            metadata["annotations"] = new JsonObject { [CloneLabels.Moments] = moments };
        var kept = new JsonObject { ["apiVersion"] = Raw.ApiVersion, ["kind"] = Raw.Kind, ["metadata"] = metadata };
        return this with { Labels = ReadOnlyDictionary<string, string>.Empty, Raw = new KubernetesObject(kept) };
    }

    /// <summary>A source as tables show it.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="name">Its name.</param>
    public static string SourceText(string kind, string name) => (kind == SourceKinds.VirtualMachineSnapshot ? "vmsnapshot/" : "vm/") + name;

    /// <summary>A golden image as tables show it.</summary>
    /// <param name="name">The image.</param>
    /// <param name="version">Its version; null where it is not known.</param>
    public static string ImageText(string name, string? version) => "image/" + new ImageVersion(name, version);

    private static CloneRecord FromClone(KubernetesObject clone)
    {
        var source = SourceOf(clone);
        var phase = ReadPhase(clone.StringAt("status", "phase"));
        var ready = clone.Condition("Ready");
        var snapshot = NullIfEmpty(clone.StringAt("status", "snapshotName"));
        var restore = NullIfEmpty(clone.StringAt("status", "restoreName"));
        return new CloneRecord
        {
            Name = clone.Name,
            Namespace = clone.Namespace ?? "",
            SourceKind = source?.Kind ?? clone.StringAt("spec", "source", "kind") ?? "",
            SourceName = source?.Name ?? clone.StringAt("spec", "source", "name") ?? "",
            TargetName = NullIfEmpty(clone.StringAt("spec", "target", "name")) ?? clone.StringAt("status", "targetName") ?? "",
            Phase = phase,
            Ready = ready?.IsTrue == true,
            Bound = phase == ClonePhase.Succeeded && snapshot is null && restore is null,
            Message = MessageOf(clone, phase, ready),
            CreationTimestamp = clone.CreationTimestamp,
            Uid = clone.Uid,
            // A clone of a snapshot that others share: KubeVirt names no snapshot of its own then.
            SnapshotName = snapshot ?? (source is not null && clone.StringAt("spec", "source", "kind") == SourceKinds.VirtualMachineSnapshot ? clone.StringAt("spec", "source", "name") : null),
            RestoreName = restore,
            Batch = clone.Labels.TryGetValue(CloneLabels.Batch, out var batch) ? batch : null,
            Method = CloneMethod.Clone,
            Labels = clone.Labels,
            Raw = clone,
        }.Of(CloneOrigin.Of(clone));
    }

    // What it names itself is what was brought to its namespace.
    private CloneRecord Of(CloneOrigin? origin) => origin is null ? this : this with
    {
        Origin = origin,
        SourceKind = origin.Kind,
        SourceName = origin.Name,
        SnapshotName = SourceKind == SourceKinds.VirtualMachineSnapshot ? SourceName : null,
    };

    // What is done with by KubeVirt is not yet what was asked for.
    private static string MessageOfDone(KubernetesObject clone) =>
        GrowthNote.Describe(clone) is { Length: > 0 } growth ? $"grows once bound: {growth}" : "";

    private static string MessageOf(KubernetesObject clone, ClonePhase phase, ObjectCondition? ready) => (phase, ready?.Reason) switch
    {
        (ClonePhase.Succeeded, _) => MessageOfDone(clone),
        // The text of a Failed clone's condition is overwritten with this by KubeVirt's next look at it.
        (ClonePhase.Failed, "Still processing") => "",
        (_, null) => "",
        (_, "Still processing") => "",
        (_, var reason) => reason,
    };

    private static ClonePhase ReadPhase(string? phase) => phase switch
    {
        null or "" => ClonePhase.Pending,
        _ when Enum.TryParse<ClonePhase>(phase, ignoreCase: false, out var known) => known,
        _ => ClonePhase.Unknown,
    };

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

/// <summary>One version of a golden image.</summary>
/// <param name="Name">The image.</param>
/// <param name="Version">Its version; null where only the image is known.</param>
public sealed record ImageVersion(string Name, string? Version)
{
    /// <inheritdoc/>
    public override string ToString() => Version is null ? Name : $"{Name}:{Version}";
}

/// <summary>What identifies a clone.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Name of the clone object.</param>
/// <param name="Uid">Its uid, when known: another object of the same name is then another clone.</param>
public sealed record CloneReference(string Namespace, string Name, string? Uid = null)
{
    /// <summary>What the user gave, handed back with every update about this clone.</summary>
    public object? Input { get; init; }

    /// <summary>How the clone is made, when known; null looks for either kind of object.</summary>
    public CloneMethod? Method { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}";
}
