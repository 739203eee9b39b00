using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Objects;

/// <summary>The claims and data volumes of one namespace, which restore made each, and which machines use them: as read at one moment.</summary>
internal sealed class NamespaceVolumes
{
    private static readonly ResourceKind DataVolumes = new("cdi.kubevirt.io", "v1beta1", "datavolumes", "DataVolume");

    private readonly List<(ResourceKind Kind, KubernetesObject Item)> _items = [];
    private readonly Dictionary<string, HashSet<string>> _users = new(StringComparer.Ordinal);

    private NamespaceVolumes()
    {
    }

    public static async Task<NamespaceVolumes> ReadAsync(KubeVirtCluster cluster, string ns, CancellationToken ct)
    {
        var volumes = new NamespaceVolumes();
        foreach (var kind in new[] { DataVolumes, KubeVirtKinds.PersistentVolumeClaim })
        {
            if (kind.Group.Length > 0 && !(await cluster.Client.GetServedVersionsAsync(kind.Group, ct)).Contains(kind.Version, StringComparer.Ordinal))
                continue;
            await foreach (var item in cluster.Client.ListAsync(kind, ns, options: null, ct))
            {
                if (item.DeletionTimestamp is null)
                    volumes._items.Add((kind, item));
            }
        }

        await foreach (var vm in cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, ns, options: null, ct))
        {
            foreach (var name in UsedBy(vm))
            {
                if (!volumes._users.TryGetValue(name, out var users))
                    volumes._users[name] = users = new(StringComparer.Ordinal);
                users.Add(vm.Name);
            }
        }

        return volumes;
    }

    /// <summary>What a restore made and no machine uses.</summary>
    /// <param name="mark">Value of the annotation <c>restore.kubevirt.io/lastRestoreUID</c>: <c>name-uid</c> of the restore.</param>
    /// <param name="listed">Names the restore itself listed.</param>
    /// <param name="spare">Whether a machine's use does not count, because it is being deleted.</param>
    public IEnumerable<(ResourceKind Kind, KubernetesObject Item)> UnusedOf(string mark, IReadOnlySet<string> listed, Func<string, bool> spare) =>
        _items.Where(i => WasMadeBy(i.Item, mark, listed) && (!_users.TryGetValue(i.Item.Name, out var users) || users.All(spare)));

    /// <summary>What is chosen and no machine uses.</summary>
    public IEnumerable<(ResourceKind Kind, KubernetesObject Item)> Unused(Func<KubernetesObject, bool> chosen) =>
        _items.Where(i => chosen(i.Item) && !_users.ContainsKey(i.Item.Name));

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
