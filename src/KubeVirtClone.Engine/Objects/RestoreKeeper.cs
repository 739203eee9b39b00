using System.Globalization;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Wakes, clears and removes restores, and what they made, without touching anything that is needed.</summary>
internal sealed class RestoreKeeper(KubeVirtCluster cluster)
{
    private static readonly TimeSpan RemovalPatience = TimeSpan.FromSeconds(30);

    /// <summary>Has KubeVirt look at a restore at once: nothing else wakes one that waits out its back-off.</summary>
    public async Task WakeAsync(string ns, string name, CancellationToken ct)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [CloneLabels.Touched] = cluster.Clock.GetUtcNow().UtcDateTime.ToString("O", CultureInfo.InvariantCulture) } },
        };
        try
        {
            await cluster.Client.PatchAsync(await KindAsync(ct), ns, name, PatchKind.Merge, patch, new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
        }
        catch (KubernetesException e)
        {
            cluster.Callbacks.Verbose?.Invoke($"The restore {ns}/{name} could not be woken: {e.Message}");
        }
    }

    /// <summary>
    /// Removes a restore that is not complete, and after it the claims and data volumes it made, which would otherwise stay without an owner.
    /// What a machine uses is left alone.
    /// </summary>
    /// <returns>Null when all of it is gone or going.</returns>
    public async Task<Fault?> ClearAsync(KubernetesObject restore, CancellationToken ct)
    {
        var ns = restore.Namespace!;
        try
        {
            // What it lists may have grown since it was read, and is not to be had afterwards.
            var now = await cluster.Client.FindAsync(await KindAsync(ct), ns, restore.Name, ct);
            var mine = now?.Uid == restore.Uid ? now : restore;
            var fault = await new CloneCatalog(cluster).DeleteAsync(await KindAsync(ct), ns, restore.Name, restore.Uid, ct);
            if (fault is not null)
                return fault;
            if (await new RemovalWaiter(cluster).UntilGoneAsync([new(await KindAsync(ct), ns, mine.Name, mine.Uid)], RemovalPatience, ct) is [var left])
                cluster.Callbacks.Verbose?.Invoke($"{left} is still being deleted");
            var volumes = await NamespaceVolumes.ReadAsync(cluster, ns, ct);
            return await RemoveVolumesAsync(volumes.UnusedOf($"{mine.Name}-{mine.Uid}", Names(mine), spare: static _ => false), static _ => { }, ct);
        }
        catch (KubernetesException e)
        {
            return FaultMapper.From(e, $"{ns}/{restore.Name}");
        }
    }

    /// <summary>Names of the volumes of a complete restore that are not bound yet.</summary>
    public async Task<IReadOnlyList<string>> UnboundAsync(KubernetesObject restore, CancellationToken ct)
    {
        var names = Claims(restore);
        if (names.Count == 0)
            return [];
        var unbound = new List<string>();
        foreach (var name in names)
        {
            if (await cluster.Client.FindClaimAsync(restore.Namespace!, name, ct) is { Metadata.DeletionTimestamp: null } claim && claim.IsPending())
            {
                unbound.Add(name);
            }
        }

        return unbound;
    }

    /// <summary>Removes claims and data volumes, and says of each that it goes.</summary>
    /// <returns>Null when all of them are going.</returns>
    public async Task<Fault?> RemoveVolumesAsync(IEnumerable<(ResourceKind Kind, KubernetesObject Item)> volumes, Action<RemovedObject> removed, CancellationToken ct)
    {
        foreach (var (kind, item) in volumes)
        {
            cluster.Callbacks.Verbose?.Invoke($"Removing {kind.Kind} {item.Namespace}/{item.Name}, which no machine uses");
            if (await new CloneCatalog(cluster).DeleteAsync(kind, item.Namespace!, item.Name, item.Uid, ct) is { } fault)
                return fault;
            removed(new RemovedObject(kind, item.Namespace!, item.Name, item.Uid));
        }

        return null;
    }

    public static IReadOnlyList<string> Claims(KubernetesObject restore) =>
        [.. restore.ItemsAt("status", "restores").Select(r => r.Text("persistentVolumeClaim") ?? "").Where(n => n.Length > 0)];

    internal static HashSet<string> Names(KubernetesObject restore) =>
        [.. Claims(restore), .. restore.ItemsAt("status", "restores").Select(r => r.Text("dataVolumeName") ?? "").Where(n => n.Length > 0)];

    private async Task<ResourceKind> KindAsync(CancellationToken ct) => KubeVirtKinds.Restore((await cluster.GetSnapshotKindAsync(ct)).Version);
}
