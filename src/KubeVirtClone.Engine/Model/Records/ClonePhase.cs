namespace KubeVirtClone.Engine.Model.Records;

/// <summary>Phase of a clone. KubeVirt leaves it empty while a clone is new or pending; that is <see cref="Pending"/> here.</summary>
public enum ClonePhase
{
    /// <summary>New, or waiting for its source.</summary>
    Pending,

    /// <summary>The source's snapshot is being taken, or is waited for.</summary>
    SnapshotInProgress,

    /// <summary>Volumes are being made of the snapshot.</summary>
    RestoreInProgress,

    /// <summary>The new virtual machine is being made.</summary>
    CreatingTargetVM,

    /// <summary>The new virtual machine exists. With WaitForFirstConsumer storage its volumes may still be to come.</summary>
    Succeeded,

    /// <summary>Ended without success.</summary>
    Failed,

    /// <summary>A phase this version does not know.</summary>
    Unknown,
}

/// <summary>How a clone is made.</summary>
public enum CloneMethod
{
    /// <summary>By a VirtualMachineClone, carried out by KubeVirt's clone controller.</summary>
    Clone,

    /// <summary>By a VirtualMachineRestore of a snapshot into a new virtual machine.</summary>
    Restore,

    /// <summary>By posting the virtual machine, and claims of its own filled from a snapshot's VolumeSnapshots. The machine stands for the clone.</summary>
    Direct,

    /// <summary>By posting the virtual machine with data volumes of its own, which CDI copies from the claims of a stopped source. The machine stands for the clone.</summary>
    DataVolume,
}

/// <summary>What ways of cloning have in common.</summary>
public static class CloneMethods
{
    /// <summary>True where no object stands beside the new machine, which itself tells what it is a clone of.</summary>
    /// <param name="method">How a clone is made.</param>
    public static bool StandsAsMachine(this CloneMethod method) => method is CloneMethod.Direct or CloneMethod.DataVolume;
}
