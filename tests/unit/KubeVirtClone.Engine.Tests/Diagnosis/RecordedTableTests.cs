using System.Text;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Diagnosis;

/// <summary>
/// Every recorded clone and restore in one table: how it ended on a real KubeVirt, what the preflight says before, what the diagnosis says after.
/// Held to rules, not to a list, so that cases recorded later (<c>KUBEVIRTCLONE_VECTORS</c>) are judged too.
/// </summary>
public sealed class RecordedTableTests(ITestOutputHelper output)
{
    // What nobody can know before: storage that breaks later, somebody who deletes something, who starts the target, who comes first.
    private static readonly HashSet<string> Unforeseeable = new(StringComparer.Ordinal)
    {
        CauseCodes.SnapshotError, CauseCodes.SnapshotFailed, CauseCodes.SnapshotDeleted, CauseCodes.SnapshotNotReady, CauseCodes.ClaimNotProvisioned, CauseCodes.CloneGone,
        CauseCodes.RestoreDeleted, CauseCodes.TargetRunning, CauseCodes.SourceBusy, CauseCodes.SourceDeleted,
    };

    // Storage may get over it, the deadline has not passed, the other may finish, somebody may stop the target.
    private static readonly HashSet<string> MayStillCome = new(StringComparer.Ordinal)
    {
        CauseCodes.SnapshotError, CauseCodes.SnapshotNotReady, CauseCodes.ClaimNotProvisioned, CauseCodes.TargetRunning, CauseCodes.TargetBusy, CauseCodes.SourceBusy, CauseCodes.SourceClaimNotBound,
        CauseCodes.InProgress,
    };

    // Codes that name no cause.
    private static readonly HashSet<string> Unknown = new(StringComparer.Ordinal)
    {
        CauseCodes.Completed, CauseCodes.InProgress, CauseCodes.RestoreError, CauseCodes.RestoreRefused, CauseCodes.RestoreFailed, CauseCodes.SourceNotLocked, CauseCodes.ControllerSilent,
    };

    // Taken by KubeVirt, and no clone: another's claim adopted, a machine set back to what it was. Errors on purpose.
    private static readonly HashSet<string> Harmful = new(StringComparer.Ordinal)
    {
        FaultIds.VMCloneVolumeExists, FaultIds.VMCloneTargetExists, FaultIds.VMSnapshotPartial,
    };

    // Only a server with KubeVirt's types and rules finds these: it is asked by a dry run, which the recording has no answer to. And races.
    private static readonly HashSet<string> ByDryRun = new(StringComparer.Ordinal)
    {
        "r20-bad-patches/4-p04", "r20-bad-patches/22-p22",
        // The snapshot was ready, and its content somebody's deletion later gone.
        "s18-metadata/1-r",
    };

    // Refused for how it was posted, not for what.
    private static readonly HashSet<string> NotInTheManifest = new(StringComparer.Ordinal) { "j92-dryrun-bad-value", "j93-validation-bad" };

    [Fact]
    public async Task Every_recorded_clone_is_told_before_and_explained_after()
    {
        var rows = new List<Row>();
        foreach (var recorded in RecordedCase.Names().Select(RecordedCase.Load).Where(c => !c.DryRun))
        {
            var report = await new ClonePreflight(recorded.Before()).RunAsync([PreflightItem.FromManifest(recorded.Clone, recorded.PostedTo)], CancellationToken.None);
            var after = recorded.Accepted ? await DiagnoseAsync(recorded.After(), recorded.Reference) : null;
            rows.Add(new Row(recorded.Name, recorded.Succeeded, recorded.Accepted, recorded.SomebodyHelped, recorded.CloneStands, report.Findings, after));
        }

        rows.Count.ShouldBeGreaterThan(150);
        Judge(rows);
    }

    [Fact]
    public async Task Every_recorded_restore_is_told_before_and_explained_after()
    {
        var rows = new List<Row>();
        // Sixteen at once, and one between two webhooks' caches: chance decided them.
        foreach (var recorded in RecordedRestore.All().Where(r => !r.DryRun && !r.Name.StartsWith("r53-", StringComparison.Ordinal) && !r.Name.StartsWith("r17-", StringComparison.Ordinal)))
        {
            var report = await new ClonePreflight(recorded.Before()).RunAsync([PreflightItem.FromManifest(recorded.Posted, recorded.Namespace)], CancellationToken.None);
            var after = recorded.Refused || !recorded.Stands ? null : await DiagnoseAsync(recorded.After(), recorded.Reference);
            rows.Add(new Row(recorded.Name, recorded.Succeeded, !recorded.Refused, recorded.SomebodyHelped, recorded.Stands, report.Findings, after));
        }

        rows.Count.ShouldBeGreaterThan(100);
        Judge(rows);
    }

    /// <summary>A wait for what never ends gives up by itself, with the cause; what may still come is waited for, and the timeout has the cause.</summary>
    [Fact]
    public async Task A_wait_for_what_never_ends_ends_early_with_the_cause()
    {
        var rows = RecordedCase.Names().Select(RecordedCase.Load).Where(c => c is { Accepted: true, DryRun: false, Succeeded: false }).Select(c => (c.Name, Cluster: c.After(), c.Reference))
            .Concat(RecordedRestore.All().Where(r => r is { Refused: false, DryRun: false, Succeeded: false, Stands: true }).Select(r => (r.Name, Cluster: r.AfterAsClones(), r.Reference)))
            .ToList();
        var table = new StringBuilder();
        var late = new List<string>();
        foreach (var (name, cluster, reference) in rows)
        {
            var clock = (ManualClock)cluster.Clock;
            var began = clock.GetUtcNow();
            var updates = new List<ItemUpdate<CloneRecord>>();
            await clock.RunUntilDoneAsync(Task.Run(async () =>
            {
                await foreach (var update in new CloneWaiter(cluster).WaitAsync([reference], new WaitOptions { Timeout = TimeSpan.FromMinutes(1) }, CancellationToken.None))
                    updates.Add(update);
            }));
            var fault = updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem(name).Fault!;
            table.AppendLine($"{name,-44} {fault.Id,-28} {(clock.GetUtcNow() - began).TotalSeconds,6:0.0} s  {fault.Cause?.Code}");
            if (fault.Id == FaultIds.VMCloneTimeout && !MayStillCome.Contains(fault.Cause?.Code ?? ""))
                late.Add($"{name}: {fault.Message}");
            else if (fault.Id is not (FaultIds.VMCloneNotFound or FaultIds.VMCloneDeleted) && fault.Cause is null)
                late.Add($"{name}: no cause in {fault.Message}");
        }

        output.WriteLine(table.ToString());
        rows.Count.ShouldBeGreaterThan(40);
        late.ShouldBeEmpty();
    }

    private static async Task<CloneDiagnosis> DiagnoseAsync(KubeVirtCluster cluster, CloneReference reference) =>
        (await new CloneDoctor(cluster).DiagnoseAsync([reference], CancellationToken.None)).ShouldHaveSingleItem();

    private void Judge(List<Row> rows)
    {
        var table = new StringBuilder();
        foreach (var row in rows)
        {
            var before = string.Join(' ', row.Before.Where(f => f.Severity <= FindingSeverity.Warning).Select(f => $"{f.Severity.ToString()[0]}:{f.Code}"));
            table.AppendLine($"{row.Name,-44} {row.End,-10} {(before.Length == 0 ? "-" : before),-60} {row.After?.Code ?? "-"}");
        }

        output.WriteLine(table.ToString());
        rows.Select(Objection).OfType<string>().ShouldBeEmpty();
    }

    private static string? Objection(Row row)
    {
        var errors = row.Before.Where(f => f.IsError).Select(f => f.Code).ToList();
        if (row.Succeeded)
        {
            if (errors.Count > 0 && !row.Helped && !errors.TrueForAll(Harmful.Contains))
                return $"{row.Name} succeeds, and is told as {string.Join(", ", errors)}";
            return row.Stands && row.After is { Code: not (CauseCodes.Completed or CauseCodes.WaitsForFirstConsumer or CauseCodes.SnapshotDeleted or CauseCodes.CloneGone or CauseCodes.TargetNotStarting) } odd
                ? $"{row.Name} succeeds, and is explained as {odd}"
                : null;
        }

        // Deleted before it ended: there is nothing to explain.
        if (row.Accepted && row.After is null)
            return null;
        if (row.After is { } after && (Unknown.Contains(after.Code) || after.NextStep.ToString().Length == 0 || (after.Evidence.Count == 0 && after.Code != CauseCodes.CloneGone)))
            return $"{row.Name} never ends, and is explained as {after}";
        // What KubeVirt's rules for machines refuse the server finds by a dry run. That somebody makes the target meanwhile nobody foresees.
        if (row.After is { Code: CauseCodes.TargetRefused } || (row.Helped && row.After is { Code: CauseCodes.TargetExists }) || NotInTheManifest.Contains(row.Name))
            return null;
        var foreseen = row.Before.Any(f => f.Severity <= FindingSeverity.Warning) || (row.After is not null && Unforeseeable.Contains(row.After.Code)) || ByDryRun.Contains(row.Name);
        return foreseen ? null : $"{row.Name} {row.End}, and nothing was said before (after: {row.After?.Code})";
    }

    private sealed record Row(string Name, bool Succeeded, bool Accepted, bool Helped, bool Stands, IReadOnlyList<Finding> Before, CloneDiagnosis? After)
    {
        public string End => Succeeded ? "succeeds" : !Accepted ? "refused" : Stands || After is not null ? "never ends" : "deleted";
    }
}
