using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Facts;

/// <summary>What planning found out about one namespace. A null collection means it could not be read: then nothing is concluded from it.</summary>
internal sealed class NamespaceFacts
{
    private NamespaceState? _state;

    public required string Namespace { get; init; }

    /// <summary>The machines asked about that exist, by name; targets and sources alike.</summary>
    public IReadOnlyDictionary<string, KubernetesObject>? Machines { get; init; }

    /// <summary>The snapshots asked about that exist, by name.</summary>
    public IReadOnlyDictionary<string, KubernetesObject>? Snapshots { get; init; }

    /// <summary>The machine inside each snapshot, by the snapshot's name.</summary>
    public IReadOnlyDictionary<string, JsonObject> SnapshottedMachines { get; init; } = new Dictionary<string, JsonObject>(StringComparer.Ordinal);

    /// <summary>Clone objects an earlier run of the batch made, by name.</summary>
    public IReadOnlyDictionary<string, KubernetesObject>? BatchClones { get; init; }

    /// <summary>Restores of the namespace, by name, when some may stand for clones of this batch or be in the way.</summary>
    public IReadOnlyDictionary<string, KubernetesObject>? Restores { get; init; }

    /// <summary>The contents of the snapshots asked about, by name.</summary>
    public IReadOnlyDictionary<string, KubernetesObject>? Contents { get; init; }

    /// <summary>VolumeSnapshots of the namespace, when sizes of disks are asked for.</summary>
    public KindListing VolumeSnapshots { get; init; } = KindListing.NotAsked;

    /// <summary>What the cluster has of storage, when disks are to be other than the source's.</summary>
    public PreflightFacts Storage { get; init; } = new();

    /// <summary>All claims by name, when PrefixTargetName or other disks make them matter.</summary>
    public IReadOnlyDictionary<string, KubernetesObject>? Claims { get; init; }

    /// <summary>False when the namespace is known not to exist.</summary>
    public bool Exists { get; init; } = true;

    /// <summary>The fault when what has the name of a request's source is not the object that is meant; null when it is, or that is not known.</summary>
    public Fault? WhyReplaced(CloneRequest request) =>
        (request.SourceKind == SourceKinds.VirtualMachineSnapshot ? Snapshots : Machines)?.GetValueOrDefault(request.SourceName) is { } source ? ReplacedFaults.OfSource(source, request) : null;

    /// <summary>The same as a preflight knows it; one for all items, so that nothing is read twice.</summary>
    public NamespaceState State => _state ??= new NamespaceState
    {
        Name = Namespace,
        Exists = Exists,
        Machines = KindListing.Of(Machines),
        Snapshots = KindListing.Of(Snapshots),
        SnapshottedMachines = SnapshottedMachines,
        Contents = KindListing.Of(Contents),
        VolumeSnapshots = VolumeSnapshots,
        Claims = KindListing.Of(Claims),
        Clones = KindListing.Of(BatchClones),
        Restores = KindListing.Of(Restores),
    };

    /// <summary>The machine a request would clone, as far as it is known; the same instance each time, not to be changed.</summary>
    public JsonObject? SourceOf(CloneRequest request) => request.SourceKind == SourceKinds.VirtualMachineSnapshot
        ? SnapshottedMachines.GetValueOrDefault(request.SourceName)
        : State.MachineJson(request.SourceName);
}
