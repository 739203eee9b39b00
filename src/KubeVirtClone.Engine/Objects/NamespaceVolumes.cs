using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>The claims and data volumes of one namespace, which restore made each, and which machines use them: as read at one moment.</summary>
internal sealed class NamespaceVolumes
{
    private readonly List<(ResourceKind Kind, KubernetesObject Item)> _items = [];
    private readonly Dictionary<string, HashSet<string>> _users = new(StringComparer.Ordinal);
    private readonly List<string> _notRead = [];

    private NamespaceVolumes()
    {
    }

    /// <summary>Why volumes may be there that are not seen here, in words; null when all that matters was read.</summary>
    public string? Unseen { get; private set; }

    /// <summary>
    /// Reads them. What the user may not read is left out, and with it what cannot be told without: a claim of a data volume that is not seen, which
    /// CDI might make again, and everything where machines are not seen.
    /// </summary>
    public static async Task<NamespaceVolumes> ReadAsync(KubeVirtCluster cluster, string ns, CancellationToken ct)
    {
        var volumes = new NamespaceVolumes();
        foreach (var kind in new[] { RelatedKinds.DataVolume, KubeVirtKinds.PersistentVolumeClaim })
        {
            if (kind.Group.Length > 0 && !(await cluster.Client.GetServedVersionsAsync(kind.Group, ct)).Contains(kind.Version, StringComparer.Ordinal))
                continue;
            await volumes.ListAsync(cluster, kind, ns, item => volumes._items.Add((kind, item)), ct);
        }

        await volumes.ListAsync(cluster, KubeVirtKinds.VirtualMachine, ns, volumes.AddUses, ct);
        volumes.LeaveOutUncertain(ns);
        return volumes;
    }

    private async Task ListAsync(KubeVirtCluster cluster, ResourceKind kind, string ns, Action<KubernetesObject> add, CancellationToken ct)
    {
        try
        {
            await foreach (var item in cluster.Client.ListAsync(kind, ns, options: null, ct))
            {
                if (item.DeletionTimestamp is null || kind == KubeVirtKinds.VirtualMachine)
                    add(item);
            }
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            cluster.Callbacks.Verbose?.Invoke($"{kind.Plural} in {ns} are left out: {e.ApiMessage}");
            _notRead.Add(kind.Plural);
        }
    }

    private void AddUses(KubernetesObject vm)
    {
        foreach (var name in UsedBy(vm))
        {
            if (!_users.TryGetValue(name, out var users))
                _users[name] = users = new(StringComparer.Ordinal);
            users.Add(vm.Name);
        }
    }

    private void LeaveOutUncertain(string ns)
    {
        var uncertain = IsUnread(KubeVirtKinds.VirtualMachine) ? _items.RemoveAll(_ => true)
            : IsUnread(RelatedKinds.DataVolume) ? _items.RemoveAll(i => IsOfDataVolume(i.Item))
            : 0;
        if (uncertain > 0 || IsUnread(KubeVirtKinds.PersistentVolumeClaim))
            Unseen = $"volumes in {ns} that were restored may be left, because you may not list {string.Join(" and ", _notRead)}";

        bool IsUnread(ResourceKind kind) => _notRead.Contains(kind.Plural, StringComparer.Ordinal);
    }

    private static bool IsOfDataVolume(KubernetesObject item) => item.ItemsAt("metadata", "ownerReferences").Any(o => o.Text("kind") == RelatedKinds.DataVolume.Kind);

    /// <summary>What of these does not go with a machine by itself: neither the machine owns it, nor a data volume which the machine owns.</summary>
    public IEnumerable<(ResourceKind Kind, KubernetesObject Item)> NotOwnedBy(string machineUid, IEnumerable<(ResourceKind Kind, KubernetesObject Item)> volumes)
    {
        var going = new HashSet<string>(StringComparer.Ordinal) { machineUid };
        foreach (var (kind, item) in _items)
        {
            if (kind == RelatedKinds.DataVolume && IsOwned(item))
                going.Add(item.Uid);
        }

        return volumes.Where(v => !IsOwned(v.Item));

        bool IsOwned(KubernetesObject item) => item.ItemsAt("metadata", "ownerReferences").Any(o => going.Contains(o.Text("uid") ?? ""));
    }

    /// <summary>What a restore made and no machine uses.</summary>
    /// <param name="mark">Value of the annotation <c>restore.kubevirt.io/lastRestoreUID</c>: <c>name-uid</c> of the restore.</param>
    /// <param name="listed">Names the restore itself listed.</param>
    /// <param name="spare">Whether a machine's use does not count, because it is being deleted.</param>
    public IEnumerable<(ResourceKind Kind, KubernetesObject Item)> UnusedOf(string mark, IReadOnlySet<string> listed, Func<string, bool> spare) =>
        _items.Where(i => WasMadeBy(i.Item, mark, listed) && (!_users.TryGetValue(i.Item.Name, out var users) || users.All(spare)));

    /// <summary>What is chosen and no machine uses.</summary>
    /// <param name="chosen">Which are meant.</param>
    /// <param name="spare">Whether a machine's use does not count, because it is being deleted; null counts every one.</param>
    public IEnumerable<(ResourceKind Kind, KubernetesObject Item)> Unused(Func<KubernetesObject, bool> chosen, Func<string, bool>? spare = null) =>
        _items.Where(i => chosen(i.Item) && (!_users.TryGetValue(i.Item.Name, out var users) || (spare is not null && users.All(spare))));

    // The mark alone is certain; the name alone may be that of an earlier restore, or of a claim somebody else made.
    private static bool WasMadeBy(KubernetesObject item, string mark, IReadOnlySet<string> listed) =>
        item.Annotations.TryGetValue(CloneLabels.LastRestore, out var made)
            ? made == mark
            : listed.Contains(item.Name) && item.Annotations.TryGetValue("restore.kubevirt.io/name", out var name) && mark.StartsWith(name + "-", StringComparison.Ordinal);

    private static IEnumerable<string> UsedBy(KubernetesObject vm)
    {
        foreach (var volume in vm.ItemsAt("spec", "template", "spec", "volumes"))
        {
            foreach (var kind in new[] { ("persistentVolumeClaim", "claimName"), ("dataVolume", "name"), ("memoryDump", "claimName") })
            {
                if (volume.Member(kind.Item1)?.Text(kind.Item2) is { } name)
                    yield return name;
            }

            if (volume.Member("ephemeral")?.Member("persistentVolumeClaim")?.Text("claimName") is { } backing)
                yield return backing;
        }
    }
}
