using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Restores;

/// <summary>Wakes, clears and removes restores, and what they made, without touching anything that is needed.</summary>
internal sealed class RestoreKeeper(KubeVirtCluster cluster)
{
    private static readonly ResourceKind DataVolumes = new("cdi.kubevirt.io", "v1beta1", "datavolumes", "DataVolume");

    /// <summary>Has KubeVirt look at a restore at once: nothing else wakes one that waits out its back-off.</summary>
    public async Task WakeAsync(string ns, string name, CancellationToken ct)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [CloneLabels.Touched] = cluster.Clock.GetUtcNow().UtcDateTime.ToString("O") } },
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
            await WaitUntilGoneAsync(mine, ct);
            return await RemoveVolumesAsync(ns, $"{mine.Name}-{mine.Uid}", Names(mine), spare: null, ct);
        }
        catch (KubernetesException e)
        {
            return FaultMapper.From(e, $"{ns}/{restore.Name}");
        }
    }

    /// <summary>Removes the claims and data volumes that the restore with this mark (<c>name-uid</c>) made, unless a machine uses them.</summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="mark">Value of the annotation <c>restore.kubevirt.io/lastRestoreUID</c>.</param>
    /// <param name="listed">Names the restore itself listed.</param>
    /// <param name="spare">Machine whose use does not count, because it is being deleted.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Fault?> RemoveVolumesAsync(string ns, string mark, IReadOnlySet<string> listed, string? spare, CancellationToken ct)
    {
        var made = new List<(ResourceKind Kind, KubernetesObject Item)>();
        foreach (var kind in new[] { DataVolumes, KubeVirtKinds.PersistentVolumeClaim })
        {
            if (kind.Group.Length > 0 && !(await cluster.Client.GetServedVersionsAsync(kind.Group, ct)).Contains(kind.Version, StringComparer.Ordinal))
                continue;
            await foreach (var item in cluster.Client.ListAsync(kind, ns, options: null, ct))
            {
                if (item.DeletionTimestamp is null && WasMadeBy(item, mark, listed))
                    made.Add((kind, item));
            }
        }

        if (made.Count == 0)
            return null;
        var used = await UsedAsync(ns, spare, ct);
        foreach (var (kind, item) in made.Where(m => !used.Contains(m.Item.Name)))
        {
            cluster.Callbacks.Verbose?.Invoke($"Removing {kind.Kind} {ns}/{item.Name}, which no machine uses");
            if (await new CloneCatalog(cluster).DeleteAsync(kind, ns, item.Name, item.Uid, ct) is { } fault)
                return fault;
        }

        return null;
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
            if (await cluster.Client.FindAsync(KubeVirtKinds.PersistentVolumeClaim, restore.Namespace, name, ct) is { } claim
                && claim.StringAt("status", "phase") is null or "Pending" && claim.DeletionTimestamp is null)
            {
                unbound.Add(name);
            }
        }

        return unbound;
    }

    public static IReadOnlyList<string> Claims(KubernetesObject restore) =>
        [.. restore.ItemsAt("status", "restores").Select(r => r.Text("persistentVolumeClaim") ?? "").Where(n => n.Length > 0)];

    internal static HashSet<string> Names(KubernetesObject restore) =>
        [.. Claims(restore), .. restore.ItemsAt("status", "restores").Select(r => r.Text("dataVolumeName") ?? "").Where(n => n.Length > 0)];

    // The mark alone is certain; the name alone may be that of an earlier restore, or of a claim somebody else made.
    private static bool WasMadeBy(KubernetesObject item, string mark, IReadOnlySet<string> listed) =>
        item.Annotations.TryGetValue(CloneLabels.LastRestore, out var made)
            ? made == mark
            : listed.Contains(item.Name) && item.Annotations.TryGetValue("restore.kubevirt.io/name", out var name) && mark.StartsWith(name + "-", StringComparison.Ordinal);

    private async Task<HashSet<string>> UsedAsync(string ns, string? spare, CancellationToken ct)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var vm in cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, ns, options: null, ct))
        {
            if (vm.Name == spare)
                continue;
            foreach (var volume in vm.ItemsAt("spec", "template", "spec", "volumes"))
            {
                foreach (var kind in new[] { ("persistentVolumeClaim", "claimName"), ("dataVolume", "name"), ("memoryDump", "claimName") })
                {
                    if (volume.Member(kind.Item1)?.Text(kind.Item2) is { } name)
                        used.Add(name);
                }

                if (volume.Member("ephemeral")?.Member("persistentVolumeClaim")?.Text("claimName") is { } backing)
                    used.Add(backing);
            }
        }

        return used;
    }

    private async Task WaitUntilGoneAsync(KubernetesObject restore, CancellationToken ct)
    {
        var watch = new Execution.DeadlineWatch(
            cluster,
            await KindAsync(ct),
            restore.Namespace!,
            new WatchOptions { FieldSelector = $"metadata.name={restore.Name}" },
            TimeSpan.FromSeconds(30));
        var there = false;
        await watch.RunAsync(
            change =>
            {
                if (change.Object is { } item)
                    there = item.Uid == restore.Uid && change.Kind != ResourceEventKind.Deleted;
                return there || (change.Object is not null && change.Kind != ResourceEventKind.Deleted);
            },
            () => cluster.Callbacks.Verbose?.Invoke($"The restore {restore.Namespace}/{restore.Name} is still being deleted"),
            ct);
    }

    private async Task<ResourceKind> KindAsync(CancellationToken ct) => KubeVirtKinds.Restore((await cluster.GetSnapshotKindAsync(ct)).Version);
}
