namespace KubeVirtClone.Engine.Model.Requests;

// What the new machine is to have more or less of than its source.
public sealed partial record CloneRequest
{
    /// <summary>Number of vCPUs, a whole one from 1; null keeps the source's. Not for machines with an instance type.</summary>
    public string? Cpu { get => Wishes.Text(RequestFields.Cpu); init => Wishes = Wishes.With(RequestFields.Cpu, value); }

    /// <summary>Memory of the guest as a Kubernetes quantity in bytes, <c>8Gi</c>; null keeps the source's. Not for machines with an instance type.</summary>
    public string? Memory { get => Wishes.Text(RequestFields.Memory); init => Wishes = Wishes.With(RequestFields.Memory, Quantity.Canonical(value)); }

    /// <summary>
    /// Instance type, <c>name</c> or <c>kind/name</c>; null keeps the source's. It takes the place of the CPU and memory the machine itself gives, and is taken as it
    /// is now: no revision is pinned.
    /// </summary>
    public string? Instancetype { get => Wishes.Text(RequestFields.Instancetype); init => Wishes = Wishes.With(RequestFields.Instancetype, value); }

    /// <summary>Preference, as <see cref="Instancetype"/>.</summary>
    public string? Preference { get => Wishes.Text(RequestFields.Preference); init => Wishes = Wishes.With(RequestFields.Preference, value); }

    /// <summary>Size by disk (a volume's name in the machine; <c>*</c> is every disk not named) as a Kubernetes quantity; null keeps the source's. Never smaller than the source's.</summary>
    public IReadOnlyDictionary<string, string>? DiskSizes
    {
        get => Wishes.Table(RequestFields.DiskSize);
        init => Wishes = Wishes.With(RequestFields.DiskSize, value?.ToDictionary(e => e.Key, e => Quantity.Canonical(e.Value)!, StringComparer.Ordinal));
    }

    /// <summary>Storage class by disk, as <see cref="DiskSizes"/>; of the driver that has the source's.</summary>
    public IReadOnlyDictionary<string, string>? StorageClasses { get => Wishes.Table(RequestFields.StorageClass); init => Wishes = Wishes.With(RequestFields.StorageClass, value); }

    /// <summary>Access mode by disk, as <see cref="DiskSizes"/>; several of a disk are separated by commas.</summary>
    public IReadOnlyDictionary<string, string>? AccessModes { get => Wishes.Table(RequestFields.AccessMode); init => Wishes = Wishes.With(RequestFields.AccessMode, value); }

    /// <summary>Volume mode by disk, <c>Block</c> or <c>Filesystem</c>, as <see cref="DiskSizes"/>.</summary>
    public IReadOnlyDictionary<string, string>? VolumeModes { get => Wishes.Table(RequestFields.VolumeMode); init => Wishes = Wishes.With(RequestFields.VolumeMode, value); }

    /// <summary>Whether its disks are to be of another size or place than the source's.</summary>
    internal bool ChangesDisks => DiskSizes is { Count: > 0 } || PlacesDisks;

    /// <summary>Whether its disks are to be of another class or mode than the source's, which only their making can give them.</summary>
    internal bool PlacesDisks => StorageClasses is { Count: > 0 } || AccessModes is { Count: > 0 } || VolumeModes is { Count: > 0 };

    /// <summary>Whether the machine itself is to be of another size or type than its source.</summary>
    internal bool Resizes => Cpu is not null || Memory is not null || Instancetype is not null || Preference is not null;
}
