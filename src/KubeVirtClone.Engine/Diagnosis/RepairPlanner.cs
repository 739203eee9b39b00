using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>What can safely be done about a clone. Only what the clone itself made is touched, and no claim that a machine uses.</summary>
internal static class RepairPlanner
{
    public static RepairPlan Plan(CloneCase clone, CloneDiagnosis diagnosis)
    {
        if (diagnosis.Code is CauseCodes.QuotaExceeded or CauseCodes.LimitRangeExceeded or CauseCodes.SnapshotNotReady && clone.Restore is { } waiting)
        {
            const string reason = "KubeVirt tries again at once instead of after its growing pause; it helps once there is room, and harms nothing before.";
            return new RepairPlan([new RepairAction(RepairKind.WakeRestore, clone.Record.Namespace, waiting.Name, reason) { Uid = waiting.Uid }]);
        }

        // A full quota can be given room: the clone goes on then by itself, though there is nothing to wake yet.
        if (!MayGo(diagnosis) || clone.HasUnfilledClaims || diagnosis.Code is CauseCodes.QuotaExceeded or CauseCodes.LimitRangeExceeded)
            return RepairPlan.None;
        var actions = new List<RepairAction>();
        if (clone.Record.Method == CloneMethod.Clone)
        {
            // Before its restore: that would be made again.
            const string reason = "It will never finish; its temporary snapshot goes with it.";
            actions.Add(new RepairAction(RepairKind.DeleteClone, clone.Record.Namespace, clone.Record.Name, reason) { Uid = clone.Record.Uid });
        }

        if (clone.Restore is { } restore && !restore.IsTrueAt("status", "complete"))
        {
            const string reason = "Left alone it would make the machine as soon as nothing is in its way.";
            actions.Add(new RepairAction(RepairKind.DeleteRestore, clone.Record.Namespace, restore.Name, reason) { Uid = restore.Uid });
        }

        actions.AddRange(LeftBehind(clone));
        if (Again(clone, diagnosis) is { } request)
            actions.Add(new RepairAction(RepairKind.CloneAgain, clone.Record.Namespace, clone.Record.TargetName, "The cause is not in the new request.") { Request = request });
        return new RepairPlan(actions);
    }

    private static bool MayGo(CloneDiagnosis diagnosis) =>
        diagnosis.Health is CloneHealth.Stuck or CloneHealth.Failed && diagnosis.Record is { Phase: not ClonePhase.Succeeded };

    private static IEnumerable<RepairAction> LeftBehind(CloneCase clone)
    {
        if (clone.Restore is null)
            yield break;
        foreach (var claim in clone.Claims.Where(c => IsOurs(clone, c) && clone.Reading.UsersOf(c.Name) is { Count: 0 } && !clone.Reading.IsUsedByPod(c.Name)))
        {
            var dataVolume = clone.Reading.DataVolumes.Find(claim.Name);
            yield return dataVolume is not null
                ? new RepairAction(RepairKind.DeleteDataVolume, clone.Record.Namespace, dataVolume.Name, "The unfinished restore made it, and no machine uses it.") { Uid = dataVolume.Uid }
                : new RepairAction(RepairKind.DeleteClaim, clone.Record.Namespace, claim.Name, "The unfinished restore made it, and no machine uses it.") { Uid = claim.Uid };
        }
    }

    // A name alone is ambiguous, and with PrefixTargetName a claim may have been somebody else's before.
    private static bool IsOurs(CloneCase clone, KubernetesObject claim)
    {
        var restore = clone.Restore!;
        if (claim.Annotations.GetValueOrDefault("restore.kubevirt.io/name") != restore.Name || claim.CreationTimestamp < restore.CreationTimestamp)
            return false;
        return claim.Annotations.GetValueOrDefault("restore.kubevirt.io/lastRestoreUID") is not { } last || last == $"{restore.Name}-{restore.Uid}";
    }

    private static CloneRequest? Again(CloneCase clone, CloneDiagnosis diagnosis)
    {
        if (clone.Record.Method == CloneMethod.Restore)
            return null;
        return diagnosis.Code switch
        {
            // The new request writes MAC addresses, patches and the target's group so that KubeVirt takes them.
            CauseCodes.MacNotation or CauseCodes.PatchForm or CauseCodes.TargetGroupMissing or CauseCodes.TargetGroupWrong => Checked(CloneRequest.OfObject(clone.Record)),
            CauseCodes.SnapshotDeleted or CauseCodes.RestoreDeleted when !clone.FromSnapshot && clone.SourceMachine is not null => Checked(CloneRequest.OfObject(clone.Record)),
            _ => null,
        };
    }

    private static CloneRequest? Checked(CloneRequest request) =>
        RequestRules.Check(request, "repair", 0).Fault is null ? request : null;
}
