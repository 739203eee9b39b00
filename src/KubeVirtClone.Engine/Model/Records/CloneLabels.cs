namespace KubeVirtClone.Engine.Model.Records;

/// <summary>Labels and annotations this product puts on the objects it makes.</summary>
public static class CloneLabels
{
    /// <summary>Label with the batch id.</summary>
    public const string Batch = "kubevirtclone.io/batch";

    /// <summary>Label of a restore that stands for a clone: <c>Restore</c>; of a machine that stands for one: <c>Direct</c>, <c>DataVolume</c>. Clone objects of KubeVirt's own carry none.</summary>
    public const string Method = "kubevirtclone.io/method";

    /// <summary>Label of a snapshot that clones of one batch share: <c>true</c>.</summary>
    public const string SharedSnapshot = "kubevirtclone.io/shared-snapshot";

    /// <summary>Annotation of such a snapshot that is taken to be brought into other namespaces: those, with commas between them. It is found by the batch from there too.</summary>
    internal const string TakenFor = "kubevirtclone.io/taken-for";

    /// <summary>
    /// Annotation with what was cloned, <c>Kind/name</c>, where the object itself names only the shared snapshot; of a golden image
    /// <c>Kind/name/image/version</c>.
    /// </summary>
    public const string Source = "kubevirtclone.io/source";

    /// <summary>
    /// Annotation of a clone in another namespace than its source, and of the snapshot that the source was brought there as: what the source is,
    /// <c>Kind/namespace/name/uid</c>.
    /// </summary>
    public const string Origin = "kubevirtclone.io/origin";

    /// <summary>Annotation with a hash of what was asked for: the same for the same request, whatever method carries it out.</summary>
    public const string Request = "kubevirtclone.io/request";

    /// <summary>Annotation of a restore that stands for a clone, with the specification a VirtualMachineClone for the same would have.</summary>
    public const string CloneSpec = "kubevirtclone.io/clone-spec";

    /// <summary>Annotation with what was asked for of other sizes, types and places than the source's, as JSON by the names of the request's fields.</summary>
    public const string Asked = "kubevirtclone.io/asked";

    /// <summary>
    /// Annotation of a clone or restore whose disks KubeVirt makes like the source's, and that are to grow once they are bound: sizes by disk, as JSON. It goes
    /// when their claims have been given them.
    /// </summary>
    public const string Grow = "kubevirtclone.io/grow";

    /// <summary>
    /// Annotation of a machine that stands for a clone: <c>namespace/name</c> of that machine. A copy of the machine, which carries its labels and
    /// annotations, has another name, and is thereby known not to be the clone.
    /// </summary>
    public const string Target = "kubevirtclone.io/target";

    /// <summary>Annotation of a machine that was made directly: name and uid of the snapshot it was made of, <c>name/uid</c>.</summary>
    public const string Snapshot = "kubevirtclone.io/snapshot";

    /// <summary>Annotation of a machine that stands for a clone: names of the claims, or data volumes, made for it, separated by commas; without it there are none.</summary>
    public const string Claims = "kubevirtclone.io/claims";

    /// <summary>
    /// Annotation of a shared snapshot from which machines are made directly: <see cref="DirectOpen"/> while some are to come,
    /// <see cref="DirectMade"/> when all are made. Such a snapshot is owned by nobody: it goes when no volume needs it.
    /// </summary>
    public const string DirectUse = "kubevirtclone.io/direct";

    /// <summary>Value of <see cref="DirectUse"/>.</summary>
    internal const string DirectOpen = "open";

    /// <summary>Value of <see cref="DirectUse"/>.</summary>
    internal const string DirectMade = "made";

    /// <summary>
    /// Annotation of a claim that stays when its machine is removed: uid of the machine it was made for, or name of the restore that made it. A copy of the
    /// claim, which carries it too, was made for another.
    /// </summary>
    public const string Outlives = "kubevirtclone.io/outlives";

    /// <summary>Annotation of one of the clones of a batch: when each of them was seen in each phase, to the millisecond.</summary>
    public const string Moments = "kubevirtclone.io/moments";

    /// <summary>Annotation that is changed to make KubeVirt look at an object again.</summary>
    public const string Touched = "kubevirtclone.io/touched";

    /// <summary>Annotation of a stopped virtual machine with the run strategy it had, where starting would not bring it back.</summary>
    public const string RunStrategy = "kubevirtclone.io/run-strategy";

    /// <summary>Annotation of a restore whose machine is to be started once it is complete: how. It goes when that is done.</summary>
    internal const string Start = "kubevirtclone.io/start";

    /// <summary>Annotation of a restored volume with the batch's label: the restore that label holds for.</summary>
    internal const string MarkedRestore = "kubevirtclone.io/restored-by";

    /// <summary>Label that tells backup tools (Velero, and what is built on it) to leave an object out: restored from a backup, a clone object would clone again.</summary>
    public const string ExcludedFromBackup = "velero.io/exclude-from-backup";

    /// <summary>Label that says who made the object.</summary>
    public const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <summary>Value of <see cref="ManagedBy"/>.</summary>
    public const string ManagedByValue = "kubevirtclone";

    /// <summary>Field manager of every write.</summary>
    public const string FieldManager = "kubevirtclone";

    /// <summary>What is annotated on a machine because it stands for a clone: it says what is not so of a copy, nor once the clone is forgotten.</summary>
    internal static IReadOnlyList<string> OfMachine { get; } = [Request, Source, Origin, CloneSpec, Target, Snapshot, Claims, Asked, Moments];

    /// <summary>Annotation KubeVirt puts on every virtual machine it restores: <c>restore name-restore uid</c>.</summary>
    internal const string LastRestore = "restore.kubevirt.io/lastRestoreUID";
}
