using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Facts;

/// <summary>Reads which MAC addresses machines have.</summary>
internal static class MacReader
{
    /// <summary>A pool that knows the addresses that are taken; where the cluster may not be read as a whole, those in the namespaces of the batch.</summary>
    public static async Task<MacPool> ReadPoolAsync(KubeVirtCluster cluster, IReadOnlyCollection<CloneRequest> requests, CancellationToken ct)
    {
        var pool = MacPool.Of([], requests);
        try
        {
            await ReadAsync(pool, cluster, ns: null, ct);
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            var namespaces = requests.Select(r => r.Namespace).Distinct(StringComparer.Ordinal).ToList();
            cluster.Callbacks.Warning?.Invoke(
                $"The machines of all namespaces cannot be read, so the MAC addresses made are unique only in {string.Join(", ", namespaces)}.");
            foreach (var ns in namespaces)
                await KubeVirtCluster.GuardAsync(async () => { await ReadAsync(pool, cluster, ns, ct); return pool; });
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e));
        }

        return pool;
    }

    private static async Task ReadAsync(MacPool pool, KubeVirtCluster cluster, string? ns, CancellationToken ct)
    {
        await foreach (var vm in cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, ns, options: null, ct))
        {
            foreach (var nic in vm.ItemsAt("spec", "template", "spec", "domain", "devices", "interfaces"))
                pool.Take(nic.Text("macAddress"));
        }
    }
}
