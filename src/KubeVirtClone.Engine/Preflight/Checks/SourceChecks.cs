using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The namespace and the source exist.</summary>
internal sealed class SourceExistsCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        var state = source.State;
        var first = source.First;
        if (first.Request.SourceName.Length == 0 || first.Request.Namespace.Length == 0)
            yield break;
        if (!state.Exists)
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FaultIds.NamespaceNotFound,
                $"The namespace '{first.Request.Namespace}' does not exist.",
                "Check the spelling, or create it: kubectl create namespace " + first.Request.Namespace,
                category: FaultCategory.ObjectNotFound) with
            { Item = first.Request.Namespace };
            yield break;
        }

        var known = first.FromSnapshot ? state.Snapshots : state.Machines;
        if (!known.Lacks(source.Name))
            yield break;
        yield return source.Finding(
            FindingSeverity.Error,
            first.FromSnapshot ? FaultIds.VMSnapshotNotFound : FaultIds.VMNotFound,
            $"There is no virtual machine {(first.FromSnapshot ? "snapshot " : "")}'{source.Name}' in namespace '{first.Request.Namespace}'; a clone of it would stay pending.",
            first.FromSnapshot ? "Check name and namespace: kubectl get vmsnapshot --all-namespaces" : (Advice)$"Check name and namespace: {CommandName.GetVM} {OptionName.AllNamespaces}",
            category: FaultCategory.ObjectNotFound);
    }
}

/// <summary>The source is the object that is meant, and not another that was given its name.</summary>
internal sealed class SourceReplacedCheck : SubjectCheck
{
    public override IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch)
    {
        if (subject.SourceObject is { } source && ReplacedFaults.OfSource(source, subject.Request) is { } fault)
            yield return subject.Finding(FindingSeverity.Error, fault.Id, fault.Message, fault.RecommendedAction, category: fault.Category);
    }
}

/// <summary>The source is not being deleted, snapshotted or restored.</summary>
internal sealed class SourceStateCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.First.SourceObject is not { } item)
            yield break;
        if (item.DeletionTimestamp is { } since)
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FaultIds.VMCloneSourceDeleting,
                $"'{source.Name}' is being deleted.",
                "Clone another source, or find out what holds the deletion (its finalizers).",
                $"metadata.deletionTimestamp: {since:u}");
        }

        if (source.First.FromSnapshot)
            yield break;
        if (item.StringAt("status", "snapshotInProgress") is { Length: > 0 } snapshot)
        {
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.SourceLocked,
                $"A snapshot of '{source.Name}' is under way ({snapshot}). Another waits for it, and fails when that takes longer than its deadline of five minutes.",
                "Wait until it is done, or clone from that snapshot once it is ready.",
                $"status.snapshotInProgress: {snapshot}");
        }

        if (item.StringAt("status", "restoreInProgress") is { Length: > 0 } restore)
        {
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.SourceLocked,
                $"'{source.Name}' is being restored ({restore}): what is cloned now may be half of the old and half of the new.",
                "Wait until the restore is complete.",
                $"status.restoreInProgress: {restore}");
        }
    }
}

/// <summary>A snapshot used as source is ready, or will be, and holds every volume.</summary>
internal sealed class SnapshotSourceCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (!source.First.FromSnapshot || source.First.SourceObject is not { } snapshot)
            yield break;
        var failure = snapshot.Condition("Failure") is { IsTrue: true } f ? f.Reason : null;
        var progress = snapshot.Condition("Progressing")?.Reason;
        if (snapshot.StringAt("status", "phase") == "Failed" || failure is not null)
        {
            var why = snapshot.StringAt("status", "error", "message") ?? failure ?? "no reason given";
            yield return source.Finding(
                FindingSeverity.Error,
                FaultIds.VMCloneSnapshotFailed,
                $"The snapshot '{source.Name}' has failed ({why}); a clone of it would wait for ever.",
                "Take another snapshot once the cause is removed.",
                $"status.phase: Failed; {failure}");
        }
        else if (snapshot.StringAt("status", "phase") != "Succeeded" && progress?.Contains("does not exist", StringComparison.Ordinal) == true)
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FindingCodes.SnapshotSourceMissing,
                $"The snapshot '{source.Name}' waits for a machine that does not exist ({progress}); a clone of it would wait for ever.",
                "Take a snapshot of a machine that exists.",
                $"status.conditions[Progressing]: {progress}") with
            { MayComeRight = true };
        }
        else if (!snapshot.IsTrueAt("status", "readyToUse"))
        {
            var error = snapshot.StringAt("status", "error", "message");
            // A restore is refused while the snapshot has no content; this product posts its own when the snapshot is ready.
            var refused = source.First.Item.IsRestore && snapshot.StringAt("status", "virtualMachineSnapshotContentName") is null;
            yield return source.Finding(
                refused ? FindingSeverity.Error : FindingSeverity.Warning,
                FindingCodes.SnapshotNotReady,
                $"The snapshot '{source.Name}' is not ready to use yet{(progress is null ? "" : $" ({progress})")}; clones of it wait for it.",
                error is null ? "Wait until it is ready, or see why it is not." : "Look into the storage's error.",
                error ?? "status.readyToUse is not true");
        }

        var missing = source.State.ContentOf(source.Name) is { } item && SnapshotContent.Read(item) is { } content ? content.Missing : [];
        if (missing.Count > 0 || Indications(snapshot).Contains("PartialSnapshot", StringComparer.Ordinal))
        {
            yield return source.Finding(
                FindingSeverity.Error,
                FaultIds.VMSnapshotPartial,
                $"The snapshot '{source.Name}' lacks {(missing.Count > 0 ? $"the volumes {string.Join(", ", missing)}" : "a volume")} of its machine: "
                    + "what is made of it would use the machine's own volume, or miss it.",
                "Take a snapshot of a machine whose volumes can all be snapshotted.",
                missing.Count > 0 ? "VirtualMachineSnapshotContent spec.volumeBackups" : "status.sourceIndications: PartialSnapshot");
        }
    }

    private static IEnumerable<string> Indications(Kubernetes.KubernetesObject snapshot) =>
        snapshot.ItemsAt("status", "sourceIndications").Select(i => i.Text("indication") ?? "")
            .Concat(snapshot.ItemsAt("status", "indications").Select(i => i.ValueKind == System.Text.Json.JsonValueKind.String ? i.GetString()! : ""));
}

/// <summary>The source has no state that KubeVirt cannot clone.</summary>
internal sealed class SourceSupportCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (SourceMachine.Unclonable(source.Machine) is not { } what)
            yield break;
        yield return source.Finding(
            FindingSeverity.Error,
            FaultIds.VMCloneSourceUnsupported,
            $"'{source.Name}' has {what}, which KubeVirt cannot clone.",
            "Clone a machine without persistent TPM and EFI state, and without changed block tracking.",
            what == "changed block tracking" ? "status.changedBlockTracking" : "spec.template.spec.domain");
    }
}

/// <summary>A source that is switched on: how consistent the clone will be, and which changes it will not have.</summary>
internal sealed class RunningSourceCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        if (source.First.FromSnapshot || source.First.SourceObject is not { } machine)
            yield break;
        var instance = source.State.Instances.Find(source.Name);
        if (instance is null && !machine.IsTrueAt("status", "created"))
            yield break;
        var (severity, how, evidence) = Consistency(instance);
        yield return source.Finding(
            severity,
            FindingCodes.SourceRunning,
            $"'{source.Name}' is switched on: {how}",
            "Stop the machine first where the clone must be as after a shutdown.",
            evidence);
        if (machine.Condition("RestartRequired") is { IsTrue: true } restart)
        {
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.SourceRestartRequired,
                $"'{source.Name}' has changes that come into force at its next start. The clone is made as the machine runs now, without them.",
                "Restart the machine first if the clone is to have them.",
                $"status.conditions[RestartRequired]: {restart.Message ?? restart.Reason}");
        }
    }

    private static (FindingSeverity Severity, string How, string Evidence) Consistency(Kubernetes.KubernetesObject? instance)
    {
        if (instance is null)
            return (FindingSeverity.Information, "whether it has a guest agent is not known; without one its clones are as after a power cut.", "status.created");
        if (instance.Condition("Paused") is { IsTrue: true })
            return (FindingSeverity.Warning, "it is paused, so its file systems are not frozen; clones are as after a power cut.", "virtual machine instance, condition Paused");
        return instance.Condition("AgentConnected") is { IsTrue: true }
            ? (FindingSeverity.Information, "its guest agent freezes the file systems while the snapshot is taken.", "virtual machine instance, condition AgentConnected")
            : (FindingSeverity.Warning, "it has no guest agent, so its clones are as after a power cut.", "virtual machine instance, no condition AgentConnected");
    }
}
