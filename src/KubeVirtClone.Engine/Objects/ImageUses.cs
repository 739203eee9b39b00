using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Which machines of a namespace were made of which snapshot, and which of them still need it: found once, for all images.</summary>
internal sealed class ImageUses
{
    private const string VolumePrefix = "vmsnapshot-";
    private const int UidLength = 36;

    private readonly Dictionary<string, SnapshotContent> _contents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _made = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _needing = new(StringComparer.Ordinal);

    public static async Task<ImageUses> LoadAsync(KubeVirtCluster cluster, string ns, CancellationToken ct)
    {
        var version = (await cluster.GetSnapshotKindAsync(ct)).Version;
        return await KubeVirtCluster.GuardAsync(async () =>
        {
            var uses = new ImageUses();
            await foreach (var content in cluster.Client.ListAsync(KubeVirtKinds.SnapshotContent(version), ns, options: null, ct))
            {
                if (SnapshotContent.Read(content) is { } read)
                    uses._contents[content.Name] = read;
            }

            var machineOf = new Dictionary<string, string>(StringComparer.Ordinal);
            var machines = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var found in cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, ns, options: null, ct))
            {
                machines.Add(found.Name);
                if (CloneRecord.IsMachine(found) && found.Annotations.GetValueOrDefault(CloneLabels.Snapshot)?.Split('/') is [_, var made])
                    uses.Add(made, found.Name, exists: true, unfinished: false);
                foreach (var volume in VirtualMachineRecord.From(found).Volumes.Where(v => v is { IsCopied: true, Reference: not null }))
                    machineOf[volume.Reference!] = found.Name;
            }

            await foreach (var claim in cluster.Client.ListAsync(KubeVirtKinds.PersistentVolumeClaim, ns, options: null, ct))
                uses.AddClaim(claim, machineOf);
            await foreach (var restore in cluster.Client.ListAsync(KubeVirtKinds.Restore(version), ns, options: null, ct))
            {
                var target = restore.StringAt("spec", "target", "name") ?? "";
                uses.Add(restore.StringAt("spec", "virtualMachineSnapshotName") ?? "", target, machines.Contains(target), unfinished: !restore.IsTrueAt("status", "complete"));
            }

            if ((await cluster.Client.GetServedVersionsAsync(KubeVirtKinds.CloneGroup, ct)).Count == 0)
                return uses;
            await foreach (var found in cluster.Client.ListAsync(await cluster.GetCloneKindAsync(ct), ns, options: null, ct))
            {
                var clone = CloneRecord.From(found);
                if (found.StringAt("spec", "source", "kind") == SourceKinds.VirtualMachineSnapshot)
                {
                    uses.Add(
                        found.StringAt("spec", "source", "name") ?? "",
                        clone.TargetName,
                        machines.Contains(clone.TargetName),
                        unfinished: clone.Phase is not (ClonePhase.Succeeded or ClonePhase.Failed));
                }
            }

            return uses;
        });
    }

    public GoldenImageRecord Describe(GoldenImageRecord image)
    {
        var content = image.Snapshot.ContentName is { } name ? _contents.GetValueOrDefault(name) : null;
        return image with
        {
            Size = content?.Size,
            Disks = content?.Volumes,
            Machines = Of(_made, image),
            Dependents = Of(_needing, image),
        };
    }

    // What is made of a snapshot knows it by name, or by the uid in the name of its VolumeSnapshots.
    private static string[] Of(Dictionary<string, HashSet<string>> map, GoldenImageRecord image) =>
        [.. (map.GetValueOrDefault(image.SnapshotName) ?? []).Union(map.GetValueOrDefault(image.Uid) ?? [], StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private void AddClaim(KubernetesObject item, Dictionary<string, string> machineOf)
    {
        var claim = item.AsClaim();
        var from = claim.FilledFrom();
        if (from is null || !from.StartsWith(VolumePrefix, StringComparison.Ordinal) || from.Length <= VolumePrefix.Length + UidLength)
            return;
        var machine = machineOf.GetValueOrDefault(item.Name);
        Add(
            from.Substring(VolumePrefix.Length, UidLength),
            machine ?? item.Name,
            exists: machine is not null,
            unfinished: claim.IsPending());
    }

    private void Add(string snapshot, string machine, bool exists, bool unfinished)
    {
        if (exists)
            Set(_made, snapshot).Add(machine);
        if (unfinished)
            Set(_needing, snapshot).Add(machine);
    }

    private static HashSet<string> Set(Dictionary<string, HashSet<string>> map, string key)
    {
        if (!map.TryGetValue(key, out var set))
            map[key] = set = new(StringComparer.Ordinal);
        return set;
    }
}
