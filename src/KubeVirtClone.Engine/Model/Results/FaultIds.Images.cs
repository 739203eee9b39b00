namespace KubeVirtClone.Engine.Model.Results;

public static partial class FaultIds
{
    /// <summary>The snapshot failed: its deadline passed, or its storage gave up.</summary>
    public const string VMSnapshotFailed = "VMSnapshotFailed";

    /// <summary>The snapshot was not ready to use within the time given.</summary>
    public const string VMSnapshotTimeout = "VMSnapshotTimeout";

    /// <summary>The snapshot was deleted while it was waited for.</summary>
    public const string VMSnapshotDeleted = "VMSnapshotDeleted";

    /// <summary>A snapshot of that name exists with another source or policy.</summary>
    public const string VMSnapshotExists = "VMSnapshotExists";

    /// <summary>The snapshot cannot be asked for like that (name, deadline, policy), or the server refused it.</summary>
    public const string VMSnapshotRejected = "VMSnapshotRejected";

    /// <summary>Something that is not finished still needs the snapshot.</summary>
    public const string VMSnapshotInUse = "VMSnapshotInUse";

    /// <summary>The snapshot does not hold every disk: machines made of it would share the source's own volumes.</summary>
    public const string VMSnapshotPartial = "VMSnapshotPartial";

    /// <summary>The machine was to start paused, and runs already.</summary>
    public const string VMAlreadyRunning = "VMAlreadyRunning";

    /// <summary>The machine was to be removed, and runs.</summary>
    public const string VMRunning = "VMRunning";

    /// <summary>A snapshot or restore of the machine is in progress, and its state cannot be changed meanwhile.</summary>
    public const string VMBusy = "VMBusy";

    /// <summary>The machine cannot get into the state asked for (crash loop, no node, no image, no volume).</summary>
    public const string VMStartFailed = "VMStartFailed";

    /// <summary>The machine did not get into the state asked for within the time given.</summary>
    public const string VMPowerTimeout = "VMPowerTimeout";

    /// <summary>The machine was deleted while it was waited for.</summary>
    public const string VMDeleted = "VMDeleted";

    /// <summary>There is no golden image of that name or version.</summary>
    public const string GoldenImageNotFound = "GoldenImageNotFound";

    /// <summary>No version of the golden image is ready to use.</summary>
    public const string GoldenImageNotReady = "GoldenImageNotReady";

    /// <summary>That version of the golden image exists already.</summary>
    public const string GoldenImageExists = "GoldenImageExists";

    /// <summary>The machine was stopped for its image, and ran again before that was made.</summary>
    public const string GoldenImageSourceRan = "GoldenImageSourceRan";

    /// <summary>An unbound volume still needs the golden image.</summary>
    public const string GoldenImageInUse = "GoldenImageInUse";

    /// <summary>The name, version or description of the golden image is not a legal one.</summary>
    public const string GoldenImageInvalid = "GoldenImageInvalid";

    /// <summary>Volumes are not bound yet and need what would be deleted.</summary>
    public const string VMCloneInUse = "VMCloneInUse";

    /// <summary>An option cannot be turned into something this cluster takes for this source.</summary>
    public const string VMCloneOptionUnsupported = "VMCloneOptionUnsupported";

    /// <summary>CDI, which copies disks between namespaces and on storage without snapshots, is not installed.</summary>
    public const string CdiNotInstalled = "CdiNotInstalled";

    /// <summary>The right to clone out of the source's namespace is missing, or one that handing snapshots over takes.</summary>
    public const string TransferForbidden = "TransferForbidden";

    /// <summary>What is asked for cannot be a transfer.</summary>
    public const string TransferInvalid = "TransferInvalid";

    /// <summary>Something the machine refers to is not in the other namespace.</summary>
    public const string TransferReferenceMissing = "TransferReferenceMissing";

    /// <summary>CDI cannot bring a disk over, and would try for ever.</summary>
    public const string TransferFailed = "TransferFailed";

    /// <summary>A disk was not brought over in time.</summary>
    public const string TransferTimeout = "TransferTimeout";
}
