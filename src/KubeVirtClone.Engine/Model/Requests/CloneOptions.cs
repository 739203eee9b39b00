namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>The state a clone is waited for to reach.</summary>
public enum WaitState
{
    /// <summary>The new virtual machine exists.</summary>
    Succeeded,

    /// <summary>Its volumes are really there too: nothing temporary is needed any more.</summary>
    Bound,

    /// <summary>The new virtual machine runs. Clones are created stopped: somebody has to start them.</summary>
    Running,
}

/// <summary>Which way clones are made.</summary>
public enum CloneMethodChoice
{
    /// <summary>
    /// By <see cref="Clone"/> up to <see cref="CloneOptions.AutoRestoreAbove"/> targets of one source; above, and for machines that are to start at once,
    /// by <see cref="Direct"/> where rights and source allow it, else by <see cref="Restore"/>. Where a disk takes no snapshots, by <see cref="DataVolume"/>.
    /// </summary>
    Auto,

    /// <summary>By VirtualMachineClone objects, which KubeVirt's clone controller carries out: about one a second in a cluster.</summary>
    Clone,

    /// <summary>By VirtualMachineRestore objects with the patches the clone controller would have written: the same machine, many times as fast.</summary>
    Restore,

    /// <summary>
    /// By posting the machines themselves, and claims filled from the snapshot's VolumeSnapshots, which the machines own. No controller stands in
    /// between, so that it is the fastest; there is no object beside the machine.
    /// </summary>
    Direct,

    /// <summary>
    /// By posting the machines with data volumes that CDI copies from the claims of the source, which must be stopped: for storage without snapshots.
    /// </summary>
    DataVolume,
}

/// <summary>How a batch is carried out.</summary>
public sealed record CloneOptions
{
    /// <summary>Most clones in flight at once where <see cref="ThrottleLimit"/> is null.</summary>
    public const int DefaultThrottleLimit = 16;

    /// <summary>
    /// Most clones in flight at once, 1 to 1000: between creation and the state waited for when waiting, else in creation. Null is
    /// <see cref="DefaultThrottleLimit"/>, in creation only for clones made directly until <see cref="WaitState.Bound"/>: then their claims are counted.
    /// </summary>
    public int? ThrottleLimit { get; init; }

    /// <summary>Wait for each clone to reach <see cref="For"/>.</summary>
    public bool Wait { get; init; }

    /// <summary>State waited for.</summary>
    public WaitState For { get; init; } = WaitState.Succeeded;

    /// <summary>Longest wait per clone, from its creation; null waits without limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Send every request as a server dry run: nothing is created, refusals are reported.</summary>
    public bool DryRun { get; init; }

    /// <summary>Batch id; the same id, source and targets again make nothing twice. Null generates one.</summary>
    public string? Batch { get; init; }

    /// <summary>Pass over items whose target exists instead of reporting a fault.</summary>
    public bool SkipExisting { get; init; }

    /// <summary>Delete each clone object once it is Bound (the new virtual machine stays). Needs <see cref="Wait"/>.</summary>
    public bool PurgeOnSuccess { get; init; }

    /// <summary>Which way clones are made.</summary>
    public CloneMethodChoice Method { get; init; }

    /// <summary>Targets of one source up to which <see cref="CloneMethodChoice.Auto"/> leaves the work to KubeVirt's clone controller.</summary>
    public const int AutoRestoreAbove = 8;

    /// <summary>
    /// Let every clone take a snapshot of its own. Without it two or more clones of one machine share one: a single quiesce, a single lock.
    /// For storage on which volumes made of one snapshot are worse than volumes made of many.
    /// </summary>
    public bool NoSharedSnapshot { get; init; }

    /// <summary>For clones in other namespaces: also copy the Secrets and ConfigMaps the source names, where they are not there. None is ever overwritten.</summary>
    public bool CopySecrets { get; init; }

    /// <summary>
    /// For clones in other namespaces: hand over the storage driver's snapshots by their handles instead of having CDI bring the disks. Needs rights in the whole cluster
    /// (volumesnapshotcontents), and storage classes that bind at once.
    /// </summary>
    public bool HandOver { get; init; }

    /// <summary>Look at sources and targets before creating anything. False sends the requests as they are.</summary>
    public bool Preflight { get; init; } = true;
}

/// <summary>How existing clones are waited for.</summary>
public sealed record WaitOptions
{
    /// <summary>State waited for.</summary>
    public WaitState For { get; init; } = WaitState.Succeeded;

    /// <summary>Longest wait per clone, from the start of the wait; null waits without limit.</summary>
    public TimeSpan? Timeout { get; init; }
}
