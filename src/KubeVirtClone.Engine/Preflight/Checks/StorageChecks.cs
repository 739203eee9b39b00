using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>Limits known of storage drivers: how many snapshots a volume may have, how many volumes may be made of one snapshot.</summary>
internal sealed class StorageLimitCheck : SourceCheck
{
    // Seen in the drivers' own issue trackers and in CDI's notes about them.
    private static readonly Dictionary<string, DriverLimit> Limits = new(StringComparer.Ordinal)
    {
        ["rbd.csi.ceph.com"] = new(Snapshots: 450, Clones: null, "Ceph RBD allows 510 snapshots of an image; its driver stops at 450 and begins to flatten, which slows everything, before that"),
        ["csi-powerstore.dellemc.com"] = new(Snapshots: null, Clones: 32, "PowerStore makes a restored volume a writable snapshot, of which a volume may have 32 to 64"),
        ["cephfs.csi.ceph.com"] = new(Snapshots: null, Clones: null, "CephFS copies every byte for every clone: count on time and space for full copies"),
    };

    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (batch.IsCopied(source))
            yield break;
        var snapshots = batch.Options.NoSharedSnapshot || source.First.AsItStands ? source.All.Count : 1;
        foreach (var volume in batch.VolumesOf(source.First))
        {
            if (volume.Driver is null || Limits.FirstOrDefault(l => volume.Driver.EndsWith(l.Key, StringComparison.Ordinal)).Value is not { } limit)
                continue;
            var there = source.State.VolumeSnapshots.Items?.Values.Count(s => s.StringAt("spec", "source", "persistentVolumeClaimName") == volume.Volume.Claim) ?? 0;
            if (limit.Snapshots < there + snapshots && !source.First.FromSnapshot)
                yield return Make(source, volume, FindingSeverity.Warning, $"'{volume.Volume.Claim}' has {there} snapshots and would get {snapshots} more: {limit.Text}.", $"Share one snapshot (leave {OptionName.NoSharedSnapshot} out), or remove old snapshots.");
            else if (limit.Clones < source.All.Count)
                yield return Make(source, volume, FindingSeverity.Warning, $"{source.All.Count} volumes would be made of one snapshot of '{volume.Volume.Claim}': {limit.Text}.", "Make fewer clones of one source, or copy the disk with CDI.");
            else if (limit is { Snapshots: null, Clones: null })
                yield return Make(source, volume, FindingSeverity.Information, $"Volume '{volume.Volume.Name}': {limit.Text}.", "");
        }

        if (snapshots > 1 && !source.First.FromSnapshot)
        {
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.SnapshotsQueue,
                $"Each of the {snapshots} clones of '{source.Name}' takes a snapshot of its own. They queue on the machine's lock, each with five minutes to live; those that come too late never finish.",
                $"Let {CommandName.NewVMClone} share one snapshot, or clone from a snapshot.");
        }
    }

    private static Finding Make(PreflightSource source, SourceVolume volume, FindingSeverity severity, string message, Advice action) =>
        source.Finding(severity, FindingCodes.StorageLimit, message, action, $"storage class {volume.StorageClass}, driver {volume.Driver}");

    private sealed record DriverLimit(int? Snapshots, int? Clones, string Text);
}

/// <summary>When volumes are bound, and so what Succeeded will mean for these clones.</summary>
internal sealed class BindingCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.Machine is null)
            yield break;
        IReadOnlyList<SourceVolume> own = batch.VolumesOf(source.First);
        // As the clones get them.
        List<SourceVolume> volumes = [.. source.All.SelectMany(s => own.Select(v => s.AsItStands ? v : v.For(s.Request))).DistinctBy(v => (v.Volume.Name, v.StorageClass))];
        foreach (var missing in volumes.Select(v => v.StorageClass).OfType<string>().Where(c => c.Length > 0 && batch.Facts.StorageClasses.Lacks(c) && own.Any(v => v.StorageClass == c)).Distinct(StringComparer.Ordinal))
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FindingCodes.StorageClassMissing,
                $"The storage class '{missing}' of a volume of '{source.Name}' does not exist (any more): the clone's volume would never be made.",
                $"Have the class made again, or give the clones another of the same driver: {OptionName.StorageClass} NAME.",
                $"StorageClass {missing}");
        }

        var waiting = volumes.Where(v => batch.Facts.WaitsForFirstConsumer(v.StorageClass) == true).Select(v => v.Volume.Name).Distinct(StringComparer.Ordinal).ToList();
        var unknown = volumes.Where(v => batch.Facts.WaitsForFirstConsumer(v.StorageClass) is null).Select(v => v.Volume.Name).ToList();
        if (waiting.Count > 0)
        {
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.SucceededMeaning,
                $"Clones of '{source.Name}' succeed before their volumes {string.Join(", ", waiting)} hold anything: the class waits for the first consumer, so that each is filled when its machine starts for the first time. "
                    + "Until then snapshot and clone object must stay.",
                $"Start each clone once ({OptionName.Start}, or {CommandName.StartVM}) before anything is removed; wait for Running, not for Bound.",
                string.Join(", ", volumes.Where(v => waiting.Contains(v.Volume.Name, StringComparer.Ordinal)).Select(v => $"StorageClass {v.StorageClass} volumeBindingMode: WaitForFirstConsumer").Distinct(StringComparer.Ordinal)));
        }
        else if (volumes.Count > 0 && unknown.Count == 0)
        {
            yield return source.Finding(
                FindingSeverity.Information,
                FindingCodes.SucceededMeaning,
                $"Clones of '{source.Name}' succeed when their volumes are bound; with drivers that copy in the background the data may still be on its way.",
                "",
                "volumeBindingMode: Immediate");
        }
        else if (volumes.Count == 0)
        {
            yield return source.Finding(
                FindingSeverity.Information,
                FindingCodes.SucceededMeaning,
                $"'{source.Name}' has no volume that is copied: its clones succeed as soon as the new machines exist.",
                "");
        }
    }
}
