namespace KubeVirtClone.Engine.Model.Records;

// A clone whose machine was posted has no object beside that: its label and annotations say what it is. Whether its claims are all made, and
// bound, only they tell (and the data volumes that are to fill them); a record read of the machine alone takes them for made.
public sealed partial record CloneRecord
{
    /// <summary>The label selector of machines that stand for clones. Copies of such machines match it too: <see cref="IsMachine"/> tells them apart.</summary>
    public static string MachineSelector { get; } = $"{CloneLabels.Method} in ({nameof(CloneMethod.DataVolume)},{nameof(CloneMethod.Direct)})";

    /// <summary>Names of the claims, or data volumes, that were to be made for it; of a clone that stands as a machine only.</summary>
    internal IReadOnlyList<string> ClaimNames =>
        Method.StandsAsMachine() && Raw.Annotations.GetValueOrDefault(CloneLabels.Claims) is { Length: > 0 } names ? names.Split(',') : [];

    /// <summary>Whether whoever posts its machine posts what its disks are made of as well: claims, or data volumes. Else its templates make them.</summary>
    internal bool PostsDisks => Method == CloneMethod.Direct || Origin is not null;

    /// <summary>Whether a machine stands for a clone: it was posted by this product. A clone, restore or backup of such a machine under another name does not.</summary>
    /// <param name="machine">The machine.</param>
    public static bool IsMachine(KubernetesObject machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return machine.Kind == SourceKinds.VirtualMachine
            && machine.Labels.GetValueOrDefault(CloneLabels.Method) is nameof(CloneMethod.Direct) or nameof(CloneMethod.DataVolume)
            && machine.Annotations.GetValueOrDefault(CloneLabels.Target) == $"{machine.Namespace}/{machine.Name}";
    }

    /// <summary>The same clone with what its claims tell.</summary>
    /// <param name="claims">A claim by its name; null where there is none.</param>
    internal CloneRecord WithClaims(Func<string, ClaimState?> claims)
    {
        if (!Method.StandsAsMachine())
            return this;
        // Its disks are made and filled by virt-controller and CDI; nobody is asked to do more.
        if (!PostsDisks)
            return this with { Bound = ClaimNames.All(n => claims(n) is { IsBound: true } state && IsOwn(state)) };
        var states = ClaimNames.Select(n => (Name: n, State: claims(n))).ToList();
        var unmade = states.Where(s => s.State is not { } state || !IsOwn(state)).Select(s => s.Name).ToList();
        return unmade.Count == 0
            ? this with { Phase = ClonePhase.Succeeded, Ready = true, Bound = states.TrueForAll(s => s.State!.IsBound), Message = "" }
            : this with
            {
                Phase = ClonePhase.RestoreInProgress,
                Ready = false,
                Bound = false,
                Message = $"not made yet: {(Method == CloneMethod.Direct ? "claim" : "data volume")} {string.Join(", ", unmade)}",
            };

        bool IsOwn(ClaimState state) => (state.Machine ?? (state.FilledByDataVolume && Method == CloneMethod.DataVolume ? Uid : null)) == Uid;
    }

    private static CloneRecord FromDirect(KubernetesObject machine)
    {
        var source = SourceOf(machine);
        var snapshot = machine.Annotations.GetValueOrDefault(CloneLabels.Snapshot)?.Split('/')[0];
        return new CloneRecord
        {
            Name = machine.Name,
            Namespace = machine.Namespace ?? "",
            SourceKind = source?.Kind ?? SourceKinds.VirtualMachine,
            SourceName = source?.Name ?? "",
            TargetName = machine.Name,
            Phase = ClonePhase.Succeeded,
            Ready = true,
            Bound = !machine.Annotations.ContainsKey(CloneLabels.Claims),
            CreationTimestamp = machine.CreationTimestamp,
            Uid = machine.Uid,
            SnapshotName = source?.Kind == SourceKinds.VirtualMachineSnapshot ? null : snapshot,
            Batch = machine.Labels.GetValueOrDefault(CloneLabels.Batch),
            Method = Enum.Parse<CloneMethod>(machine.Labels[CloneLabels.Method]),
            Labels = machine.Labels,
            Raw = machine,
        }.Of(CloneOrigin.Of(machine));
    }
}

/// <summary>What matters of a claim that was made for a clone.</summary>
/// <param name="IsBound">Whether it has its volume; of a data volume, whether that is filled.</param>
/// <param name="Machine">Uid of the machine it belongs to, or null: that owns it, or it was made for it to outlive it.</param>
/// <param name="FilledByDataVolume">Whether it is a data volume's, and CDI says on it that it is filled: a bound claim may still be copied into.</param>
internal sealed record ClaimState(bool IsBound, string? Machine, bool FilledByDataVolume = false)
{
    // Of the way that fills a claim beside, and of the older one that copies into it.
    private const string ClonePhase = "cdi.kubevirt.io/clonePhase";
    private const string PodPhase = "cdi.kubevirt.io/storage.pod.phase";
    private const int UidLength = 36;

    /// <summary>Its storage class, or null.</summary>
    public string? StorageClass { get; private init; }

    /// <summary>Whether a node has been chosen for it, so that it waits for its first consumer no more.</summary>
    public bool IsWanted { get; private init; }

    /// <summary>Whether it is a data volume that is filled when its machine starts.</summary>
    public bool WaitsForConsumer { get; private init; }

    /// <summary>The restore that made it, as KubeVirt notes it, or null.</summary>
    public string? Restore { get; private init; }

    public static ClaimState Of(KubernetesObject claim) => new(
        claim.IsBound(),
        claim.OwningMachine()?.Uid ?? MachineOutlived(claim),
        claim.ItemsAt("metadata", "ownerReferences").Any(o => o.Text("kind") == RelatedKinds.DataVolume.Kind)
            && (claim.Annotations.GetValueOrDefault(ClonePhase) ?? claim.Annotations.GetValueOrDefault(PodPhase)) == "Succeeded")
    {
        StorageClass = claim.StringAt("spec", "storageClassName"),
        IsWanted = claim.Annotations.ContainsKey("volume.kubernetes.io/selected-node"),
        Restore = claim.Annotations.GetValueOrDefault(CloneLabels.LastRestore),
    };

    /// <summary>Whether a claim was made to stay when its machine goes. A copy of such a claim, which has its annotations, was not.</summary>
    /// <param name="claim">The claim.</param>
    public static bool IsToStay(KubernetesObject claim) =>
        MachineOutlived(claim) is not null || (claim.Annotations.GetValueOrDefault(CloneLabels.Outlives) is { } restore
            && claim.Annotations.GetValueOrDefault(CloneLabels.LastRestore) is { } mark
            && mark.Length == restore.Length + 1 + UidLength && mark.StartsWith(restore + "-", StringComparison.Ordinal));

    /// <summary>Uid of the machine that a claim was made for directly, and that does not own it; null of any other claim.</summary>
    /// <param name="claim">The claim.</param>
    public static string? MachineOutlived(KubernetesObject claim) =>
        claim.Annotations.ContainsKey(CloneLabels.LastRestore) ? null : claim.Annotations.GetValueOrDefault(CloneLabels.Outlives);

    public static ClaimState OfDataVolume(KubernetesObject dataVolume) => new(
        dataVolume.StringAt("status", "phase") == "Succeeded",
        dataVolume.ItemsAt("metadata", "ownerReferences").Where(o => o.Text("kind") == SourceKinds.VirtualMachine).Select(o => o.Text("uid")).FirstOrDefault())
    {
        WaitsForConsumer = dataVolume.StringAt("status", "phase") is "WaitForFirstConsumer" or "PendingPopulation",
    };
}

/// <summary>How far a claim is that was given a larger request.</summary>
/// <param name="Capacity">What it has, in bytes; null when that is not known.</param>
/// <param name="AwaitsFileSystem">
/// Whether the volume is as large as was asked, and its file system grows when a machine uses it: all that can be waited for while that is off.
/// </param>
/// <param name="Trouble">What the storage says why it has not grown yet, or null.</param>
/// <param name="IsHopeless">Whether the storage says that it never can.</param>
internal readonly record struct ClaimGrowth(decimal? Capacity, bool AwaitsFileSystem, string? Trouble, bool IsHopeless)
{
    private static readonly string[] Errors = ["ControllerResizeError", "NodeResizeError"];

    public static ClaimGrowth Of(KubernetesObject claim)
    {
        var status = claim.StringAt("status", "allocatedResourceStatuses", "storage");
        var error = Errors.Select(e => claim.Condition(e)).FirstOrDefault(c => c is { IsTrue: true });
        var hopeless = status is "ControllerResizeInfeasible" or "NodeResizeInfeasible";
        return new(
            Quantity.Parse(claim.StringAt("status", "capacity", "storage")),
            claim.Condition("FileSystemResizePending")?.IsTrue == true,
            error?.Message ?? error?.Reason ?? error?.Type ?? (hopeless ? status : null),
            hopeless);
    }

    /// <summary>Whether it has been given so much.</summary>
    public bool Has(decimal bytes) => Capacity >= bytes || AwaitsFileSystem;
}
