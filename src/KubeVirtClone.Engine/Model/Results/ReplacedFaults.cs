using System.Globalization;

namespace KubeVirtClone.Engine.Model.Results;

/// <summary>An object that is there under the name of the one that is meant, and is another: never acted on, and never said not to be there.</summary>
public static class ReplacedFaults
{
    /// <summary>The fault when a machine is not the one that is meant; null when it is.</summary>
    /// <param name="machine">The machine that has the name.</param>
    /// <param name="uid">Uid of the one that is meant; null or empty when not known.</param>
    /// <param name="maker">The clone it is meant by; null when it is meant by itself.</param>
    public static Fault? OfMachine(KubernetesObject machine, string? uid, MachineMaker? maker)
    {
        ArgumentNullException.ThrowIfNull(machine);
        if (maker is not null && !maker.Made(machine))
        {
            return FaultMapper.Make(
                FaultIds.VMReplaced,
                FaultCategory.ObjectNotFound,
                $"The virtual machine {machine.Namespace}/{machine.Name} is not the one the clone '{maker.Name}' made{Since(machine)}; it was left alone.",
                $"Name the machine, or pipe it in itself ({CommandName.GetVM}), if this one is meant.",
                $"{machine.Namespace}/{machine.Name}");
        }

        return Of(FaultIds.VMReplaced, "virtual machine", machine, uid, $"Read it again ({CommandName.GetVM}), or name it, if the one that is there now is meant.");
    }

    /// <summary>The fault when a snapshot is not the one that is meant; null when it is.</summary>
    /// <param name="snapshot">The snapshot that has the name.</param>
    /// <param name="uid">Uid of the one that is meant; null or empty when not known.</param>
    public static Fault? OfSnapshot(KubernetesObject snapshot, string? uid) =>
        Of(FaultIds.VMSnapshotReplaced, "snapshot", snapshot, uid, $"Read it again ({CommandName.GetVMSnapshot}), or name it, if the one that is there now is meant.");

    /// <summary>The fault when what has the name of a request's source is not the object that is meant; null when it is.</summary>
    /// <param name="source">The machine or snapshot that has the name.</param>
    /// <param name="request">The request.</param>
    internal static Fault? OfSource(KubernetesObject source, CloneRequest request) => SourceKinds.Normalize(request.SourceKind) == SourceKinds.VirtualMachineSnapshot
        ? OfSnapshot(source, request.SourceUid)
        : OfMachine(source, request.SourceUid, request.SourceMaker);

    /// <summary>The fault when a snapshot, such as one of an earlier run, was taken of another machine than the one that is meant; null when it was of that.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="content">What it holds. The uid in the snapshot's own status is that of the machine that has the name now.</param>
    /// <param name="uid">Uid of the machine that is meant; null or empty when not known.</param>
    internal static Fault? OfSnapshotted(SnapshotRecord snapshot, SnapshotContent content, string? uid)
    {
        return string.IsNullOrEmpty(uid) || (string?)content.Machine["metadata"]?["uid"] is not { } taken || taken == uid ? null : FaultMapper.Make(
            FaultIds.VMReplaced,
            FaultCategory.ObjectNotFound,
            $"The virtual machine {snapshot.Namespace}/{snapshot.SourceName} that is meant (uid {uid}) is not the one that the snapshot '{snapshot.Name}' was taken of (uid {taken}); nothing was made of it.",
            $"Take another {OptionName.Batch}, or remove that snapshot ({CommandName.RemoveVMSnapshot}), so that a new one is taken.",
            $"{snapshot.Namespace}/{snapshot.SourceName}");
    }

    /// <summary>The fault when a clone is not the one that is meant; null when it is.</summary>
    /// <param name="clone">The clone object that has the name.</param>
    /// <param name="uid">Uid of the one that is meant; null or empty when not known.</param>
    public static Fault? OfClone(KubernetesObject clone, string? uid) =>
        Of(FaultIds.VMCloneReplaced, "clone", clone, uid, $"Read it again ({CommandName.GetVMClone}), or name it, if the one that is there now is meant.");

    /// <summary>The fault when an image is not the one that is meant; null when it is.</summary>
    /// <param name="image">The image that has the name and version.</param>
    /// <param name="uid">Uid of its snapshot; null or empty when not known.</param>
    public static Fault? OfImage(GoldenImageRecord image, string? uid)
    {
        ArgumentNullException.ThrowIfNull(image);
        return string.IsNullOrEmpty(uid) || uid == image.Uid ? null : FaultMapper.Make(
            FaultIds.VMGoldenImageReplaced,
            FaultCategory.ObjectNotFound,
            $"The golden image {image.Namespace}/{image} that is meant was replaced by another of its name and version{Since(image.Raw)}; it was left alone.",
            $"Read it again ({CommandName.GetVMGoldenImage}), or name it, if the one that is there now is meant.",
            $"{image.Namespace}/{image}");
    }

    private static Fault? Of(string id, string noun, KubernetesObject found, string? uid, Advice action)
    {
        ArgumentNullException.ThrowIfNull(found);
        return string.IsNullOrEmpty(uid) || uid == found.Uid ? null : FaultMapper.Make(
            id,
            FaultCategory.ObjectNotFound,
            $"The {noun} {found.Namespace}/{found.Name} that is meant (uid {uid}) was replaced by another of its name (uid {found.Uid}{Since(found)}); it was left alone.",
            action,
            $"{found.Namespace}/{found.Name}");
    }

    private static string Since(KubernetesObject found) =>
        found.CreationTimestamp is { } made ? string.Create(CultureInfo.InvariantCulture, $", made at {made:u}") : "";
}
