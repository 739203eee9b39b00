using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Reads virtual machines.</summary>
public sealed class VirtualMachines
{
    private readonly KubeVirtCluster _cluster;

    /// <summary>Over a connection.</summary>
    /// <param name="cluster">The connection.</param>
    public VirtualMachines(KubeVirtCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _cluster = cluster;
    }

    /// <summary>
    /// Virtual machines, streamed as the server sends them. An exact name that does not exist gives a fault in its place
    /// (<see cref="FaultIds.VMNotFound"/>); a pattern that matches nothing gives nothing.
    /// </summary>
    /// <param name="query">What to list.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async IAsyncEnumerable<ListedItem<VirtualMachineRecord>> ListAsync(ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        var lister = new ObjectLister(_cluster, KubeVirtKinds.VirtualMachine, FaultIds.VMNotFound, "virtual machine");
        await foreach (var found in lister.ListAsync(query, ct))
            yield return new(found.Value is { } vm ? VirtualMachineRecord.From(vm) : null, found.Fault);
    }

    /// <summary>One virtual machine, or null when it does not exist.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Cancels.</param>
    public Task<VirtualMachineRecord?> FindAsync(string ns, string name, CancellationToken ct) => KubeVirtCluster.GuardAsync(async () =>
        await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, ns, name, ct) is { } vm ? VirtualMachineRecord.From(vm) : null);
}
