using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>
/// Which VolumeSnapshotClass each volume's snapshot gets: the one CDI's profile of the storage class names, else the only one of the driver,
/// else the default among several. Where that gives none, the volume cannot be snapshotted, whatever the driver could do.
/// </summary>
internal sealed class SnapshotClassCheck : SourceCheck
{
    // It only has to be there; KubeVirt does not look at its value.
    private const string DefaultMark = "snapshot.storage.kubernetes.io/is-default-class";

    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.First.FromSnapshot || batch.IsCopied(source) || !batch.Facts.VolumeSnapshotClasses.IsRead)
            yield break;
        foreach (var ofClass in batch.VolumesOf(source.First).Where(v => v.StorageClass is { Length: > 0 }).GroupBy(v => v.StorageClass!, StringComparer.Ordinal))
        {
            if (WhyNone(ofClass.Key, batch.Facts) is not var (why, action))
                continue;
            var volumes = string.Join(", ", ofClass.Select(v => v.Volume.Name));
            yield return source.Finding(
                FindingSeverity.Error,
                FindingCodes.SnapshotClass,
                $"The volumes {volumes} of '{source.Name}' are of storage class '{ofClass.Key}'; {why}. Clones stay pending.",
                action,
                $"StorageClass {ofClass.Key}");
        }
    }

    private static (string Why, Advice Action)? WhyNone(string storageClass, PreflightFacts facts)
    {
        if (facts.StorageProfiles.Find(storageClass)?.StringAt("status", "snapshotClass") is { Length: > 0 } named)
        {
            return facts.VolumeSnapshotClasses.Lacks(named)
                ? ($"its StorageProfile names the VolumeSnapshotClass '{named}', which does not exist", "Have that class made, or the profile's spec.snapshotClass changed.")
                : null;
        }

        if (facts.DriverOf(storageClass) is not { } driver)
            return null;
        var classes = facts.VolumeSnapshotClasses.Items!.Values.Where(c => c.StringAt("driver") == driver).ToList();
        return classes.Count > 1 && !classes.Exists(c => c.Annotations.ContainsKey(DefaultMark))
            ? ($"its driver '{driver}' has {classes.Count} VolumeSnapshotClasses and none of them is marked as default ({string.Join(", ", classes.Select(c => c.Name).Order(StringComparer.Ordinal))})",
                $"Have one of them marked: kubectl annotate volumesnapshotclass NAME {DefaultMark}=true")
            : null;
    }
}
