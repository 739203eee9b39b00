using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// Volumes that restores of a batch made and nobody owns: the restore was deleted before it was complete, or went with its machine when somebody
/// deleted that by other means. KubeVirt notes on each which restore made it, and the name of a restore of ours follows from batch and target.
/// </summary>
internal sealed class OrphanedVolumes(KubeVirtCluster cluster)
{
    private const int UidLength = 36;

    /// <summary>Removes them, as far as no machine uses them and their restore is gone.</summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="withData">Also those that are bound; else only those that were never filled.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What could not be removed, with why.</returns>
    public async Task<IReadOnlyList<string>> RemoveAsync(string ns, string batch, bool withData, CancellationToken ct)
    {
        var volumes = await NamespaceVolumes.ReadAsync(cluster, ns, ct);
        var made = volumes.Unused(item => IsOfBatch(item, ns, batch) && (withData || IsEmpty(item))).ToList();
        if (made.Count == 0 || await cluster.GetSnapshotVersionAsync(ct) is not { } version)
            return [];
        var restores = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var restore in cluster.Client.ListAsync(KubeVirtKinds.Restore(version), ns, options: null, ct))
            restores.Add($"{restore.Name}-{restore.Uid}");
        var orphaned = made.Where(m => !restores.Contains(m.Item.Annotations[CloneLabels.LastRestore]));
        return await new RestoreKeeper(cluster).RemoveVolumesAsync(orphaned, static _ => { }, ct) is { } fault ? [$"{fault.TargetName}: {fault.Message}"] : [];
    }

    // Targets of more than 52 characters are shortened in the name and cannot be told from it; their volumes are left alone.
    private static bool IsOfBatch(KubernetesObject item, string ns, string batch)
    {
        const int hashLength = 11;
        if (item.Annotations.GetValueOrDefault(CloneLabels.LastRestore) is not { } mark || mark.Length <= UidLength + 1 + hashLength)
            return false;
        var restore = mark[..^(UidLength + 1)];
        return CloneNames.ForClone(batch, ns, restore[..^hashLength]) == restore;
    }

    private static bool IsEmpty(KubernetesObject item) => item.Kind == RelatedKinds.DataVolume.Kind
        ? item.StringAt("status", "phase") is not "Succeeded"
        : item.StringAt("status", "phase") is null or "Pending";
}
