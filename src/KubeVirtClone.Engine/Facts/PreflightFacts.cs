using k8s.Models;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Facts;

/// <summary>A source that is cloned.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Kind">Its kind, in full.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct SourceKey(string Namespace, string Kind, string Name)
{
    public static SourceKey Of(CloneRequest request) => new(request.Namespace, SourceKinds.Normalize(request.SourceKind) ?? SourceKinds.VirtualMachine, request.SourceName);
}

/// <summary>Which machine has a MAC address.</summary>
internal sealed record MacOwner(string Namespace, string Machine, string Interface);

/// <summary>Everything a preflight found out about one namespace.</summary>
internal sealed class NamespaceState
{
    private readonly Dictionary<string, JsonObject> _parsed = new(StringComparer.Ordinal);
    private ILookup<string, KubernetesObject>? _clonesUnderWay;
    private ILookup<string, KubernetesObject>? _restoresUnderWay;

    public required string Name { get; init; }

    /// <summary>False when the namespace is known not to exist.</summary>
    public bool Exists { get; init; } = true;

    /// <summary>The sources and targets asked about that exist.</summary>
    public KindListing Machines { get; init; } = KindListing.NotAsked;

    /// <summary>Names of the machines that use each claim or data volume.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ClaimUsers { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    public KindListing Instances { get; init; } = KindListing.NotAsked;

    public KindListing Snapshots { get; init; } = KindListing.NotAsked;

    public KindListing Contents { get; init; } = KindListing.NotAsked;

    public KindListing Clones { get; init; } = KindListing.NotAsked;

    public KindListing Restores { get; init; } = KindListing.NotAsked;

    public KindListing Claims { get; init; } = KindListing.NotAsked;

    public KindListing DataVolumes { get; init; } = KindListing.NotAsked;

    public KindListing Pods { get; init; } = KindListing.NotAsked;

    public KindListing Quotas { get; init; } = KindListing.NotAsked;

    public KindListing LimitRanges { get; init; } = KindListing.NotAsked;

    public KindListing VolumeSnapshots { get; init; } = KindListing.NotAsked;

    public KindListing Services { get; init; } = KindListing.NotAsked;

    /// <summary>Answers to "may I?", by <c>verb resource</c>; a right that could not be asked for is missing.</summary>
    public IReadOnlyDictionary<string, AccessAnswer> Access { get; init; } = new Dictionary<string, AccessAnswer>(StringComparer.Ordinal);

    /// <summary>Whether machines and claims may be created, as making clones directly needs; false where that is not known.</summary>
    public bool MayPost { get; init; }

    /// <summary>The machine inside each snapshot, when contents are known by another way than <see cref="Contents"/>.</summary>
    public IReadOnlyDictionary<string, JsonObject> SnapshottedMachines { get; init; } = new Dictionary<string, JsonObject>(StringComparer.Ordinal);

    /// <summary>Clones that are not done, by the machine they make.</summary>
    public ILookup<string, KubernetesObject> ClonesUnderWay => _clonesUnderWay ??= Aiming(Clones, c => CloneRecord.From(c) is { Phase: not (ClonePhase.Succeeded or ClonePhase.Failed) });

    /// <summary>Restores that are not complete, by the machine they are into.</summary>
    public ILookup<string, KubernetesObject> RestoresUnderWay => _restoresUnderWay ??= Aiming(Restores, r => !r.IsTrueAt("status", "complete"));

    /// <summary>A machine as JSON; the same instance each time, not to be changed.</summary>
    public JsonObject? MachineJson(string name)
    {
        if (Machines.Find(name) is not { } machine)
            return null;
        if (!_parsed.TryGetValue("vm/" + name, out var json))
            _parsed["vm/" + name] = json = machine.ToJsonObject();
        return json;
    }

    /// <summary>The machine inside a snapshot, or null when that is not known; the same instance each time, not to be changed.</summary>
    public JsonObject? SnapshottedMachine(string snapshot)
    {
        if (SnapshottedMachines.TryGetValue(snapshot, out var known))
            return known;
        if (ContentOf(snapshot)?.At("spec", "source", "virtualMachine") is not { } machine)
            return null;
        if (!_parsed.TryGetValue("snapshot/" + snapshot, out var json))
            _parsed["snapshot/" + snapshot] = json = JsonObject.Create(machine)!;
        return json;
    }

    /// <summary>The content of a snapshot, or null.</summary>
    public KubernetesObject? ContentOf(string snapshot) =>
        Contents.Find(Snapshots.Find(snapshot)?.StringAt("status", "virtualMachineSnapshotContentName"));

    private static ILookup<string, KubernetesObject> Aiming(KindListing known, Func<KubernetesObject, bool> counts) =>
        (known.Items?.Values ?? []).Where(counts).ToLookup(o => o.StringAt("spec", "target", "name") ?? "", StringComparer.Ordinal);
}

/// <summary>The server's answer to an access review.</summary>
/// <param name="Allowed">Whether it is allowed.</param>
/// <param name="Reason">The server's reason, which may be empty.</param>
internal sealed record AccessAnswer(bool Allowed, string Reason);

/// <summary>Everything a preflight found out.</summary>
internal sealed class PreflightFacts
{
    public Version? KubeVirtVersion { get; init; }

    public string? CloneApiVersion { get; init; }

    public string? SnapshotApiVersion { get; init; }

    public bool? SnapshotGate { get; init; }

    public KindListing StorageClasses { get; init; } = KindListing.NotAsked;

    public KindListing VolumeSnapshotClasses { get; init; } = KindListing.NotAsked;

    /// <summary>Contents of VolumeSnapshots, where a request wants another volume mode: they say whether that may be changed.</summary>
    public KindListing VolumeSnapshotContents { get; init; } = KindListing.NotAsked;

    /// <summary>CDI's profiles of storage classes, by class; they can name the VolumeSnapshotClass to use.</summary>
    public KindListing StorageProfiles { get; init; } = KindListing.NotAsked;

    /// <summary>The CSI drivers of the cluster; read where disks are copied by CDI.</summary>
    public KindListing CsiDrivers { get; init; } = KindListing.NotAsked;

    /// <summary>How CDI is configured to clone, whatever the storage class; null where it is not, or that is not known.</summary>
    public string? CloneStrategyOverride { get; init; }

    /// <summary>Instance types, preferences and revisions of each source.</summary>
    public IReadOnlyDictionary<SourceKey, SourceSizing> Sizings { get; init; } = new Dictionary<SourceKey, SourceSizing>();

    /// <summary>Instance types and preferences that requests ask for.</summary>
    public KnownTypes Types { get; init; } = KnownTypes.None;

    /// <summary>Secrets, ConfigMaps and DataSources that sources and requests name.</summary>
    public References References { get; init; } = References.None;

    /// <summary>Who has which MAC address, by its number.</summary>
    public IReadOnlyDictionary<ulong, IReadOnlyList<MacOwner>> Macs { get; init; } = new Dictionary<ulong, IReadOnlyList<MacOwner>>();

    /// <summary>True when machines of the named namespaces only could be read for <see cref="Macs"/>.</summary>
    public bool MacsOfNamespacesOnly { get; init; }

    public IReadOnlyDictionary<string, NamespaceState> Namespaces { get; init; } = new Dictionary<string, NamespaceState>(StringComparer.Ordinal);

    /// <summary>What CDI's configuration asks for, for every storage class; null where nothing, or that cannot be read.</summary>
    public static async Task<string?> ReadCloneStrategyAsync(KindReader reader, CancellationToken ct) =>
        (await reader.ListAsync(RelatedKinds.Cdi, ns: null, ct)).Items?.Values.Select(c => c.StringAt("spec", "cloneStrategyOverride")).FirstOrDefault(s => s is { Length: > 0 });

    /// <summary>The class a claim or template without one gets, or null when that is not known.</summary>
    public string? DefaultStorageClass => StorageClasses.Items?.Values
        .Where(c => c.Annotations.GetValueOrDefault("storageclass.kubernetes.io/is-default-class") == "true")
        .OrderByDescending(c => c.CreationTimestamp)
        .FirstOrDefault()?.Name;

    /// <summary>Whether claims of the class can grow once they are bound; null when that is not known.</summary>
    public bool? MayGrow(string? storageClass) => StorageClasses.Find(storageClass) is { } found ? found.IsTrueAt("allowVolumeExpansion") : null;

    /// <summary>True when volumes of the class are bound only when a pod uses them; null when that is not known.</summary>
    public bool? WaitsForFirstConsumer(string? storageClass) =>
        StorageClasses.Find(storageClass) is { } found ? found.TryAs<V1StorageClass>()?.VolumeBindingMode == "WaitForFirstConsumer" : null;

    /// <summary>The driver that makes the volumes of the class; null when that is not known.</summary>
    public string? DriverOf(string? storageClass) => StorageClasses.Find(storageClass)?.TryAs<V1StorageClass>()?.Provisioner;
}
