using KubeVirtClone.Engine.Knowledge.Causes;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>Decides from what is known about a clone whether the wait for it is over, and how.</summary>
internal static class WaitJudge
{
    /// <summary>An error of a restore counts once it has stood this long: finished restores show passing ones for a moment.</summary>
    private static readonly TimeSpan ErrorPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EventPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BlindPatience = TimeSpan.FromSeconds(15);

    /// <summary>What somebody may be making in this moment is waited for this long: a source, its volumes.</summary>
    private static readonly TimeSpan SourcePatience = TimeSpan.FromSeconds(10);

    /// <summary>The outcome, or null while the wait goes on.</summary>
    public static FollowOutcome? Judge(TrackedClone clone, RelatedObjects related, WaitState @for, DateTimeOffset now)
    {
        if (clone.Record is not { } record)
            return Timeout(clone, record: null, related, @for);
        return (record.Phase switch
        {
            ClonePhase.Succeeded when record.IsGrowing || clone.GrowthBegun => Growing(clone, record, related, @for, now),
            ClonePhase.Succeeded => Succeeded(clone, record, related, @for, now),
            _ when clone.Gone => Deleted(record),
            ClonePhase.Failed => Failed(clone, record, related, now),
            _ => Stuck(clone, record, related, now),
        }) ?? Timeout(clone, record, related, @for);
    }

    /// <summary>Things the user should know while the wait goes on.</summary>
    public static IEnumerable<string> Notices(TrackedClone clone, RelatedObjects related, DateTimeOffset now)
    {
        if (clone.Record is not { } record)
            yield break;
        var name = $"{record.Namespace}/{record.Name}";
        if (record.Phase == ClonePhase.Pending && record.Message.Length > 0 && record.Message != "Pending")
            yield return $"The clone {name} is pending: {StuckReasons.Shorten(record.Message)}";
        if (record.Phase == ClonePhase.SnapshotInProgress && related.SnapshotOf(record) is { Ready: false, Failed: false, Error: { } error })
            yield return $"The snapshot of clone {name} reports an error and goes on trying: {StuckReasons.Shorten(error)}";
        if (record.Phase == ClonePhase.RestoreInProgress && related.RestoreOf(record)?.Error is { } trouble
            && StuckReasons.Classify(trouble) is null && now - clone.TroubleSince > ErrorPatience)
        {
            yield return $"The restore of clone {name} reports an error and goes on trying: {StuckReasons.Shorten(trouble)}";
        }
    }

    private static FollowOutcome? Succeeded(TrackedClone clone, CloneRecord record, RelatedObjects related, WaitState @for, DateTimeOffset now) => @for switch
    {
        WaitState.Succeeded => Reached(clone, record, now),
        WaitState.Bound => Bound(clone, record, related, now),
        _ => Running(clone, record, related, now),
    };

    // What KubeVirt has made is like the source; it is what was asked for only when its disks have been given more, which can be done once they are bound.
    private static FollowOutcome? Growing(TrackedClone clone, CloneRecord record, RelatedObjects related, WaitState @for, DateTimeOffset now)
    {
        if (clone.Grown is not { } grown)
        {
            return Bound(clone, record, related, now) switch
            {
                { Fault: not null } ended => ended,
                { Reservation: { } why } late when @for != WaitState.Running || related.MachineOf(record) is { Status: "Running" } => late with
                {
                    Reservation = $"{why} Its disks have the source's size until then; when it has been started, {CommandName.WaitVMClone} {record.Name} lets them grow ({GrowthNote.Describe(record.Raw)}).",
                },
                _ => null,
            };
        }

        if (clone.HasGrown)
            return Succeeded(clone, record, related, @for, now);
        foreach (var (claim, growth) in @for == WaitState.Bound ? related.Ungrown(grown).Where(u => u.Growth.IsHopeless) : [])
        {
            var why = StuckReasons.Shorten(growth.Trouble!);
            return new(record with { Message = why }, FaultMapper.Make(
                FaultIds.VMCloneDiskUnsupported,
                FaultCategory.OperationStopped,
                $"The clone {record.Namespace}/{record.TargetName} was made, but its storage cannot give its claim '{claim}' the {Quantity.Write(grown[claim])} that were asked for: {why}.",
                $"Remove the clone ({CommandName.RemoveVMClone} {OptionName.IncludeTarget}), and ask for less or for another storage class ({OptionName.StorageClass}).",
                record.Reference.ToString()));
        }

        return null;
    }

    private static FollowOutcome? Bound(TrackedClone clone, CloneRecord record, RelatedObjects related, DateTimeOffset now)
    {
        if (record.Bound)
            return Reached(clone, record, now);
        if (clone.Gone)
            return Deleted(record);
        if (record.Method == CloneMethod.Direct)
            return DirectBound(clone, record, related, now);
        if (record.Method == CloneMethod.DataVolume)
            return Filled(clone, record, related, now);
        var settled = now - clone.PhaseSince >= SettlingTime;
        if (!settled && record.Method == CloneMethod.Clone)
            return null;
        var claims = related.ClaimsOf(record);
        if (related.Claims.Synced && claims.Count > 0)
        {
            if (claims.All(c => c.IsBound))
                return Reached(clone, record with { Bound = true }, now);
            if (!settled)
                return null;
            // With immediate binding KubeVirt waits for the volumes before it makes the machine: what is pending now waits for its first consumer. What the watch
            // shows of claims may be older than what it shows of the clone.
            var pending = claims.Where(c => c.IsPending).Select(c => c.Name).Order(StringComparer.Ordinal).ToList();
            return pending.Count == 0 || related.Doubtful(clone).Any() ? null : Reached(clone, record with { Message = CloneRecord.WaitsForFirstStart }, now) with { Reservation = WaitsForConsumer(record, pending) };
        }

        return Unseen(clone, record, related, now);
    }

    private static FollowOutcome? Unseen(TrackedClone clone, CloneRecord record, RelatedObjects related, DateTimeOffset now) =>
        related.Claims.Refused && now - clone.PhaseSince > BlindPatience
            ? Reached(clone, record, now) with
            {
                Reservation = $"The clone {record.Name} has succeeded, but whether its volumes are bound cannot be seen: reading persistentvolumeclaims in {record.Namespace} is not allowed.",
            }
            : null;

    // Its claims are made with it, so that a pending one says nothing of the class: only the claim's own event does.
    private static FollowOutcome? DirectBound(TrackedClone clone, CloneRecord record, RelatedObjects related, DateTimeOffset now)
    {
        if (!related.Claims.Synced)
            return Unseen(clone, record, related, now);
        var claims = related.ClaimsOf(record);
        if (claims.Count < record.ClaimNames.Count)
            return null;
        if (claims.All(c => c.IsBound))
            return Reached(clone, record with { Bound = true }, now);
        var pending = claims.Where(c => c.IsPending).ToList();
        // One that is started binds them.
        return pending.Count > 0 && pending.TrueForAll(related.WaitsForConsumer) && !Starts(record) && now - clone.PhaseSince >= SettlingTime
            ? Reached(clone, record with { Message = CloneRecord.WaitsForFirstStart }, now) with { Reservation = WaitsForConsumer(record, [.. pending.Select(c => c.Name).Order(StringComparer.Ordinal)]) }
            : null;
    }

    // What CDI does for ever without getting on is found by looking into the clone, not here.
    private static FollowOutcome? Filled(TrackedClone clone, CloneRecord record, RelatedObjects related, DateTimeOffset now)
    {
        if (related is { DataVolumes.Refused: true, Claims.Refused: true })
            return Unseen(clone, record, related, now);
        if (!(related.DataVolumes.Synced || related.DataVolumes.Refused) || !(related.Claims.Synced || related.Claims.Refused))
            return null;
        if (related.WithDisks(record) is { Bound: true } done)
            return Reached(clone, done, now);
        var waiting = record.ClaimNames.Where(n => related.DataVolumeOf(record, n) is { WaitsForConsumer: true }).Order(StringComparer.Ordinal).ToList();
        return waiting.Count > 0 && !Starts(record) && now - clone.PhaseSince >= SettlingTime
            && record.ClaimNames.All(n => waiting.Contains(n, StringComparer.Ordinal) || related.DataVolumeOf(record, n) is { IsBound: true })
            ? Reached(clone, record with { Message = CloneRecord.WaitsForFirstStart }, now) with { Reservation = WaitsForConsumer(record, waiting) }
            : null;
    }

    private static bool Starts(CloneRecord record) =>
        CloneRequest.StartingStrategies.Contains(record.Raw.StringAt("spec", "runStrategy"), StringComparer.Ordinal) || record.Raw.IsTrueAt("spec", "running");

    private static FollowOutcome? Running(TrackedClone clone, CloneRecord record, RelatedObjects related, DateTimeOffset now)
    {
        var machine = related.MachineOf(record);
        if (machine is not null)
            clone.MachineSeen = true;
        if (machine?.Status == "Running")
            return Reached(clone, record, now);
        return related.Machines.Synced && machine is null && (clone.MachineSeen || clone.Gone)
            ? new(record, FaultMapper.Make(
                FaultIds.VMCloneDeleted,
                FaultCategory.ObjectNotFound,
                $"The virtual machine {record.Namespace}/{record.TargetName} was deleted while it was waited for.",
                "Clone again if it is still wanted.",
                record.Reference.ToString()))
            : null;
    }

    private static FollowOutcome? Failed(TrackedClone clone, CloneRecord record, RelatedObjects related, DateTimeOffset now)
    {
        var why = related.EventsOf(record)?.Failure ?? record.Message;
        if (why.Length == 0 && !related.Events.Refused && now - clone.PhaseSince < EventPatience)
            return null;
        var text = why.Length == 0 ? "KubeVirt gives no reason" : StuckReasons.Shorten(why);
        return new(record with { Message = text }, FaultMapper.Make(
            FaultIds.VMCloneFailed,
            FaultCategory.OperationStopped,
            $"The clone {record.Namespace}/{record.Name} has failed: {text}.",
            why.Contains("backendstorage", StringComparison.OrdinalIgnoreCase)
                ? "Clone a machine without persistent TPM and EFI state."
                : "Remove the clone, then clone again once the cause is removed.",
            record.Reference.ToString()));
    }

    private static FollowOutcome? Stuck(TrackedClone clone, CloneRecord record, RelatedObjects related, DateTimeOffset now)
    {
        if (related.SnapshotOf(record) is { Failed: true } snapshot && record.Phase is ClonePhase.SnapshotInProgress or ClonePhase.Pending)
        {
            var why = StuckReasons.Shorten(snapshot.Error ?? "no reason given");
            return new(record with { Message = why }, FaultMapper.Make(
                FaultIds.VMCloneSnapshotFailed,
                FaultCategory.OperationStopped,
                $"The snapshot of clone {record.Namespace}/{record.Name} has failed: {why}. KubeVirt would wait for it for ever.",
                "Look at the source's volumes and its storage's snapshot support, remove the clone, and clone again.",
                record.Reference.ToString()));
        }

        if (record.Phase is not (ClonePhase.RestoreInProgress or ClonePhase.CreatingTargetVM))
            return Unstarted(clone, record, related, now);
        if (related.RestoreOf(record) is not { } restore)
            return RestoreGone(clone, record, related, now) ?? Refused(record, related.EventsOf(record), now);
        if (restore.Failure is { } failure)
            return Fail(record, failure, StuckReasons.Classify(failure) ?? Unclear);
        var stood = clone.Troubled(restore.Error, now);
        return restore.Error is { } error && stood >= ErrorPatience && StuckReasons.Classify(error) is { } cause ? Fail(record, error, cause) : null;
    }

    // KubeVirt keeps a clone waiting for ever for what nobody may ever make.
    private static FollowOutcome? Unstarted(TrackedClone clone, CloneRecord record, RelatedObjects related, DateTimeOffset now)
    {
        if (now - clone.PhaseSince < SourcePatience)
            return null;
        if (record.Phase == ClonePhase.Pending)
            return StuckReasons.ClassifyPending(record.Message) is { } pending ? Fail(record, record.Message, pending) : null;
        if (related.SnapshotOf(record) is { } snapshot)
        {
            clone.Troubled(null, now);
            return snapshot.Progress is { } text && text.Contains("Source does not exist", StringComparison.Ordinal) ? Fail(record, $"its snapshot says: {text}", StuckReasons.SourceMissing) : null;
        }

        return related.SnapshotsSynced && record is { Phase: ClonePhase.SnapshotInProgress, SnapshotName: { } name } && IsMissed(clone, name, now)
            ? Fail(record, $"its snapshot {name} was deleted", (FaultIds.VMCloneSnapshotFailed, FaultCategory.OperationStopped, CauseText.NextStep(CauseCodes.SnapshotDeleted)))
            : null;
    }

    // KubeVirt removes what a clone needed when the clone is done, and that is seen on one watch, while the clone's end comes on another: it may come later.
    private static bool IsMissed(TrackedClone clone, string name, DateTimeOffset now) => clone.Troubled($"without {name}", now) >= SourcePatience;

    private static FollowOutcome? RestoreGone(TrackedClone clone, CloneRecord record, RelatedObjects related, DateTimeOffset now) =>
        related.RestoresSynced && record.RestoreName is { } name && now - clone.PhaseSince >= SourcePatience && IsMissed(clone, name, now)
            ? Fail(record, $"its restore {name} was deleted", (FaultIds.VMCloneRestoreFailed, FaultCategory.OperationStopped, CauseText.NextStep(CauseCodes.RestoreDeleted)))
            : null;

    private static (string Id, FaultCategory Category, Advice Action) Unclear =>
        (FaultIds.VMCloneRestoreFailed, FaultCategory.OperationStopped, "Remove the clone, then clone again once the cause is removed.");

    private static FollowOutcome? Refused(CloneRecord record, EventFact? events, DateTimeOffset now) =>
        events?.RestoreRefused is { } text && record.RestoreName is null
        && (events.RefusedCount > 1 || now - events.RefusedSince >= SettlingTime)
        && StuckReasons.Classify(text) is { } cause
            ? Fail(record, text, cause)
            : null;

    /// <summary>What was found out by looking at everything around a clone: it can never finish.</summary>
    public static FollowOutcome Diagnosed(CloneRecord record, CloneDiagnosis cause)
    {
        var (id, category, action) = StuckReasons.OfCause(cause.Code, cause.Cause);
        if (!cause.NextStep.IsEmpty)
            action = cause.NextStep;
        return new(record with { Message = cause.Cause }, FaultMapper.Make(id, category, $"The clone {record.Namespace}/{record.Name} cannot finish: {cause.Cause}", action, record.Reference.ToString()));
    }

    private static FollowOutcome Fail(CloneRecord record, string text, (string Id, FaultCategory Category, Advice Action) cause)
    {
        var why = StuckReasons.Shorten(text);
        return new(record with { Message = why }, FaultMapper.Make(
            cause.Id,
            cause.Category,
            $"The clone {record.Namespace}/{record.Name} cannot finish: {why}. KubeVirt would try it again for ever.",
            cause.Action,
            record.Reference.ToString()));
    }

    private static FollowOutcome Deleted(CloneRecord record) => new(record, FaultMapper.Make(
        FaultIds.VMCloneDeleted,
        FaultCategory.ObjectNotFound,
        record.Phase == ClonePhase.Succeeded
            ? $"The clone {record.Namespace}/{record.Name} was deleted before its volumes were bound (KubeVirt deletes a finished clone when its machine is deleted)."
            : $"The clone {record.Namespace}/{record.Name} was deleted, or replaced by another of its name, while it was waited for.",
        "Clone again if it is still wanted.",
        record.Reference.ToString()));

    private static FollowOutcome? Timeout(TrackedClone clone, CloneRecord? record, RelatedObjects related, WaitState @for)
    {
        if (!clone.IsLate)
            return null;
        var why = record is null ? "it was not seen at all"
            : @for == WaitState.Bound && related.Ungrown(clone.Grown) is [var (claim, growth), ..] ? $"its claim {claim} is still to grow{(growth.Trouble is { } trouble ? $": {StuckReasons.Shorten(trouble)}" : "")}"
            : WaitDescription.Of(record, related, @for);
        return new(record is null ? null : record with { Message = why }, FaultMapper.Make(
            FaultIds.VMCloneTimeout,
            FaultCategory.OperationTimeout,
            $"The clone {clone.Reference} did not become {@for} within {Durations.Duration(clone.Timeout!.Value)}: {why}.",
            $"Wait again with a longer {OptionName.Timeout}, or look into what keeps it.",
            clone.Reference.ToString()));
    }

    private static FollowOutcome Reached(TrackedClone clone, CloneRecord record, DateTimeOffset now) =>
        new(record with { Duration = now - clone.Started }, null);

    private static string WaitsForConsumer(CloneRecord record, List<string> claims) =>
        $"The clone {record.Namespace}/{record.Name} has succeeded, but its volume{(claims.Count == 1 ? "" : "s")} {string.Join(", ", claims)} "
        + $"wait{(claims.Count == 1 ? "s" : "")} for the machine's first start (WaitForFirstConsumer). "
        + (Needed(record) is { } needed ? $"Do not delete {needed} before {record.TargetName} has been started once." : $"Start {record.TargetName} once.");

    private static string? Needed(CloneRecord record) => (record.Method == CloneMethod.Direct, record.SourceSnapshot) switch
    {
        _ when record.Method == CloneMethod.DataVolume => $"the machine {record.SourceName}",
        (true, var source) => (source ?? record.SnapshotName) is { } snapshot ? $"the snapshot {snapshot}" : null,
        (false, { } source) => $"the clone or the snapshot {source}",
        _ => "the clone",
    };
}
