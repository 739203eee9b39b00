using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Something that is not finished and needs a snapshot.</summary>
/// <param name="Kind"><c>PersistentVolumeClaim</c>, <c>VirtualMachineRestore</c> or <c>VirtualMachineClone</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Machine">The virtual machine it is for, when that is known.</param>
public sealed record SnapshotUse(string Kind, string Name, string? Machine)
{
    /// <inheritdoc/>
    public override string ToString() => Machine is null ? $"{Kind} {Name}" : $"{Kind} {Name} of {Machine}";
}

/// <summary>Finds what still needs a snapshot: deleted too early, its volumes can never be filled.</summary>
internal sealed class SnapshotUses(KubeVirtCluster cluster)
{
    public async Task<IReadOnlyList<SnapshotUse>> FindAsync(SnapshotRecord snapshot, CancellationToken ct)
    {
        var kind = await cluster.GetSnapshotKindAsync(ct);
        var uses = new List<SnapshotUse>();
        await KubeVirtCluster.GuardAsync(async () =>
        {
            var machines = new Dictionary<string, string>(StringComparer.Ordinal);
            await foreach (var restore in cluster.Client.ListAsync(KubeVirtKinds.Restore(kind.Version), snapshot.Namespace, options: null, ct))
            {
                if (restore.StringAt("spec", "virtualMachineSnapshotName") != snapshot.Name)
                    continue;
                var machine = restore.StringAt("spec", "target", "name") ?? "";
                foreach (var volume in restore.ItemsAt("status", "restores"))
                    machines[volume.Text("persistentVolumeClaim") ?? ""] = machine;
                if (IsUnfinished(restore))
                    uses.Add(new(SourceKinds.VirtualMachineRestore, restore.Name, machine));
            }

            await foreach (var (claim, owner) in UnboundClaimsAsync(snapshot.Namespace, snapshot.Uid, ct))
                uses.Add(new("PersistentVolumeClaim", claim, machines.GetValueOrDefault(claim) ?? owner));
            await AddClonesAsync(snapshot, uses, ct);
            return uses;
        });
        return uses;
    }

    public static string Describe(IReadOnlyList<SnapshotUse> uses)
    {
        const int shown = 5;
        var names = string.Join(", ", uses.Take(shown));
        return uses.Count <= shown ? names : $"{names} and {uses.Count - shown} more";
    }

    /// <summary>The claims that are to be filled from a snapshot and are not bound yet, with the machine that owns them, if one does.</summary>
    public async IAsyncEnumerable<(string Claim, string? Machine)> UnboundClaimsAsync(
        string ns,
        string snapshotUid,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        // KubeVirt names the VolumeSnapshots after the snapshot's uid: no other snapshot, of whatever name, has these.
        var prefix = $"vmsnapshot-{snapshotUid}-volume-";
        await foreach (var item in cluster.Client.ListAsync(KubeVirtKinds.PersistentVolumeClaim, ns, options: null, ct))
        {
            if (item.AsClaim() is { Metadata.DeletionTimestamp: null } claim && claim.IsPending() && claim.FilledFrom()?.StartsWith(prefix, StringComparison.Ordinal) == true)
                yield return (item.Name, item.OwningMachine()?.Name);
        }
    }

    private async Task AddClonesAsync(SnapshotRecord snapshot, List<SnapshotUse> uses, CancellationToken ct)
    {
        var served = await cluster.Client.GetServedVersionsAsync(KubeVirtKinds.CloneGroup, ct);
        if (served.Count == 0)
            return;
        await foreach (var found in cluster.Client.ListAsync(await cluster.GetCloneKindAsync(ct), snapshot.Namespace, options: null, ct))
        {
            var clone = CloneRecord.From(found);
            if (clone.Raw.StringAt("spec", "source", "kind") == SourceKinds.VirtualMachineSnapshot
                && clone.Raw.StringAt("spec", "source", "name") == snapshot.Name
                && clone.Phase is not (ClonePhase.Succeeded or ClonePhase.Failed))
            {
                uses.Add(new("VirtualMachineClone", clone.Name, clone.TargetName));
            }
        }
    }

    // A restore that hangs for good counts too: whoever removes it first decides that it is given up.
    private static bool IsUnfinished(KubernetesObject restore) =>
        !restore.IsTrueAt("status", "complete") && restore.DeletionTimestamp is null && restore.Condition("Failure")?.IsTrue != true;
}
