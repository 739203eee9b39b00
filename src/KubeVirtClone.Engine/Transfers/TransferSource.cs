using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>What is to be brought into another namespace.</summary>
/// <param name="Namespace">Where it is.</param>
/// <param name="Display">What to call it.</param>
/// <param name="Machine">The machine, as it is or was snapshotted; not to be changed.</param>
/// <param name="Volumes">Its volumes with the VolumeSnapshots that hold their data; none while there is no snapshot.</param>
/// <param name="HasDisks">Whether it has disks that have to be brought along.</param>
/// <param name="Unfit">Why it cannot be brought anywhere; null when it can.</param>
internal sealed record TransferSource(string Namespace, string Display, JsonObject Machine, IReadOnlyList<TransferVolume> Volumes, bool HasDisks, Fault? Unfit)
{
    /// <summary>Storage classes its disks are on, as far as they are known.</summary>
    public IReadOnlyList<string> Classes { get; } = [.. Volumes.Select(v => SourceMachine.Text(v.Claim["spec"]?["storageClassName"])).OfType<string>().Distinct(StringComparer.Ordinal)];

    public static TransferSource Of(SnapshotRecord snapshot, SnapshotContent content)
    {
        // A memory dump has a backup too, and no machine that is made of the snapshot has it.
        var copied = SnapshotContent.CopiedVolumes(content.Machine).ToHashSet(StringComparer.Ordinal);
        List<TransferVolume> volumes =
        [
            .. content.Volumes.Where(v => v is { VolumeSnapshot: not null, Backup: not null } && copied.Contains(v.Name)).Select(v => new TransferVolume(v.Name, v.VolumeSnapshot!, v.Backup!)),
        ];
        var display = snapshot.Reference.ToString();
        var unfit = snapshot.IsPartial || content.Missing.Count > 0 ? SnapshotFaults.Partial(display, snapshot.SourceName, content.Missing) : null;
        return new(snapshot.Namespace, display, content.Machine, volumes, volumes.Count > 0, unfit);
    }

    /// <summary>A machine before it is snapshotted: what can be said of it then.</summary>
    public static TransferSource Of(KubernetesObject machine)
    {
        var json = machine.ToJsonObject();
        return new(machine.Namespace ?? "", $"{machine.Namespace}/{machine.Name}", json, [], SourceMachine.Copied(json).Any(), Unfit: null);
    }
}
