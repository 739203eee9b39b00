using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>Where a snapshot is to be brought, and as what.</summary>
internal sealed record TransferTarget
{
    /// <summary>Namespace it is brought to.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the snapshot it becomes there.</summary>
    public required string SnapshotName { get; init; }

    /// <summary>Name and version of the image it becomes there; null where it becomes none.</summary>
    public (string Name, string Version)? Image { get; init; }

    /// <summary>What the names of the objects in between begin with: the image, or the machine.</summary>
    public required string Stem { get; init; }

    /// <summary>Storage class for the disks; null keeps each disk's own.</summary>
    public string? StorageClass { get; init; }

    /// <summary>Labels of the snapshot, beside those that tell where it is from.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The batch it is for; null where it is for an image.</summary>
    public string? Batch => Labels.GetValueOrDefault(CloneLabels.Batch);

    /// <summary>Annotations of the snapshot, beside those that tell where it is from.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>It is the machine that is meant, and the snapshot of it was taken to be brought only.</summary>
    public bool OfMachine { get; init; }

    /// <summary>Its disks are copied from claims, and no snapshot of it is made there.</summary>
    public bool OfClaims { get; init; }

    /// <summary>Copy the Secrets and ConfigMaps the machine names.</summary>
    public bool CopySecrets { get; init; }

    /// <summary>Hand the driver's snapshots over instead of having CDI bring the disks; for who administers the cluster.</summary>
    public bool HandOver { get; init; }

    /// <summary>Longest time for each step; null waits for as long as there is progress.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What the names of all objects of the transfer end with: the same for the same snapshot, place, class and way.</summary>
    /// <param name="snapshotUid">Identity of the snapshot.</param>
    public string IdOf(string snapshotUid) => CloneNames.ForTransfer(snapshotUid, Namespace, StorageClass, HandOver);
}
