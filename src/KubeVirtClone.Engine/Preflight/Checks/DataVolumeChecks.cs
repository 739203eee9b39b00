using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>What CDI needs to copy the disks of a machine: CDI itself, a machine that is off, and claims that are bound, filled and used by nobody. Where it lacks one it waits for ever.</summary>
internal sealed class CopiedSourceCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (!batch.IsCopied(source))
            yield break;
        if (source.First.FromSnapshot)
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FaultIds.VMCloneSourceUnsupported,
                $"'{source.Name}' is a snapshot, and method DataVolume copies the claims of a machine.",
                $"Clone it by method Restore or Direct, or leave {OptionName.Method} out.");
            yield break;
        }

        var volumes = SourceMachine.Copied(source.Machine).ToList();
        if (volumes.Count == 0)
            yield break;
        if (batch.Facts.StorageProfiles.Items is { Count: 0 })
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FaultIds.CdiNotInstalled,
                $"This cluster has no CDI (cdi.kubevirt.io is not served), and only CDI copies disks without a snapshot of the machine{NoSnapshots(source, batch)}.",
                "Have the Containerized Data Importer installed, or a VolumeSnapshotClass for the storage; or clone a machine on storage with snapshots.",
                category: FaultCategory.NotInstalled);
            yield break;
        }

        if (source.IsOn || IsToRun(source.Machine))
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FaultIds.VMCloneSourceRunning,
                $"'{source.Name}' is switched on{NoSnapshots(source, batch)}. CDI copies disks of a stopped machine only: it would wait until nothing uses them.",
                batch.Options.Method == CloneMethodChoice.Auto
                    ? (Advice)$"Stop it, then clone: {CommandName.StopVM} {source.Name}. Or have a VolumeSnapshotClass made for its storage."
                    : $"Stop it, then clone: {CommandName.StopVM} {source.Name}. Where its storage takes snapshots, {OptionName.Method} Restore or Direct clones it while it runs.",
                "virtual machine instance",
                FaultCategory.InvalidOperation);
            yield break;
        }

        foreach (var volume in volumes)
        {
            if (WhyNot(source, volume, batch.Facts) is { } finding)
                yield return finding;
        }
    }

    /// <summary>Which disk takes no snapshots, where that is why the disks are copied.</summary>
    public static string NoSnapshots(PreflightSource source, PreflightBatch batch) =>
        batch.Options.Method == CloneMethodChoice.Auto && SourceMachine.WithoutSnapshots(source.Machine) is var (volume, reason)
            ? $", and its volume '{volume}' takes no snapshots ({reason.TrimEnd('.')})"
            : "";

    // One that is not on yet, and will be in a moment.
    private static bool IsToRun(JsonObject? machine) =>
        SourceMachine.IsTrue(machine?["spec"]?["running"]) || SourceMachine.Text(machine?["spec"]?["runStrategy"]) is "Always";

    private static Finding? WhyNot(PreflightSource source, CopiedVolume volume, PreflightFacts facts)
    {
        var what = $"The claim '{volume.Claim}' of volume '{volume.Name}' of '{source.Name}'";
        if (source.State.Claims.Lacks(volume.Claim))
            return Error(FindingCodes.ClaimMissing, $"{what} does not exist: CDI would wait for it for ever.", "Make the claim, or take the volume out of the machine.");
        if (source.State.Claims.Find(volume.Claim) is not { } claim)
            return null;
        if (claim.DeletionTimestamp is not null)
            return Error(FindingCodes.ClaimDeleting, $"{what} is being deleted.", "Give the machine another volume.");
        if (!claim.IsBound())
            return Unbound(claim);
        if (source.State.DataVolumes.Find(volume.Claim)?.StringAt("status", "phase") is { Length: > 0 } phase and not "Succeeded")
            return Error(FindingCodes.VolumeNotPopulated, $"The data volume '{volume.Claim}' of '{source.Name}' is not filled yet (phase {phase}).", "Wait until the data volume has succeeded.");
        var pods = ClaimUse.Of(source.State.Pods, volume.Claim);
        if (pods.Count > 0)
            return Error(FindingCodes.ClaimInUse, $"{what} is used by {(pods.Count == 1 ? "pod" : "pods")} {string.Join(", ", pods)}: CDI would wait until nothing uses it.", "Stop what uses the volume first.");
        return SourceMachine.Volumes(source.Machine).Any(v => SourceMachine.Text(v["name"]) == volume.Name && SourceMachine.IsTrue(v["persistentVolumeClaim"]?["readOnly"]))
            ? Error(FaultIds.VMCloneSourceUnsupported, $"The volume '{volume.Name}' of '{source.Name}' is read-only, which a data volume cannot be.", "Clone it by another method, or set readonly on the disk instead of on the volume.")
            : null;

        // A volume of a class that binds at once is made in moments, which are waited for.
        Finding Unbound(KubernetesObject claim)
        {
            var (phase, storageClass) = (claim.ClaimPhase() ?? "Pending", claim.StringAt("spec", "storageClassName"));
            if (phase == "Pending" && facts.WaitsForFirstConsumer(storageClass) == false)
            {
                return source.Finding(
                    FindingSeverity.Warning, FindingCodes.ClaimNotBound, $"{what} is not bound yet ({phase}), though its class '{storageClass}' binds at once: its copies wait for it.", $"See why it is not bound: kubectl describe pvc {volume.Claim}", $"PersistentVolumeClaim {volume.Claim}");
            }

            return Error(FindingCodes.ClaimNotBound, $"{what} is not bound ({phase}): CDI would wait until it is.", "Start the machine once if its storage waits for the first consumer, stop it, then clone.");
        }

        Finding Error(string code, string message, string action) => source.Finding(FindingSeverity.Error, code, message, action, $"PersistentVolumeClaim {volume.Claim}");
    }
}

/// <summary>How CDI will copy the disks of a machine, and until when the machine has to stay off.</summary>
internal sealed class CopyStrategyCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (!batch.IsCopied(source) || source.First.FromSnapshot)
            yield break;
        foreach (var volume in batch.VolumesOf(source.First))
        {
            yield return source.Finding(
                FindingSeverity.Information,
                FindingCodes.CopyStrategy,
                $"Each clone's volume '{volume.Volume.Name}' is {InWords(volume.StorageClass, volume.Driver, batch.Facts)}. '{source.Name}' has to stay off until that is done.",
                "",
                $"StorageProfile {volume.StorageClass}");
        }
    }

    /// <summary>The way for a storage class, by what was read of it.</summary>
    public static string InWords(string? storageClass, string? driver, PreflightFacts facts) => CopyStrategy.InWords(
        facts.CloneStrategyOverride ?? facts.StorageProfiles.Find(storageClass)?.StringAt("status", "cloneStrategy"),
        driver is null || !facts.CsiDrivers.IsRead ? null : !facts.CsiDrivers.Lacks(driver),
        driver is null ? null : facts.VolumeSnapshotClasses.Items?.Values.Any(c => c.StringAt("driver") == driver));
}
