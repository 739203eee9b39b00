using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The disks can be had as they are asked for: they exist, are not to be smaller than the source's, and stay with the driver that has its snapshots.</summary>
internal sealed class DiskCheck : SubjectCheck
{
    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        if (subject.AsItStands || !subject.Request.ChangesDisks || subject.Checked.Fault is not null || subject.Source is null)
            yield break;
        var volumes = batch.VolumesOf(subject);
        var known = volumes.Count == 0 ? "it has none whose data is copied" : $"it has {string.Join(", ", volumes.Select(v => v.Volume.Name))}";
        foreach (var disk in DiskWish.Named(subject.Request).Where(d => !volumes.Any(v => v.Volume.Name == d)))
            yield return Refuse(subject, $"'{subject.Request.SourceName}' has no disk '{disk}' that a clone gets a copy of: {known}.", "Name one of these; a container disk has no size of its own.");
        if (volumes.Count == 0 && !DiskWish.Named(subject.Request).Any())
            yield return Refuse(subject, $"Another size or place is asked for the disks of '{subject.Request.SourceName}', and {known}.", $"Leave {OptionName.DiskSize}, {OptionName.StorageClass}, {OptionName.AccessMode} and {OptionName.VolumeMode} out.");
        foreach (var volume in volumes)
        {
            var wish = DiskWish.Of(subject.Request, volume.Volume.Name);
            foreach (var finding in Judge(subject, volume, wish, batch.Facts))
                yield return finding;
        }
    }

    private static IEnumerable<Finding> Judge(PreflightSubject subject, SourceVolume volume, DiskWish wish, PreflightFacts facts)
    {
        var name = $"The disk '{volume.Volume.Name}' of '{subject.Request.SourceName}'";
        if (wish.Size < volume.Size)
        {
            yield return Refuse(
                subject,
                $"{name} has {Quantity.Write(volume.Size.Value)}; its copy cannot have {Quantity.Write(wish.Size.Value)}: no copy of a snapshot is smaller.",
                $"Give at least {Quantity.Write(volume.Size.Value)}, or clone a machine with a smaller disk.");
        }

        if (wish.StorageClass is { } wanted)
        {
            if (facts.StorageClasses.Lacks(wanted))
            {
                yield return subject.Finding(
                    FindingSeverity.Error, FindingCodes.StorageClassMissing, $"There is no storage class '{wanted}'.", $"Give one of {string.Join(", ", facts.StorageClasses.Items!.Keys.Order(StringComparer.Ordinal))}.", $"StorageClass {wanted}", FaultCategory.ObjectNotFound);
            }
            else if (volume.Driver is { } driver && facts.DriverOf(wanted) is { } other && other != driver)
            {
                yield return Refuse(
                    subject,
                    $"{name} is with the driver {driver}, and storage class '{wanted}' is of the driver {other}, which cannot read its snapshots.",
                    $"Have the data copied once: {CommandName.CopyVMGoldenImage} IMAGE {OptionName.Destination} NAMESPACE {OptionName.StorageClass} {wanted}, and clone the copy; or give a class of the driver {driver}{Classes(facts, driver)}.");
            }
        }

        if (wish.VolumeMode is { } mode && volume.VolumeMode is { } has && mode != has && !volume.MayChangeMode)
        {
            yield return Refuse(
                subject,
                $"{name} is of volume mode {has}; a copy of its snapshot cannot be of mode {mode}.",
                $"Have an administrator allow it on the VolumeSnapshotContent of a snapshot or golden image (annotation snapshot.storage.kubernetes.io/allow-volume-mode-change: \"true\"), or leave {OptionName.VolumeMode} out.");
        }
    }

    private static string Classes(PreflightFacts facts, string driver) =>
        facts.StorageClasses.Items?.Values.Where(c => c.StringAt("provisioner") == driver).Select(c => c.Name).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } names
            ? $" ({string.Join(", ", names)})" : "";

    private static Finding Refuse(PreflightSubject subject, string message, Advice action) => subject.Finding(FindingSeverity.Error, FaultIds.VMCloneDiskUnsupported, message, action);
}

/// <summary>The method that makes the clones gives them the disks that are asked for.</summary>
internal sealed class DiskMethodCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        foreach (var source in batch.Sources)
        {
            if (!source.All.Any(s => !s.AsItStands && s.Request.ChangesDisks) || batch.MethodOf(source).StandsAsMachine())
                continue;
            var method = batch.MethodOf(source);
            var growing = new List<SourceVolume>();
            foreach (var subject in source.All.Where(s => !s.AsItStands && s.Checked.Fault is null))
            {
                if (WhyOnlyDirect(subject, batch) is { } why)
                {
                    var fault = Refusal(subject.Request.SourceName, method, why, subject.Name);
                    yield return subject.Finding(FindingSeverity.Error, fault.Id, fault.Message, fault.RecommendedAction, category: fault.Category);
                }
                else
                {
                    growing.AddRange(Growing(subject, batch));
                }
            }

            if (growing.Count > 0)
                yield return HowTheyGrow(source, method, [.. growing.DistinctBy(v => v.Volume.Name)], batch);
        }
    }

    private static Finding HowTheyGrow(PreflightSource source, CloneMethod method, IReadOnlyList<SourceVolume> disks, PreflightBatch batch)
    {
        var unknown = disks.Where(d => batch.Facts.MayGrow(d.StorageClass) is null).Select(d => d.StorageClass ?? "the default one").Distinct(StringComparer.Ordinal).ToList();
        return source.Finding(
            unknown.Count > 0 ? FindingSeverity.NotChecked : FindingSeverity.Information,
            FindingCodes.DiskGrowth,
            $"By method {method} the disks of clones of '{source.Name}' ({string.Join(", ", disks.Select(d => d.Volume.Name))}) are made like the source's, and grow once they are bound"
            + (unknown.Count > 0 ? $"; not checked: whether their storage class ({string.Join(", ", unknown)}) allows that." : "."),
            $"Made directly they have their size from the start: {OptionName.Method} Direct.");
    }

    /// <summary>Why the disks asked for can be had by method Direct only; null where they are as large as the source's, or can grow once they are bound.</summary>
    public static string? WhyOnlyDirect(PreflightSubject subject, PreflightBatch batch)
    {
        if (!subject.Request.ChangesDisks)
            return null;
        if (subject.Request.PlacesDisks)
            return "KubeVirt restores volumes in the class and modes they had";
        return Growing(subject, batch).Select(volume =>
        {
            var name = $"the disk '{volume.Volume.Name}' of storage class '{volume.StorageClass}'";
            return batch.Facts.MayGrow(volume.StorageClass) == false ? $"{name} cannot grow once it is made: the class does not allow expansion"
                : batch.Facts.WaitsForFirstConsumer(volume.StorageClass) == true ? $"{name} is bound only when its machine starts, and cannot grow before"
                : null;
        }).FirstOrDefault(w => w is not null);
    }

    /// <summary>The disks of a clone that come out smaller than asked where they are made like the source's.</summary>
    public static IEnumerable<SourceVolume> Growing(PreflightSubject subject, PreflightBatch batch) => subject.Request.DiskSizes is not { Count: > 0 } ? [] :
        batch.VolumesOf(subject).Where(v => DiskWish.Of(subject.Request, v.Volume.Name).Size is { } size && !(size <= v.Size));

    /// <summary>What to say where another method than Direct is taken.</summary>
    public static Fault Refusal(string source, CloneMethod method, string why, string target) => FaultMapper.Make(
        FaultIds.VMCloneDiskUnsupported,
        FaultCategory.InvalidArgument,
        $"Clones of '{source}' by method {method} cannot have the disks that are asked for: {why}.",
        $"Have them made directly ({OptionName.Method} Direct, which needs the right to create virtualmachines and persistentvolumeclaims).",
        target);
}
