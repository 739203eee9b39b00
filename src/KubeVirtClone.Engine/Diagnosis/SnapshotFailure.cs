using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>
/// Why a snapshot has failed. KubeVirt itself only says that its deadline is exceeded, and overwrites what the snapshot waited for; the objects
/// around it still show it.
/// </summary>
/// <param name="Why">The reason, to stand behind a colon.</param>
/// <param name="NextStep">What to do about it.</param>
/// <param name="Evidence">What it was concluded from.</param>
internal sealed record SnapshotFailure(string Why, Advice NextStep, IReadOnlyList<DiagnosisEvidence> Evidence)
{
    /// <summary>The next step, and another after it.</summary>
    public Advice Before(string then) => $"{NextStep}{(NextStep.ToString().EndsWith('.') ? "" : ".")} {then}";

    /// <summary>The reason, or null when nothing around the snapshot shows one.</summary>
    /// <param name="reading">The namespace.</param>
    /// <param name="snapshot">A snapshot that has failed, of which the storage reports no error.</param>
    public static SnapshotFailure? Find(NamespaceReading reading, KubernetesObject snapshot)
    {
        var source = snapshot.StringAt("spec", "source", "name") ?? "";
        if (reading.Machines.Lacks(source))
            return new($"there is no machine '{source}'", "Take a snapshot of a machine that exists.", []);
        var machine = reading.Machines.Find(source);
        return Deleting(machine)
            ?? NameLong(source, machine)
            ?? Claims(reading, source, machine)
            ?? InUse(reading, source, machine)
            ?? NoRoom(reading, snapshot)
            ?? Queued(reading, snapshot, source);
    }

    private static SnapshotFailure? Deleting(KubernetesObject? machine) => machine?.DeletionTimestamp is not { } since ? null : new(
        $"the machine '{machine.Name}' is being deleted",
        CauseText.NextStep(CauseCodes.SourceDeleting),
        [new DiagnosisEvidence($"VirtualMachine {machine.Name}", "metadata.deletionTimestamp", $"{since:u}", since)]);

    private static SnapshotFailure? NameLong(string source, KubernetesObject? machine) =>
        source.Length <= NameRules.MaxLabelLength || !Snapshotted(machine).Any() ? null : new(
            $"the source's name has {source.Length} characters, and KubeVirt makes it the value of a label on the snapshots of its volumes, where {NameRules.MaxLabelLength} are allowed",
            CauseText.NextStep(CauseCodes.SourceNameLong),
            [new DiagnosisEvidence($"VirtualMachine {source}", "metadata.name", source, machine?.CreationTimestamp)]);

    // Memory dumps are snapshotted, too.
    private static IEnumerable<CopiedVolume> Snapshotted(KubernetesObject? machine) =>
        machine?.ToJsonObject() is { } json ? SourceMachine.Copied(json).Concat(SourceMachine.MemoryDumps(json)) : [];

    private static SnapshotFailure? Claims(NamespaceReading reading, string source, KubernetesObject? machine)
    {
        if (!reading.Claims.IsRead)
            return null;
        var evidence = new List<DiagnosisEvidence>();
        var wrong = new List<string>();
        var step = Advice.None;
        foreach (var volume in Snapshotted(machine))
        {
            if (State(reading, volume.Claim) is not var (code, what, field, text))
                continue;
            wrong.Add($"the claim {volume.Claim} of '{source}' {what}");
            step = step.IsEmpty ? CauseText.NextStep(code).ToString().Replace("kubectl describe pvc", $"kubectl describe pvc {volume.Claim}", StringComparison.Ordinal) : step;
            evidence.Add(new DiagnosisEvidence($"PersistentVolumeClaim {volume.Claim}", field, text, reading.Claims.Find(volume.Claim)?.CreationTimestamp));
        }

        return wrong.Count == 0 ? null : new(string.Join(", ", wrong), step, evidence);
    }

    private static (string Code, string What, string Field, string Text)? State(NamespaceReading reading, string name)
    {
        if (reading.Claims.Find(name) is not { } claim)
            return (CauseCodes.SourceClaimMissing, "does not exist", "status.phase", "does not exist");
        if (claim.DeletionTimestamp is { } since)
            return (CauseCodes.SourceClaimDeleting, "is being deleted", "metadata.deletionTimestamp", $"{since:u}");
        if (claim.ClaimPhase() is not "Bound" and var phase)
            return (CauseCodes.SourceClaimNotBound, "is not bound", "status.phase", phase ?? "Pending");
        return reading.DataVolumes.Find(name)?.StringAt("status", "phase") is { Length: > 0 } filled and not "Succeeded"
            ? (CauseCodes.SourceClaimNotBound, $"is not filled yet (its data volume is in phase {filled})", "phase of its DataVolume", filled)
            : null;
    }

    // Only of a machine that is switched off: one that runs uses its volumes itself.
    private static SnapshotFailure? InUse(NamespaceReading reading, string source, KubernetesObject? machine)
    {
        if (machine is null || !reading.Instances.Lacks(source))
            return null;
        var claims = SourceMachine.Copied(machine.ToJsonObject()).Select(v => v.Claim).ToHashSet(StringComparer.Ordinal);
        var users = (reading.Pods.Items?.Values ?? [])
            .Select(p => (Pod: p, Claim: p.ItemsAt("spec", "volumes").Select(v => v.Member("persistentVolumeClaim")?.Text("claimName")).FirstOrDefault(c => c is not null && claims.Contains(c))))
            .Where(p => p.Claim is not null)
            .OrderBy(p => p.Pod.Name, StringComparer.Ordinal)
            .ToList();
        return users.Count == 0 ? null : new(
            $"'{source}' is switched off, but {string.Join(", ", users.Select(u => $"pod {u.Pod.Name}"))} use{(users.Count == 1 ? "s" : "")} its volumes",
            CauseText.NextStep(CauseCodes.SourceInUse),
            [.. users.Select(u => new DiagnosisEvidence($"Pod {u.Pod.Name}", "spec.volumes", $"claim {u.Claim}", u.Pod.CreationTimestamp))]);
    }

    private static SnapshotFailure? NoRoom(NamespaceReading reading, KubernetesObject snapshot)
    {
        foreach (var kind in new[] { "virtualmachinesnapshotcontents.snapshot.kubevirt.io", "volumesnapshots.snapshot.storage.k8s.io" })
        {
            if (reading.FullQuota("count/" + kind) is { } quota)
            {
                return new(
                    $"the quota '{quota.Metadata.Name}' has no room for the {kind[..kind.IndexOf('.', StringComparison.Ordinal)]} it needs",
                    $"Free some of the quota or have it raised: kubectl describe resourcequota {quota.Metadata.Name}.",
                    [new DiagnosisEvidence($"ResourceQuota {quota.Metadata.Name}", "count/" + kind, quota.Used("count/" + kind), snapshot.CreationTimestamp)]);
            }
        }

        return null;
    }

    // One snapshot of a machine at a time is taken, each with five minutes to live, and whose turn it is is chance.
    private static SnapshotFailure? Queued(NamespaceReading reading, KubernetesObject snapshot, string source)
    {
        if (snapshot.StringAt("status", "virtualMachineSnapshotContentName") is not null || snapshot.CreationTimestamp is not { } made)
            return null;
        var ended = CloneCase.Condition(snapshot, "Failure").Since ?? reading.Now;
        var others = (reading.Snapshots.Items?.Values ?? [])
            .Where(s => s.Name != snapshot.Name && s.StringAt("spec", "source", "name") == source)
            .Where(s => s.CreationTimestamp <= ended && (ObjectConditions.Time(s.StringAt("status", "creationTime")) ?? reading.Now) >= made)
            .OrderBy(s => s.Name, StringComparer.Ordinal)
            .ToList();
        return others.Count == 0 ? null : new(
            $"it did not get its turn among {others.Count + 1} snapshots of '{source}': one at a time is taken",
            $"Take fewer snapshots at a time; {CommandName.NewVMClone} shares one among the clones of a machine that are made together.",
            [.. others.Take(3).Select(s => new DiagnosisEvidence($"VirtualMachineSnapshot {s.Name}", "spec.source", source, s.CreationTimestamp))]);
    }
}
