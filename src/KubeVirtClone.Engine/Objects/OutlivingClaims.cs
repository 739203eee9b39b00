using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Claims of machines that were made directly, which were made to stay when their machines go (<c>VolumeOwnershipPolicy None</c>).</summary>
internal sealed class OutlivingClaims(KubeVirtCluster cluster)
{
    private const int MostNamed = 20;

    /// <summary>Whether a machine that stands for a clone was made with such claims: it says so itself, and any other needs no look at its claims.</summary>
    /// <param name="machine">The machine.</param>
    public static bool MayHave(KubernetesObject machine) =>
        CloneRecord.IsMachine(machine) && AskedSizes.Read(machine).Text(RequestFields.VolumeOwnershipPolicy) == VolumeOwnership.None;

    /// <summary>Those there are of a machine that stands for a clone.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="KubernetesException">They cannot be read.</exception>
    public async Task<IReadOnlyList<KubernetesObject>> FindAsync(KubernetesObject machine, CancellationToken ct)
    {
        var found = new List<KubernetesObject>();
        if (!MayHave(machine))
            return found;
        foreach (var name in CloneRecord.From(machine).ClaimNames)
        {
            if (await cluster.Client.FindAsync(KubeVirtKinds.PersistentVolumeClaim, machine.Namespace, name, ct) is { DeletionTimestamp: null } claim
                && ClaimState.MachineOutlived(claim) == machine.Uid)
            {
                found.Add(claim);
            }
        }

        return found;
    }

    /// <summary>Removes those of a machine that was never finished.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null when all of them are gone or going.</returns>
    public async Task<Fault?> RemoveAsync(KubernetesObject machine, CancellationToken ct)
    {
        var catalog = new CloneCatalog(cluster);
        try
        {
            foreach (var claim in await FindAsync(machine, ct))
            {
                if (await catalog.DeleteAsync(KubeVirtKinds.PersistentVolumeClaim, claim.Namespace!, claim.Name, claim.Uid, ct) is { } fault)
                    return fault;
            }

            return null;
        }
        catch (KubernetesException e)
        {
            return FaultMapper.From(e, $"{machine.Namespace}/{machine.Name}");
        }
    }

    /// <summary>What of it stays when machines are removed, in words, one text for each namespace.</summary>
    public static IEnumerable<Advice> Describe(IEnumerable<KubernetesObject> claims) => claims.GroupBy(c => c.Namespace, c => c.Name, StringComparer.Ordinal).Select(left =>
    {
        var names = left.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var some = string.Join(", ", names.Take(MostNamed)) + (names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "");
        return names.Count == 1
            ? (Advice)$"The claim {some} in {left.Key} stays with its data, as was asked when its machine was made ({OptionName.VolumeOwnershipPolicy} None). kubectl delete pvc removes it."
            : $"{names.Count} claims in {left.Key} stay with their data, as was asked when their machines were made ({OptionName.VolumeOwnershipPolicy} None): {some}. kubectl delete pvc removes them.";
    });
}
