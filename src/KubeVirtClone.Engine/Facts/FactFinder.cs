using System.Collections.Concurrent;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Facts;

/// <summary>Asks a cluster what planning needs to know, in a number of requests that does not grow with the batch.</summary>
internal sealed class FactFinder(KubeVirtCluster cluster, ResourceKind cloneKind)
{
    // Up to this many objects are read one by one, which is quicker and needs fewer rights; more are picked out of one list.
    private const int MaxSingleReads = 8;

    private static readonly ResourceKind NamespaceKind = new("", "v1", "namespaces", "Namespace", Namespaced: false);

    private readonly KindReader _reader = new(cluster);
    private readonly Dictionary<bool, Task<PreflightFacts>> _storage = [];

    public async Task<NamespaceFacts> FindAsync(string ns, IReadOnlyList<CloneRequest> requests, string? givenBatch, bool mayRestore, CancellationToken ct)
    {
        var machineSources = Names(requests.Where(r => r.SourceKind == SourceKinds.VirtualMachine).Select(r => r.SourceName));
        var snapshotSources = Names(requests.Where(r => r.SourceKind == SourceKinds.VirtualMachineSnapshot).Select(r => r.SourceName));
        var targets = Names(requests.Select(r => r.TargetName!));
        var machines = ReadAsync(KubeVirtKinds.VirtualMachine, ns, Names(machineSources.Union(targets, StringComparer.Ordinal)), ct);
        var snapshots = ReadSnapshotsAsync(ns, snapshotSources, ct);
        var clones = givenBatch is null
            ? Task.FromResult<Dictionary<string, KubernetesObject>?>(null)
            : ListAsync(cloneKind, ns, $"{CloneLabels.Batch}={givenBatch}", _ => true, ct);
        var otherDisks = requests.Any(r => r.ChangesDisks);
        var claims = otherDisks || requests.Any(r => r.VolumeNamePolicy == "PrefixTargetName")
            ? ListAsync(KubeVirtKinds.PersistentVolumeClaim, ns, selector: null, _ => true, ct)
            : Task.FromResult<Dictionary<string, KubernetesObject>?>(null);
        var restores = ReadRestoresAsync(ns, givenBatch, mayRestore, ct);
        var volumeSnapshots = otherDisks && snapshotSources.Count > 0 ? _reader.ListAsync(RelatedKinds.VolumeSnapshot, ns, ct) : Task.FromResult(KindListing.NotAsked);
        var storage = otherDisks ? ReadStorageAsync(requests.Any(r => r.VolumeModes is not null), ct) : Task.FromResult(new PreflightFacts());
        await Task.WhenAll(machines, snapshots, clones, claims, restores, volumeSnapshots, storage);

        var (foundSnapshots, snapshotted, contents) = await snapshots;
        var foundMachines = await machines;
        var somethingMissing = machineSources.Any(n => foundMachines?.ContainsKey(n) == false)
            || snapshotSources.Any(n => foundSnapshots?.ContainsKey(n) == false);
        return new NamespaceFacts
        {
            Namespace = ns,
            Machines = foundMachines,
            Snapshots = foundSnapshots,
            SnapshottedMachines = snapshotted,
            Contents = contents,
            VolumeSnapshots = await volumeSnapshots,
            Storage = await storage,
            BatchClones = await clones,
            Restores = await restores,
            Claims = await claims,
            Exists = !somethingMissing || await NamespaceExistsAsync(ns, ct),
        };
    }

    /// <summary>The sources of those requests that say which object is meant.</summary>
    public async Task<NamespaceFacts> FindIdentifiedAsync(string ns, IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        var identified = requests.Where(r => r.SourceUid is { Length: > 0 } || r.SourceMaker is not null).ToLookup(r => r.SourceKind, r => r.SourceName, StringComparer.Ordinal);
        var machines = ReadAsync(KubeVirtKinds.VirtualMachine, ns, Names(identified[SourceKinds.VirtualMachine]), ct);
        var (snapshots, _, _) = await ReadSnapshotsAsync(ns, Names(identified[SourceKinds.VirtualMachineSnapshot]), ct);
        return new NamespaceFacts { Namespace = ns, Machines = await machines, Snapshots = snapshots };
    }

    private static HashSet<string> Names(IEnumerable<string> names) => names.ToHashSet(StringComparer.Ordinal);

    private async Task<Dictionary<string, KubernetesObject>?> ReadRestoresAsync(string ns, string? givenBatch, bool mayRestore, CancellationToken ct)
    {
        if ((givenBatch is null && !mayRestore) || await cluster.GetSnapshotVersionAsync(ct) is not { } version)
            return null;
        // Any restore may be in the way of one to the same target; only this batch's may be taken over.
        return await ListAsync(KubeVirtKinds.Restore(version), ns, mayRestore ? null : $"{CloneLabels.Batch}={givenBatch}", _ => true, ct);
    }

    // Of the whole cluster, and so read once, however many namespaces there are.
    private Task<PreflightFacts> ReadStorageAsync(bool modes, CancellationToken ct) =>
        _storage.TryGetValue(modes, out var read) ? read : _storage[modes] = ReadStorageOnceAsync(modes, ct);

    private async Task<PreflightFacts> ReadStorageOnceAsync(bool modes, CancellationToken ct)
    {
        var classes = _reader.ListAsync(RelatedKinds.StorageClass, ns: null, ct);
        var contents = modes ? _reader.ListAsync(RelatedKinds.VolumeSnapshotContent, ns: null, ct) : Task.FromResult(KindListing.NotAsked);
        return new PreflightFacts { StorageClasses = await classes, VolumeSnapshotContents = await contents };
    }

    private async Task<(Dictionary<string, KubernetesObject>? Snapshots, Dictionary<string, JsonObject> Machines, Dictionary<string, KubernetesObject>? Contents)> ReadSnapshotsAsync(
        string ns,
        HashSet<string> names,
        CancellationToken ct)
    {
        var machines = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        var version = names.Count == 0 ? null : await cluster.GetSnapshotVersionAsync(ct);
        if (version is null)
            return (names.Count == 0 ? new(StringComparer.Ordinal) : null, machines, null);
        var snapshots = await ReadAsync(KubeVirtKinds.Snapshot(version), ns, names, ct);
        var contents = snapshots?.Values
            .Select(s => (Snapshot: s.Name, Content: s.StringAt("status", "virtualMachineSnapshotContentName")))
            .Where(p => p.Content is not null)
            .ToDictionary(p => p.Content!, p => p.Snapshot, StringComparer.Ordinal) ?? [];
        var read = await ReadAsync(KubeVirtKinds.SnapshotContent(version), ns, Names(contents.Keys), ct);
        foreach (var content in (IEnumerable<KubernetesObject>?)read?.Values ?? [])
        {
            if (content.At("spec", "source", "virtualMachine") is { } machine)
                machines[contents[content.Name]] = JsonObject.Create(machine)!;
        }

        return (snapshots, machines, read);
    }

    private async Task<Dictionary<string, KubernetesObject>?> ReadAsync(ResourceKind kind, string ns, HashSet<string> names, CancellationToken ct)
    {
        if (names.Count > MaxSingleReads)
            return await ListAsync(kind, ns, selector: null, names.Contains, ct);
        var found = new ConcurrentDictionary<string, KubernetesObject>(StringComparer.Ordinal);
        return await UnlessRefusedAsync($"{kind.Plural} in {ns}", async () =>
        {
            await Task.WhenAll(names.Select(async name =>
            {
                if (await cluster.Client.FindAsync(kind, ns, name, ct) is { } item)
                    found[name] = item;
            }));
            return new Dictionary<string, KubernetesObject>(found, StringComparer.Ordinal);
        });
    }

    private Task<Dictionary<string, KubernetesObject>?> ListAsync(ResourceKind kind, string ns, string? selector, Func<string, bool> wanted, CancellationToken ct) =>
        UnlessRefusedAsync($"{kind.Plural} in {ns}", async () =>
        {
            var found = new Dictionary<string, KubernetesObject>(StringComparer.Ordinal);
            await foreach (var item in cluster.Client.ListAsync(kind, ns, new ListOptions { LabelSelector = selector }, ct))
            {
                if (wanted(item.Name))
                    found[item.Name] = item;
            }

            return found;
        });

    private async Task<bool> NamespaceExistsAsync(string ns, CancellationToken ct)
    {
        try
        {
            return await cluster.Client.FindAsync(NamespaceKind, ns: null, ns, ct) is not null;
        }
        catch (ApiStatusException)
        {
            // Many users may not read namespaces; then it is the source that is reported missing.
            return true;
        }
    }

    // What a user may not read is not checked; the server has the last word anyway.
    private async Task<T?> UnlessRefusedAsync<T>(string what, Func<Task<T>> read)
        where T : class
    {
        try
        {
            return await read();
        }
        catch (KubernetesException e) when (!FaultMapper.EndsEverything(e))
        {
            cluster.Callbacks.Verbose?.Invoke($"Not checked: {what} ({e.Message})");
            return null;
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e));
        }
    }
}
