using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>What a transfer needs on its way only: the machine that carries the disks, and the disks.</summary>
internal sealed class TransferRemains(KubeVirtCluster cluster, string ns, string transfer, string stem)
{
    /// <summary>Name of the machine.</summary>
    public string Carrier { get; } = CloneNames.InTransfer(stem, transfer);

    /// <summary>Removes what transfers of a batch have left in a namespace: they were ended on their way, or what they removed was refused.</summary>
    /// <param name="cluster">The connection.</param>
    /// <param name="ns">Namespace.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="warn">Told of what stays.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task CollectAsync(KubeVirtCluster cluster, string ns, string batch, Action<Advice> warn, CancellationToken ct)
    {
        if ((await cluster.Client.GetServedVersionsAsync(RelatedKinds.DataVolume.Group, ct)).Count == 0)
            return;
        // Each with what the name of its carrier begins with, where there is one.
        var stems = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            var selector = $"{ImageLabels.Transfer},{CloneLabels.Batch}={batch}";
            await foreach (var item in cluster.Client.ListAsync(RelatedKinds.DataVolume, ns, new ListOptions { LabelSelector = selector }, ct))
                stems[item.Labels[ImageLabels.Transfer]] = "";
            if (stems.Count == 0)
                return;
            await foreach (var machine in cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, ns, options: null, ct))
            {
                if (stems.Keys.FirstOrDefault(t => machine.Name.EndsWith("-" + t, StringComparison.Ordinal)) is { } transfer)
                    stems[transfer] = machine.Name[..^(transfer.Length + 1)];
            }

            foreach (var (transfer, stem) in stems)
                await new TransferRemains(cluster, ns, transfer, stem).ClearAsync(warn, ct);
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            cluster.Callbacks.Verbose?.Invoke($"Whether transfers of batch '{batch}' have left anything in {ns} cannot be seen: {e.ApiMessage}");
        }
    }

    // Names of its volumes end with what nobody else's do; labels and annotations are the source's, for machines made of it will have the same.
    public bool IsCarrier(KubernetesObject machine) =>
        machine.StringAt("spec", "runStrategy") == "Halted"
        && SourceMachine.Copied(machine.ToJsonObject()).All(v => v.Claim.EndsWith("-" + transfer, StringComparison.Ordinal));

    /// <summary>Removes both, and waits until they are gone.</summary>
    public async Task ClearAsync(Action<Advice> warn, CancellationToken ct)
    {
        var removed = await RemoveAsync(warn, ct);
        if (await new RemovalWaiter(cluster).WarnOfLeftAsync(removed, ct) is { } left)
            warn(left);
    }

    /// <summary>Removes both.</summary>
    public async Task<IReadOnlyList<RemovedObject>> RemoveAsync(Action<Advice> warn, CancellationToken ct)
    {
        var removed = new List<RemovedObject>();
        if (await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, ns, Carrier, ct) is { } carrier && IsCarrier(carrier))
            removed.Add(new(KubeVirtKinds.VirtualMachine, ns, carrier.Name, carrier.Uid));
        // Those the machine has adopted go with it; whether it has come to that is not known.
        if ((await cluster.Client.GetServedVersionsAsync(RelatedKinds.DataVolume.Group, ct)).Count > 0)
        {
            await foreach (var item in cluster.Client.ListAsync(RelatedKinds.DataVolume, ns, new ListOptions { LabelSelector = $"{ImageLabels.Transfer}={transfer}" }, ct))
                removed.Add(new(RelatedKinds.DataVolume, ns, item.Name, item.Uid));
        }

        foreach (var item in removed)
        {
            if (await new CloneCatalog(cluster).DeleteAsync(item.Kind, item.Namespace, item.Name, item.Uid, ct) is not { } fault)
                continue;
            warn($"{item} was only needed on the way, and is still there: {fault.Message}");
            // By its disks it is found again.
            if (item.Kind == KubeVirtKinds.VirtualMachine)
                break;
        }

        return removed;
    }
}
