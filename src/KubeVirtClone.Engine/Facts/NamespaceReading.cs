using k8s.Models;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Facts;

/// <summary>A Kubernetes Event about one object.</summary>
internal sealed record ObjectEvent(string Kind, string Name, string Uid, string Type, string Reason, string Message, DateTimeOffset? First, DateTimeOffset? Last, int Count)
{
    public static ObjectEvent? From(KubernetesObject item)
    {
        if (item.TryAs<Corev1Event>() is not { InvolvedObject: { Kind: { } kind } about } read)
            return null;
        return new ObjectEvent(
            kind,
            about.Name ?? "",
            about.Uid ?? "",
            read.Type ?? "",
            read.Reason ?? "",
            read.Message ?? "",
            Utc(read.FirstTimestamp ?? read.EventTime) ?? item.CreationTimestamp,
            Utc(read.LastTimestamp ?? read.Series?.LastObservedTime ?? read.EventTime) ?? item.CreationTimestamp,
            read.Count ?? 1);
    }

    /// <summary>Whether it tells of trouble. Some warnings come of every volume that CDI fills.</summary>
    public bool IsTrouble => Type == "Warning" && Reason is not ("ClaimMisbound" or "Pending") && !Message.Contains("the object has been modified", StringComparison.Ordinal);

    /// <summary>Whether it may be about an object, or about one that came of it under its name: one of an earlier object of that name is older.</summary>
    /// <param name="item">The object.</param>
    public bool IsOf(KubernetesObject item) => Kind == item.Kind && Uid.Length > 0 ? Uid == item.Uid : Last is null || item.CreationTimestamp is null || Last >= item.CreationTimestamp;

    private static DateTimeOffset? Utc(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : null;
}

/// <summary>A namespace as diagnosis sees it: all about clones that it holds, and what happened to them, read at one time. What may not be read is named.</summary>
internal sealed record NamespaceReading : NamespaceState
{
    private readonly ILookup<string, ObjectEvent> _events;
    private readonly ILookup<string, KubernetesObject> _claimsOfRestore;

    public NamespaceReading(IEnumerable<ObjectEvent> events, KindListing claims)
    {
        Claims = claims;
        _events = events.ToLookup(e => $"{e.Kind}/{e.Name}", StringComparer.Ordinal);
        _claimsOfRestore = (claims.Items?.Values ?? [])
            .Where(c => c.Annotations.ContainsKey("restore.kubevirt.io/name"))
            .ToLookup(c => c.Annotations["restore.kubevirt.io/name"], StringComparer.Ordinal);
    }

    public DateTimeOffset Now { get; init; }

    public KindListing StorageClasses { get; init; } = KindListing.NotAsked;

    /// <summary>The Secrets and ConfigMaps named by machines that are to start and do not.</summary>
    public References References { get; init; } = References.None;

    public bool EventsRead { get; init; } = true;

    public IReadOnlyList<string> NotRead { get; init; } = [];

    public IEnumerable<ObjectEvent> EventsOf(string kind, string name) => _events[$"{kind}/{name}"];

    /// <summary>Claims made by a restore of that name, an earlier one's of the same name included.</summary>
    public IEnumerable<KubernetesObject> ClaimsOfRestore(string restore) => _claimsOfRestore[restore];

    /// <summary>The quota that has no room for another object of a kind, or null.</summary>
    public V1ResourceQuota? FullQuota(string resource) => Quotas.Items?.Values.Select(q => q.TryAs<V1ResourceQuota>()).FirstOrDefault(q =>
        q?.Status is { } status && status.Hard.Amount(resource) is { } hard && (status.Used.Amount(resource) ?? 0) >= hard);

    /// <summary>When volumes of a storage class are bound; null when that is not known.</summary>
    public string? BindingModeOf(string? storageClass) => StorageClasses.Find(storageClass)?.TryAs<V1StorageClass>()?.VolumeBindingMode;

    /// <summary>Whether a pod is seen to use a claim: somebody may have mounted it to save what is in it.</summary>
    public bool IsUsedByPod(string claim) => ClaimUse.Of(Pods, claim).Count > 0;

    /// <summary>Machines that use a claim, by it or its data volume. Null when machines could not be read.</summary>
    public IReadOnlyList<string>? UsersOf(string claim) => Machines.Items?.Values
        .Where(m => m.ItemsAt("spec", "template", "spec", "volumes").Any(v =>
            v.Member("persistentVolumeClaim")?.Text("claimName") == claim || v.Member("dataVolume")?.Text("name") == claim || v.Member("ephemeral")?.Member("persistentVolumeClaim")?.Text("claimName") == claim))
        .Select(m => m.Name)
        .ToList();
}

/// <summary>Reads a namespace for diagnosis: each kind once, however many clones are looked at.</summary>
internal sealed class NamespaceReader(KubeVirtCluster cluster)
{
    private static readonly HashSet<string> EventKinds = new(StringComparer.Ordinal)
    {
        "VirtualMachineClone", "VirtualMachineSnapshot", "VirtualMachineSnapshotContent", "VirtualMachineRestore", "VirtualMachine", "VirtualMachineInstance",
        "PersistentVolumeClaim", "DataVolume", "VolumeSnapshot",
    };

    public async Task<NamespaceReading> ReadAsync(string ns, CancellationToken ct)
    {
        var reader = new KindReader(cluster);
        var cloneKind = await cluster.GetCloneKindAsync(ct);
        var snapshotVersion = await cluster.GetSnapshotVersionAsync(ct);
        var clones = reader.ListAsync(cloneKind, ns, ct);
        var snapshots = reader.ListAsync(snapshotVersion is null ? null : KubeVirtKinds.Snapshot(snapshotVersion), ns, ct);
        var contents = reader.ListAsync(snapshotVersion is null ? null : KubeVirtKinds.SnapshotContent(snapshotVersion), ns, ct);
        var restores = reader.ListAsync(snapshotVersion is null ? null : KubeVirtKinds.Restore(snapshotVersion), ns, ct);
        var machines = reader.ListAsync(KubeVirtKinds.VirtualMachine, ns, ct);
        var instances = reader.ListAsync(RelatedKinds.Instance, ns, ct);
        var claims = reader.ListAsync(KubeVirtKinds.PersistentVolumeClaim, ns, ct);
        var dataVolumes = reader.ListAsync(RelatedKinds.DataVolume, ns, ct);
        var pods = reader.ListAsync(RelatedKinds.Pod, ns, ClaimUse.Uses, ct);
        var volumeSnapshots = reader.ListAsync(RelatedKinds.VolumeSnapshot, ns, ct);
        var quotas = reader.ListAsync(RelatedKinds.ResourceQuota, ns, ct);
        var classes = reader.ListAsync(RelatedKinds.StorageClass, ns: null, ct);
        // A namespace may hold thousands of events: the filter looks at the JSON, and only what it keeps becomes a model.
        var events = reader.ListAsync(KubeVirtKinds.Event, ns, e => EventKinds.Contains(e.StringAt("involvedObject", "kind") ?? ""), ct);
        await Task.WhenAll(clones, snapshots, contents, restores, machines, instances, claims, dataVolumes, pods, volumeSnapshots, classes, quotas, events);
        var starting = ((await machines).Items?.Values ?? []).Where(m => m.StringAt("status", "printableStatus") == MachineReferences.Starting);
        var references = await new ReferenceReader(reader).ReadAsync(starting.SelectMany(m => MachineReferences.Needed(m.ToJsonObject())).Select(r => new ObjectName(r.Kind, ns, r.Name)), ct);
        return new NamespaceReading(((await events).Items?.Values ?? []).Select(ObjectEvent.From).OfType<ObjectEvent>(), await claims)
        {
            Name = ns,
            Now = cluster.Clock.GetUtcNow(),
            Clones = await clones,
            Snapshots = await snapshots,
            Contents = await contents,
            Restores = await restores,
            Machines = await machines,
            Instances = await instances,
            DataVolumes = await dataVolumes,
            Pods = await pods,
            VolumeSnapshots = await volumeSnapshots,
            StorageClasses = await classes,
            Quotas = await quotas,
            References = references,
            EventsRead = (await events).IsRead,
            NotRead =
            [
                .. new[]
                {
                    ("virtualmachineclones", clones), ("virtualmachinesnapshots", snapshots), ("virtualmachinesnapshotcontents", contents),
                    ("virtualmachinerestores", restores), ("virtualmachines", machines), ("persistentvolumeclaims", claims), ("datavolumes", dataVolumes), ("pods", pods),
                    ("volumesnapshots", volumeSnapshots), ("storageclasses", classes), ("resourcequotas", quotas), ("events", events),
                }.Where(p => p.Item2.Result.WhyNot is not null).Select(p => p.Item1),
            ],
        };
    }
}
