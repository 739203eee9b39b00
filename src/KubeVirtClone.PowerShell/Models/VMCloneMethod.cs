namespace KubeVirtClone;

/// <summary>Which way clones are made.</summary>
public enum VMCloneMethod
{
    /// <summary>Clone for up to 8 targets of one source; above, and for machines that start at once, Direct where rights and source allow it, else Restore. Where a disk takes no snapshots, DataVolume.</summary>
    Auto,

    /// <summary>By VirtualMachineClone objects, which KubeVirt's clone controller carries out: about one a second in a cluster.</summary>
    Clone,

    /// <summary>By VirtualMachineRestore objects, with the patches the clone controller would have written: the same machine, many times as fast.</summary>
    Restore,

    /// <summary>By posting the virtual machines, and claims of their own filled from the snapshot's VolumeSnapshots: the fastest. The machine itself stands for the clone.</summary>
    Direct,

    /// <summary>By posting the virtual machines with data volumes of their own, which CDI copies from the disks of a stopped source: for storage without snapshots.</summary>
    DataVolume,
}
