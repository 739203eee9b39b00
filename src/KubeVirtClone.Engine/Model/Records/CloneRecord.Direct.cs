using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Model.Records;

// A clone made directly has no object beside its machine: label and annotations on that say what it is. Whether its claims are all made, and
// bound, only they tell; a record read of the machine alone takes them for made.
public sealed partial record CloneRecord
{
    /// <summary>The label selector of machines made directly. Copies of such machines match it too: <see cref="IsDirect"/> tells them apart.</summary>
    public static string DirectSelector { get; } = $"{CloneLabels.Method}={nameof(CloneMethod.Direct)}";

    /// <summary>Names of the claims that were to be made for it; of a clone made directly only.</summary>
    internal IReadOnlyList<string> ClaimNames =>
        Method == CloneMethod.Direct && Raw.Annotations.GetValueOrDefault(CloneLabels.Claims) is { Length: > 0 } names ? names.Split(',') : [];

    /// <summary>Whether a machine stands for a clone that was made directly. A clone, restore or backup of such a machine under another name does not.</summary>
    /// <param name="machine">The machine.</param>
    public static bool IsDirect(KubernetesObject machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return machine.Kind == SourceKinds.VirtualMachine
            && machine.Labels.GetValueOrDefault(CloneLabels.Method) == nameof(CloneMethod.Direct)
            && machine.Annotations.GetValueOrDefault(CloneLabels.Target) == $"{machine.Namespace}/{machine.Name}";
    }

    /// <summary>The same clone with what its claims tell.</summary>
    /// <param name="claims">A claim by its name; null where there is none.</param>
    internal CloneRecord WithClaims(Func<string, ClaimState?> claims)
    {
        if (Method != CloneMethod.Direct)
            return this;
        var states = ClaimNames.Select(n => (Name: n, State: claims(n))).ToList();
        var unmade = states.Where(s => s.State is not { } state || state.Owner != Uid).Select(s => s.Name).ToList();
        return unmade.Count == 0
            ? this with { Phase = ClonePhase.Succeeded, Ready = true, Bound = states.TrueForAll(s => s.State!.Value.IsBound), Message = "" }
            : this with
            {
                Phase = ClonePhase.RestoreInProgress,
                Ready = false,
                Bound = false,
                Message = $"not made yet: claim {string.Join(", ", unmade)}",
            };
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
            Method = CloneMethod.Direct,
            Labels = machine.Labels,
            Raw = machine,
        };
    }
}

/// <summary>What matters of a claim that was made for a clone.</summary>
/// <param name="IsBound">Whether it has its volume.</param>
/// <param name="Owner">Uid of the machine that owns it, or null.</param>
internal readonly record struct ClaimState(bool IsBound, string? Owner)
{
    /// <summary>Its storage class, or null.</summary>
    public string? StorageClass { get; private init; }

    /// <summary>Whether a node has been chosen for it, so that it waits for its first consumer no more.</summary>
    public bool IsWanted { get; private init; }

    /// <summary>The restore that made it, as KubeVirt notes it, or null.</summary>
    public string? Restore { get; private init; }

    public static ClaimState Of(KubernetesObject claim) => new(claim.IsBound(), claim.AsClaim().OwningMachine()?.Uid)
    {
        StorageClass = claim.StringAt("spec", "storageClassName"),
        IsWanted = claim.Annotations.ContainsKey("volume.kubernetes.io/selected-node"),
        Restore = claim.Annotations.GetValueOrDefault(CloneLabels.LastRestore),
    };
}
