using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>Every volume can be snapshotted; where not, why not. A clone of a machine with one that cannot stays pending.</summary>
internal sealed class VolumeSupportCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.First.FromSnapshot || source.Machine?["status"]?["volumeSnapshotStatuses"] is not JsonArray statuses)
            yield break;
        if (batch.IsCopied(source))
        {
            // Of one that runs, which cannot be copied, more is said elsewhere.
            if (!source.IsOn && batch.Options.Method == CloneMethodChoice.Auto && SourceMachine.WithoutSnapshots(source.Machine) is var (name, reason))
            {
                yield return source.Finding(
                    FindingSeverity.Warning,
                    FindingCodes.VolumeNotSnapshottable,
                    $"The volume '{name}' of '{source.Name}' takes no snapshots ({reason.TrimEnd('.')}): CDI copies its disks for each clone, which takes longer, and the machine has to stay off until that is done.",
                    "Have a VolumeSnapshotClass made for the driver, or move the volume to a class with snapshots, where clones are to share a snapshot.",
                    $"status.volumeSnapshotStatuses[{name}]: {reason}");
            }

            yield break;
        }

        var byName = statuses.OfType<JsonObject>().GroupBy(s => SourceMachine.Text(s["name"]) ?? "").ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        foreach (var volume in SourceMachine.Copied(source.Machine))
        {
            if (byName.GetValueOrDefault(volume.Name) is not { } status || SourceMachine.IsTrue(status["enabled"]))
                continue;
            yield return Judge(source, volume, SourceMachine.Text(status["reason"]) ?? "no reason given", batch.Facts);
        }
    }

    private static Finding Judge(PreflightSource source, CopiedVolume volume, string reason, PreflightFacts facts)
    {
        var evidence = $"status.volumeSnapshotStatuses[{volume.Name}]: {reason}";
        var message = $"Clones of '{source.Name}' stay pending while its volume '{volume.Name}' cannot be snapshotted: {reason}";
        var state = source.State;
        if (state.Claims.Lacks(volume.Claim))
        {
            var coming = volume.IsDataVolume && (volume.Template is not null || state.DataVolumes.Find(volume.Claim) is not null);
            return source.Finding(
                coming ? FindingSeverity.Warning : FindingSeverity.Error,
                FindingCodes.ClaimMissing,
                $"{message}. The claim '{volume.Claim}' does not exist{(coming ? " yet" : "")}.",
                coming ? "Wait until the data volume is filled." : "Make the claim, or take the volume out of the machine.",
                evidence) with
            { MayComeRight = true };
        }

        var storageClass = state.Claims.Find(volume.Claim)?.AsClaim()?.Spec?.StorageClassName;
        var driver = facts.DriverOf(storageClass);
        var hasClass = facts.VolumeSnapshotClasses.Items?.Values.Any(c => c.StringAt("driver") == driver);
        // Only where claim and classes were read is it sure that waiting does not help.
        var sure = state.Claims.IsRead && (hasClass == false || !facts.VolumeSnapshotClasses.IsRead);
        var why = storageClass is null ? ""
            : driver is null ? $" It is of storage class '{storageClass}'."
            : $" It is of storage class '{storageClass}', driver '{driver}'{(hasClass == false ? ", for which there is no VolumeSnapshotClass" : "")}.";
        return source.Finding(
            sure ? FindingSeverity.Error : FindingSeverity.Warning,
            FindingCodes.VolumeNotSnapshottable,
            message + (message.EndsWith('.') ? "" : ".") + why,
            $"Have a VolumeSnapshotClass made for the driver, move the volume to a class with snapshots, or have the disk copied by CDI: {OptionName.Method} DataVolume, of the stopped machine.",
            evidence) with
        { MayComeRight = true };
    }
}

/// <summary>Every claim of the source exists, is bound, filled and not being deleted: until then its snapshot waits, with five minutes to live.</summary>
internal sealed class ClaimStateCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.First.FromSnapshot || !source.State.Claims.IsRead || batch.IsCopied(source))
            yield break;
        foreach (var volume in batch.VolumesOf(source.First))
        {
            if (volume.Claim is null)
            {
                // Its absence is told with the snapshot support, where KubeVirt has said that much.
                if (!HasStatus(source, volume.Volume.Name))
                    yield return Missing(source, volume.Volume);
                continue;
            }

            foreach (var finding in Judge(source, volume, volume.Claim, batch.Facts))
                yield return finding;
            if (volume.Volume.IsDataVolume && source.State.DataVolumes.Find(volume.Volume.Claim) is { } dataVolume && NotFilled(dataVolume) is { } phase)
            {
                yield return source.Finding(
                    FindingSeverity.Warning,
                    FindingCodes.VolumeNotPopulated,
                    $"The data volume '{volume.Volume.Claim}' of '{source.Name}' is not filled yet (phase {phase}); a snapshot waits for it, and fails after five minutes.",
                    "Wait until the data volume has succeeded.",
                    $"DataVolume {volume.Volume.Claim} status.phase: {phase}");
            }
        }
    }

    private static IEnumerable<Finding> Judge(PreflightSource source, SourceVolume volume, KubernetesObject claim, PreflightFacts facts)
    {
        if (claim.DeletionTimestamp is not null)
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FindingCodes.ClaimDeleting,
                $"The claim '{claim.Name}' of '{source.Name}' is being deleted; a snapshot of it is never taken.",
                "Give the machine another volume.",
                "metadata.deletionTimestamp");
        }

        if (claim.IsBound())
            yield break;
        var waits = facts.WaitsForFirstConsumer(volume.StorageClass) == true;
        var phase = claim.ClaimPhase() ?? "Pending";
        yield return source.Finding(
            (waits && !SourceMachine.IsOn(source.Machine)) || phase == "Lost" ? FindingSeverity.Error : FindingSeverity.Warning,
            FindingCodes.ClaimNotBound,
            $"The claim '{claim.Name}' of '{source.Name}' is not bound ({phase}{(waits ? $"; class '{volume.StorageClass}' waits for the machine's first start" : "")}). "
                + "A snapshot waits for it, fails after five minutes, and the clone then waits for ever.",
            waits ? "Start the machine once, then clone." : "See why it is not bound: kubectl describe pvc " + claim.Name,
            $"PersistentVolumeClaim {claim.Name} status.phase: {phase}") with
        { MayComeRight = phase != "Lost" && !IsLeft(source, volume, claim) };
    }

    // Whether nothing binds it before the machine starts: no pod has been given it, and CDI is not about to fill it.
    private static bool IsLeft(PreflightSource source, SourceVolume volume, KubernetesObject claim) =>
        !claim.Annotations.ContainsKey("volume.kubernetes.io/selected-node")
        && (volume.Volume.IsDataVolume
            ? source.State.DataVolumes.Find(volume.Volume.Claim)?.StringAt("status", "phase") is "WaitForFirstConsumer" or "PendingPopulation"
            : !claim.ItemsAt("metadata", "ownerReferences").Any(o => o.Text("kind") == RelatedKinds.DataVolume.Kind));

    private static bool HasStatus(PreflightSource source, string volume) =>
        (source.Machine?["status"]?["volumeSnapshotStatuses"] as JsonArray)?.OfType<JsonObject>().Any(s => SourceMachine.Text(s["name"]) == volume) == true;

    private static Finding Missing(PreflightSource source, CopiedVolume volume) => source.Finding(
        volume.Template is null ? FindingSeverity.Error : FindingSeverity.Warning,
        FindingCodes.ClaimMissing,
        $"The claim '{volume.Claim}' of '{source.Name}' does not exist{(volume.Template is null ? "" : " yet")}; a clone stays pending.",
        volume.Template is null ? "Make the claim, or take the volume out of the machine." : "Wait until the data volume is filled.",
        $"volume '{volume.Name}'") with
    { MayComeRight = true };

    private static string? NotFilled(KubernetesObject dataVolume) =>
        dataVolume.StringAt("status", "phase") is { Length: > 0 } phase and not ("Succeeded" or "WaitForFirstConsumer" or "PendingPopulation") ? phase : null;
}

/// <summary>The claims of memory dumps exist: no clone gets them, but its snapshot waits for them.</summary>
internal sealed class MemoryDumpCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.First.FromSnapshot || batch.IsCopied(source))
            yield break;
        foreach (var dump in SourceMachine.MemoryDumps(source.Machine).Where(d => source.State.Claims.Lacks(d.Claim)))
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FindingCodes.ClaimMissing,
                $"The claim '{dump.Claim}' of the memory dump '{dump.Name}' of '{source.Name}' does not exist. No clone would get it, but the snapshot waits for it all the same, and fails after five minutes.",
                $"Take the memory dump out of the machine: virtctl memory-dump remove {source.Name}",
                $"volume '{dump.Name}'");
        }
    }
}

/// <summary>Nothing uses the volumes of a source that is switched off: KubeVirt's snapshot waits while something does.</summary>
internal sealed class ClaimUseCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.First.FromSnapshot || source.First.SourceObject is not { } machine || batch.IsCopied(source))
            yield break;
        var off = source.State.Instances.IsRead ? source.State.Instances.Lacks(source.Name) : !machine.IsTrueAt("status", "created");
        foreach (var volume in SourceMachine.Copied(source.Machine))
        {
            if (off && ClaimUse.Of(source.State.Pods, volume.Claim) is { Count: > 0 } users)
            {
                var pods = string.Join(", ", users.Select(p => $"pod {p}"));
                yield return source.Finding(
                    FindingSeverity.Warning,
                    FindingCodes.ClaimInUse,
                    $"'{source.Name}' is switched off, but {pods} use{(users.Count == 1 ? "s" : "")} its volume '{volume.Claim}'. A snapshot waits until nothing does, and fails after five minutes.",
                    "Stop what uses the volume first.",
                    $"pods: {pods}");
            }
        }
    }
}

/// <summary>With PrefixTargetName no claim of the names the clone would use exists: KubeVirt would take it, with the data it has.</summary>
internal sealed class VolumeNameCheck : SubjectCheck
{
    private const int LongestName = 63;

    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        var request = subject.Request;
        if (request.VolumeNamePolicy != "PrefixTargetName" || request.TargetName is null || !subject.State.Claims.IsRead)
            yield break;
        foreach (var volume in SourceMachine.Copied(subject.Source))
        {
            // Longer names are shortened with a hash of the server's making, which nothing else has.
            var name = $"{request.TargetName}-{volume.Name}";
            if (name.Length > LongestName || subject.State.Claims.Find(name) is not { } taken)
                continue;
            yield return subject.Finding(
                FindingSeverity.Error,
                FaultIds.VMCloneVolumeExists,
                $"A claim '{name}' exists in namespace '{request.Namespace}'. With PrefixTargetName KubeVirt would give it to the new machine with the data it has.",
                "Remove the claim if nobody needs it, choose another target name, or leave VolumeNamePolicy out.",
                $"PersistentVolumeClaim {name}, made {taken.CreationTimestamp:u}",
                FaultCategory.ResourceExists);
            yield break;
        }
    }
}
