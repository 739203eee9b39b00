using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Objects;

/// <summary>
/// Which batch a restored claim or data volume is of. KubeVirt notes on each which restore made it; the name of a restore of ours follows from batch
/// and target, that of a clone's own restore tells nothing. Where the object that stands for a clone goes, or its machine, its volumes therefore get
/// the batch's label, together with the restore it holds for: whatever is restored of them later inherits both, and is of no batch by that.
/// </summary>
internal static class BatchClaims
{
    private const int UidLength = 36;
    private const int HashLength = 11;

    /// <summary>Whether a volume was made for a batch.</summary>
    public static bool IsOf(KubernetesObject item, string ns, string batch) =>
        item.Annotations.GetValueOrDefault(CloneLabels.LastRestore) is { } mark && (IsNamedFor(mark, ns, batch) || IsMarked(item, mark, batch));

    /// <summary>Whether the mark of a restore alone tells that it was made for a batch. Targets of more than 52 characters are shortened in the name, and cannot be told from it.</summary>
    public static bool IsNamedFor(string mark, string ns, string batch)
    {
        if (mark.Length <= UidLength + 1 + HashLength)
            return false;
        var restore = mark[..^(UidLength + 1)];
        return CloneNames.ForClone(batch, ns, restore[..^HashLength]) == restore;
    }

    /// <summary>Marks volumes as a batch's, where their restore's name does not tell. Who may not write on them leaves them unmarked.</summary>
    public static async Task MarkAsync(
        KubeVirtCluster cluster, string ns, string batch, IEnumerable<(ResourceKind Kind, KubernetesObject Item)> volumes, CancellationToken ct)
    {
        foreach (var (kind, item) in volumes)
        {
            if (item.Annotations.GetValueOrDefault(CloneLabels.LastRestore) is not { } mark || IsOf(item, ns, batch))
                continue;
            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["labels"] = new JsonObject { [CloneLabels.Batch] = batch },
                    ["annotations"] = new JsonObject { [CloneLabels.MarkedRestore] = mark },
                },
            };
            try
            {
                await cluster.Client.PatchAsync(kind, ns, item.Name, PatchKind.Merge, patch, new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
            }
            catch (ApiStatusException e) when (e.IsForbidden || e.IsNotFound)
            {
                cluster.Callbacks.Verbose?.Invoke($"{kind.Kind} {ns}/{item.Name} cannot be marked as of batch '{batch}': {e.ApiMessage}");
            }
        }
    }

    private static bool IsMarked(KubernetesObject item, string mark, string batch) =>
        item.Labels.GetValueOrDefault(CloneLabels.Batch) == batch && item.Annotations.GetValueOrDefault(CloneLabels.MarkedRestore) == mark;
}
