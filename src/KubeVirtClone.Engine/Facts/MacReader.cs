using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Facts;

/// <summary>Reads which MAC addresses machines have.</summary>
internal static class MacReader
{
    /// <summary>A pool that knows the addresses that are taken.</summary>
    public static async Task<MacPool> ReadPoolAsync(KubeVirtCluster cluster, IReadOnlyList<CloneRequest> requests, CancellationToken ct) =>
        MacPool.Of((await ReadAsync(cluster, requests, ct)).Keys, requests);

    /// <summary>Who has which address, by its number; where the cluster may not be read as a whole, in the namespaces of the batch.</summary>
    public static async Task<IReadOnlyDictionary<ulong, IReadOnlyList<MacOwner>>> ReadAsync(KubeVirtCluster cluster, IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        var machines = new MachineIndex(requests);
        var reader = new KindReader(cluster);
        if (await machines.ReadAsync(cluster, reader, ns: null, ct) is null)
            return machines.Macs();
        var namespaces = requests.Select(r => r.Namespace).Distinct(StringComparer.Ordinal).ToList();
        if (requests.Any(r => r.GenerateMacAddresses))
            cluster.Callbacks.Warning?.Invoke($"The machines of all namespaces cannot be read, so the MAC addresses made are unique only in {string.Join(", ", namespaces)}.");
        // What the whole list had already may come once more.
        machines = new MachineIndex(requests);
        await Task.WhenAll(namespaces.Select(ns => machines.ReadAsync(cluster, reader, ns, ct)));
        return machines.Macs();
    }
}
