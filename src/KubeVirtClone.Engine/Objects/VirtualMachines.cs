using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Reads virtual machines.</summary>
/// <param name="cluster">The connection.</param>
public sealed class VirtualMachines(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

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

    /// <summary>
    /// The same, with what instances tell: node, addresses, and what instance types gave. Who may not read instances gets the machines without.
    /// </summary>
    /// <param name="query">What to list.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async IAsyncEnumerable<ListedItem<VirtualMachineRecord>> ListWithInstancesAsync(ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        Dictionary<(string?, string), KubernetesObject>? instances = null;
        await foreach (var (machine, fault) in ListAsync(query, ct))
        {
            // One that does not run has no instance: where all are stopped, none is asked for.
            if (machine is null || machine.Status is "Stopped" or "Unknown")
            {
                yield return new(machine, fault);
                continue;
            }

            instances ??= await ReadInstancesAsync(query, machine, ct);
            yield return new(instances.TryGetValue((machine.Namespace, machine.Name), out var instance) ? machine.With(instance) : machine, null);
        }
    }

    private async Task<Dictionary<(string?, string), KubernetesObject>> ReadInstancesAsync(ListQuery query, VirtualMachineRecord first, CancellationToken ct)
    {
        var instances = new Dictionary<(string?, string), KubernetesObject>();
        try
        {
            if (query.Names.Count == 1 && !query.AllNamespaces && !new WildcardName(query.Names[0]).IsPattern)
            {
                if (await _cluster.Client.FindAsync(RelatedKinds.Instance, first.Namespace, first.Name, ct) is { } only)
                    instances[(only.Namespace, only.Name)] = only;
                return instances;
            }

            await foreach (var instance in _cluster.Client.ListAsync(RelatedKinds.Instance, query.AllNamespaces ? null : first.Namespace, options: null, ct))
                instances[(instance.Namespace, instance.Name)] = instance;
        }
        catch (KubernetesException e)
        {
            _cluster.Callbacks.Verbose?.Invoke($"Nodes and addresses cannot be seen: {e.Message}");
        }

        return instances;
    }

    /// <summary>One virtual machine, or null when it does not exist.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Cancels.</param>
    public Task<VirtualMachineRecord?> FindAsync(string ns, string name, CancellationToken ct) => KubeVirtCluster.GuardAsync(async () =>
        await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, ns, name, ct) is { } vm ? VirtualMachineRecord.From(vm) : null);
}
