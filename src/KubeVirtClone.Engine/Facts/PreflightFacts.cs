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
