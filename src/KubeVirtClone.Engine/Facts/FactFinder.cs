using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Facts;

/// <summary>Asks a cluster what planning needs to know, in a number of requests that does not grow with the batch.</summary>
internal sealed class FactFinder(KubeVirtCluster cluster, ResourceKind cloneKind)
{
    private readonly KindReader _reader = new(cluster);
    private readonly Dictionary<bool, Task<PreflightFacts>> _storage = [];

    /// <summary>What there is of the sources, targets and earlier clones of requests, and of storage where disks are to be other than the source's.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="requests">The requests, all of that namespace.</param>
    /// <param name="givenBatch">The batch whose clones may be taken over; null for a new one.</param>
    /// <param name="mayRestore">Clones may be made by restores: any restore may be in the way of one to the same target.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<(NamespaceState State, PreflightFacts Storage)> FindAsync(
        string ns, IReadOnlyList<CloneRequest> requests, string? givenBatch, bool mayRestore, CancellationToken ct)
    {
        var machineSources = Names(requests, SourceKinds.VirtualMachine);
        var snapshotSources = Names(requests, SourceKinds.VirtualMachineSnapshot);
        var otherDisks = requests.Any(r => r.ChangesDisks);
        var ofBatch = $"{CloneLabels.Batch}={givenBatch}";
        var version = snapshotSources.Count > 0 || givenBatch is not null || mayRestore ? await cluster.GetSnapshotVersionAsync(ct) : null;
        var machines = _reader.NamedAsync(KubeVirtKinds.VirtualMachine, ns, machineSources.Union(requests.Select(r => r.TargetName!), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal), ct);
        var snapshots = SnapshotsAsync(version, ns, snapshotSources, ct);
        var clones = _reader.ListAsync(givenBatch is null ? null : cloneKind, ns, ofBatch, ct);
        var claims = _reader.ListAsync(otherDisks || requests.Any(r => r.VolumeNamePolicy == "PrefixTargetName") ? KubeVirtKinds.PersistentVolumeClaim : null, ns, ct);
        var restores = _reader.ListAsync(version is null || (givenBatch is null && !mayRestore) ? null : KubeVirtKinds.Restore(version), ns, mayRestore ? null : ofBatch, ct);
        var volumeSnapshots = _reader.ListAsync(otherDisks && snapshotSources.Count > 0 ? RelatedKinds.VolumeSnapshot : null, ns, ct);
        var storage = otherDisks ? StorageAsync(requests.Any(r => r.VolumeModes is not null), ct) : Task.FromResult(new PreflightFacts());
        await Task.WhenAll(machines, snapshots, clones, claims, restores, volumeSnapshots, storage);
        var (foundSnapshots, contents) = await snapshots;
        var somethingMissing = machineSources.Any((await machines).Lacks) || snapshotSources.Any(foundSnapshots.Lacks);
        var state = new NamespaceState
        {
            Name = ns,
            Machines = await machines,
            Snapshots = foundSnapshots,
            Contents = contents,
            VolumeSnapshots = await volumeSnapshots,
            Clones = await clones,
            Restores = await restores,
            Claims = await claims,
            // Many users may not read namespaces; then it is the source that is reported missing.
            Exists = !somethingMissing || await _reader.ExistsAsync(RelatedKinds.Namespace, ns: null, ns, ct) != false,
        };
        return (state, await storage);
    }

    /// <summary>The sources of those requests that say which object is meant.</summary>
    public async Task<NamespaceState> FindIdentifiedAsync(string ns, IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        var identified = requests.Where(r => r.SourceUid is { Length: > 0 } || r.SourceMaker is not null).ToList();
        var snapshotSources = Names(identified, SourceKinds.VirtualMachineSnapshot);
        var machines = _reader.NamedAsync(KubeVirtKinds.VirtualMachine, ns, Names(identified, SourceKinds.VirtualMachine), ct);
        var (snapshots, _) = await SnapshotsAsync(snapshotSources.Count == 0 ? null : await cluster.GetSnapshotVersionAsync(ct), ns, snapshotSources, ct);
        return new NamespaceState { Name = ns, Machines = await machines, Snapshots = snapshots };
    }

    private static HashSet<string> Names(IEnumerable<CloneRequest> requests, string kind) =>
        requests.Where(r => r.SourceKind == kind).Select(r => r.SourceName).ToHashSet(StringComparer.Ordinal);

    // Of the whole cluster, and so read once, however many namespaces there are.
    private Task<PreflightFacts> StorageAsync(bool modes, CancellationToken ct) =>
        _storage.TryGetValue(modes, out var read) ? read : _storage[modes] = ReadStorageAsync(modes, ct);

    private async Task<PreflightFacts> ReadStorageAsync(bool modes, CancellationToken ct)
    {
        var classes = _reader.ListAsync(RelatedKinds.StorageClass, ns: null, ct);
        var contents = _reader.ListAsync(modes ? RelatedKinds.VolumeSnapshotContent : null, ns: null, ct);
        return new PreflightFacts { StorageClasses = await classes, VolumeSnapshotContents = await contents };
    }

    private async Task<(KindListing Snapshots, KindListing Contents)> SnapshotsAsync(string? version, string ns, HashSet<string> names, CancellationToken ct)
    {
        if (names.Count == 0 || version is null)
            return (names.Count == 0 ? KindListing.Of([]) : KindListing.NotAsked, KindListing.NotAsked);
        var snapshots = await _reader.NamedAsync(KubeVirtKinds.Snapshot(version), ns, names, ct);
        var contents = (snapshots.Items?.Values ?? []).Select(s => s.StringAt("status", "virtualMachineSnapshotContentName")).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return (snapshots, await _reader.NamedAsync(KubeVirtKinds.SnapshotContent(version), ns, contents, ct));
    }
}
