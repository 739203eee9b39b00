using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>What a transfer needs on its way only: the machine that carries the disks, and the disks.</summary>
/// <param name="cluster">The connection.</param>
/// <param name="ns">Namespace it goes to.</param>
/// <param name="stem">What the machine's name begins with.</param>
/// <param name="transfers">What names of it end with; and, after the first, of the same begun in another way, which is cleared away with it.</param>
internal sealed class TransferRemains(KubeVirtCluster cluster, string ns, string stem, params IReadOnlyList<string> transfers)
{
    private static readonly ResourceKind[] OnTheWay = [RelatedKinds.DataVolume, RelatedKinds.VolumeSnapshot, RelatedKinds.VolumeSnapshotContent];

    /// <summary>Name of the machine.</summary>
    public string Carrier { get; } = CloneNames.InTransfer(stem, transfers[0]);

    /// <summary>Those of a snapshot on its way to a namespace, in either way.</summary>
    /// <param name="cluster">The connection.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="snapshotUid">Identity of the snapshot.</param>
    public static TransferRemains Of(KubeVirtCluster cluster, TransferTarget target, string snapshotUid) =>
        new(cluster, target.Namespace, target.Stem, target.IdOf(snapshotUid), (target with { HandOver = !target.HandOver }).IdOf(snapshotUid));

    /// <summary>Removes what transfers of a batch have left in a namespace: they were ended on their way, or what they removed was refused.</summary>
    /// <param name="cluster">The connection.</param>
    /// <param name="ns">Namespace.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="warn">Told of what stays.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task CollectAsync(KubeVirtCluster cluster, string ns, string batch, Action<Advice> warn, CancellationToken ct)
    {
        // Each with what the name of its carrier begins with, where there is one.
        var stems = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            foreach (var kind in OnTheWay)
            {
                // What is of the whole cluster says itself for which namespace it is.
                foreach (var item in await FindAsync(cluster, kind, ns, $"{ImageLabels.Transfer},{CloneLabels.Batch}={batch}", ct))
                {
                    if (kind.Namespaced || item.StringAt("spec", "volumeSnapshotRef", "namespace") == ns)
                        stems[item.Labels[ImageLabels.Transfer]] = "";
                }
            }

            await CollectTypesAsync(cluster, ns, batch, ct);
            if (stems.Count == 0)
                return;
            await foreach (var machine in cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, ns, options: null, ct))
            {
                if (stems.Keys.FirstOrDefault(t => machine.Name.EndsWith("-" + t, StringComparison.Ordinal)) is { } transfer)
                    stems[transfer] = machine.Name[..^(transfer.Length + 1)];
            }

            foreach (var (transfer, stem) in stems)
                await new TransferRemains(cluster, ns, stem, transfer).ClearAsync(warn, ct);
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            cluster.Callbacks.Verbose?.Invoke($"Whether transfers of batch '{batch}' have left anything in {ns} cannot be seen: {e.ApiMessage}");
        }
    }

    // Copies of types go with the snapshot that is made there, and are nobody's before it is.
    private static async Task CollectTypesAsync(KubeVirtCluster cluster, string ns, string batch, CancellationToken ct)
    {
        if ((await cluster.Client.GetServedVersionsAsync(RelatedKinds.TypeGroup, ct)) is not [var version, ..])
            return;
        foreach (var kind in new[] { RelatedKinds.Type(version, "VirtualMachineInstancetype"), RelatedKinds.Type(version, "VirtualMachinePreference") })
        {
            foreach (var copy in await FindAsync(cluster, kind, ns, $"{ImageLabels.Transfer},{CloneLabels.Batch}={batch}", ct))
            {
                if (!copy.ItemsAt("metadata", "ownerReferences").Any())
                    await new CloneCatalog(cluster).DeleteAsync(kind, ns, copy.Name, copy.Uid, ct);
            }
        }
    }

    /// <summary>Whether an object is of this transfer.</summary>
    public bool IsOurs(KubernetesObject item) => item.Labels.GetValueOrDefault(ImageLabels.Transfer) == transfers[0];

    // Names of its volumes end with what nobody else's do; labels and annotations are the source's, for machines made of it will have the same.
    public bool IsCarrier(KubernetesObject machine) =>
        machine.StringAt("spec", "runStrategy") == "Halted"
        && SourceMachine.Copied(machine.ToJsonObject()).All(v => transfers.Any(t => v.Claim.EndsWith("-" + t, StringComparison.Ordinal)));

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
        foreach (var transfer in transfers)
        {
            if (await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, ns, CloneNames.InTransfer(stem, transfer), ct) is { } carrier && IsCarrier(carrier))
                removed.Add(new(KubeVirtKinds.VirtualMachine, ns, carrier.Name, carrier.Uid));
        }

        // Those the machine has adopted go with it; whether it has come to that is not known. Claims of snapshots that were handed over are the machine's own from the start.
        foreach (var kind in OnTheWay)
            removed.AddRange((await FindAsync(cluster, kind, ns, $"{ImageLabels.Transfer} in ({string.Join(',', transfers)})", ct)).Select(item => new RemovedObject(kind, item.Namespace ?? "", item.Name, item.Uid)));

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

    // Of what the user may not see, such as what is of the whole cluster, he has made nothing.
    private static async Task<IReadOnlyList<KubernetesObject>> FindAsync(KubeVirtCluster cluster, ResourceKind kind, string ns, string selector, CancellationToken ct)
    {
        var found = new List<KubernetesObject>();
        if ((await cluster.Client.GetServedVersionsAsync(kind.Group, ct)).Count == 0)
            return found;
        try
        {
            await foreach (var item in cluster.Client.ListAsync(kind, kind.Namespaced ? ns : null, new ListOptions { LabelSelector = selector }, ct))
                found.Add(item);
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            cluster.Callbacks.Verbose?.Invoke($"Whether a transfer has left {kind.Plural} in {ns} cannot be seen: {e.ApiMessage}");
        }

        return found;
    }
}
