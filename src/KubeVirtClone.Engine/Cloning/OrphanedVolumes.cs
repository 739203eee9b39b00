using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// Volumes that restores of a batch made and nobody owns: the restore was deleted before it was complete, or went with its machine when somebody
/// deleted that by other means. What was made to stay without a machine is none of them. See <see cref="BatchClaims"/> for how they are told.
/// </summary>
internal sealed class OrphanedVolumes(KubeVirtCluster cluster)
{
    /// <summary>Removes them, as far as no machine uses them and their restore is gone.</summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="withData">Also those that are bound; else only those that were never filled.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What could not be removed, with why.</returns>
    public async Task<IReadOnlyList<string>> RemoveAsync(string ns, string batch, bool withData, CancellationToken ct)
    {
        var (orphaned, unseen) = await FindAsync(ns, batch, ct);
        var gone = orphaned.Where(m => withData || IsEmpty(m.Item));
        var fault = await new RestoreKeeper(cluster).RemoveVolumesAsync(gone, static _ => { }, ct);
        return [.. new[] { unseen, fault is null ? null : $"{fault.TargetName}: {fault.Message}" }.OfType<string>()];
    }

    /// <summary>Finds them.</summary>
    /// <returns>What no machine uses and no restore that is there has made; and, where not all could be read, what that means.</returns>
    public async Task<(IReadOnlyList<(ResourceKind Kind, KubernetesObject Item)> Volumes, string? Unseen)> FindAsync(string ns, string batch, CancellationToken ct)
    {
        var volumes = await NamespaceVolumes.ReadAsync(cluster, ns, ct);
        var made = volumes.Unused(item => BatchClaims.IsOf(item, ns, batch) && !ClaimState.IsToStay(item)).ToList();
        if (made.Count == 0 || await cluster.GetSnapshotVersionAsync(ct) is not { } version)
            return ([], volumes.Unseen);
        var restores = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await foreach (var restore in cluster.Client.ListAsync(KubeVirtKinds.Restore(version), ns, options: null, ct))
                restores.Add($"{restore.Name}-{restore.Uid}");
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            // A restore that is not seen may still fill them.
            return ([], $"{string.Join(", ", made.Select(m => m.Item.Name))} in {ns} may be left over; you may not list the restores that could still need them");
        }

        return (made.Where(m => !restores.Contains(m.Item.Annotations[CloneLabels.LastRestore])).ToList(), volumes.Unseen);
    }

    private static bool IsEmpty(KubernetesObject item) => item.Kind == RelatedKinds.DataVolume.Kind
        ? item.StringAt("status", "phase") is not "Succeeded"
        : item.StringAt("status", "phase") is null or "Pending";
}
