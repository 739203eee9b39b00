using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Facts;

/// <summary>
/// What is known of one namespace: one picture for planning, preflight and diagnosis. A kind that nobody asked for is <see cref="KindListing.NotAsked"/>, one that
/// may not be read says why: nothing is concluded from either.
/// </summary>
internal record NamespaceState
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

    /// <summary>Pods that use claims and have not ended.</summary>
    public KindListing Pods { get; init; } = KindListing.NotAsked;

    public KindListing Quotas { get; init; } = KindListing.NotAsked;

    public KindListing LimitRanges { get; init; } = KindListing.NotAsked;

    public KindListing VolumeSnapshots { get; init; } = KindListing.NotAsked;

    public KindListing Services { get; init; } = KindListing.NotAsked;

    /// <summary>Answers to "may I?", by <c>verb resource</c>; a right that could not be asked for is missing.</summary>
    public IReadOnlyDictionary<string, AccessAnswer> Access { get; init; } = new Dictionary<string, AccessAnswer>(StringComparer.Ordinal);

    /// <summary>Whether machines and claims may be created, as making clones directly needs; false where that is not known.</summary>
    public bool MayPost { get; init; }

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
        if (ContentOf(snapshot)?.At("spec", "source", "virtualMachine") is not { } machine)
            return null;
        if (!_parsed.TryGetValue("snapshot/" + snapshot, out var json))
            _parsed["snapshot/" + snapshot] = json = JsonObject.Create(machine)!;
        return json;
    }

    /// <summary>The machine a request would clone, as far as it is known; the same instance each time, not to be changed.</summary>
    public JsonObject? SourceOf(CloneRequest request) => SourceKinds.Normalize(request.SourceKind) == SourceKinds.VirtualMachineSnapshot ? SnapshottedMachine(request.SourceName) : MachineJson(request.SourceName);

    /// <summary>The fault when what has the name of a request's source is not the object that is meant; null when it is, or that is not known.</summary>
    public Fault? WhyReplaced(CloneRequest request) =>
        (request.SourceKind == SourceKinds.VirtualMachineSnapshot ? Snapshots : Machines).Find(request.SourceName) is { } source ? ReplacedFaults.OfSource(source, request) : null;

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
