using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Diagnosis;

/// <summary>Every recorded clone that a real KubeVirt refuses or never finishes: what the preflight says before, and the diagnosis after.</summary>
public sealed class RecordedTroubleTests(ITestOutputHelper output)
{
    /// <summary>
    /// By case: the finding before (null where nothing could be known: storage that breaks later, somebody who deletes something), and the cause
    /// after (null where nothing was made).
    /// </summary>
    private static readonly Dictionary<string, (string? Before, string? After)> Expected = new(StringComparer.Ordinal)
    {
        ["a09-v1alpha1-filters"] = (FindingCodes.MacNotation, CauseCodes.MacNotation),
        ["a13-unknown-fields-strict"] = (FindingCodes.UnknownField, null),
        ["b17-empty-string"] = (FaultIds.VMCloneFilterInvalid, null),
        ["b19-negation-inside"] = (FaultIds.VMCloneFilterInvalid, null),
        ["b20-wildcard-inside"] = (FaultIds.VMCloneFilterInvalid, null),
        ["b21-wildcard-first"] = (FaultIds.VMCloneFilterInvalid, null),
        ["b27-filters-snapshot-source"] = (FindingCodes.MacNotation, CauseCodes.MacNotation),
        ["b28-filter-type-error"] = (FaultIds.VMCloneFilterInvalid, null),
        ["b29-filter-item-type-error"] = (FaultIds.VMCloneFilterInvalid, null),
        ["c02-mac-all"] = (FindingCodes.MacNotation, CauseCodes.MacNotation),
        ["c03-mac-some"] = (FindingCodes.MacNotation, CauseCodes.MacNotation),
        ["c05-mac-malformed"] = (FaultIds.VMCloneMacInvalid, null),
        ["c06-mac-two-malformed"] = (FaultIds.VMCloneMacInvalid, null),
        ["c08-mac-duplicate"] = (FindingCodes.MacNotation, CauseCodes.MacNotation),
        ["c11-mac-source-same"] = (FindingCodes.MacNotation, CauseCodes.MacNotation),
        ["c19-mac-colon-delete"] = (FindingCodes.MacNotation, CauseCodes.CloneGone),
        ["e02-patch-not-json"] = (FaultIds.VMClonePatchInvalid, null),
        ["e03-patch-empty-string"] = (FaultIds.VMClonePatchInvalid, null),
        ["e04-patch-json-not-patch"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchForm),
        ["e06-patch-missing-path"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchNotApplicable),
        ["e07-patch-name"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchPath),
        ["e11-patch-mac-wins"] = (FindingCodes.MacNotation, CauseCodes.MacNotation),
        ["e12-patch-remove-filtered"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchNotApplicable),
        ["e13-patch-test-op"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchNotApplicable),
        ["e16-patch-value-colon"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchForm),
        ["e17-patch-path-labels-whole"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchPath),
        ["e18-patch-path-labels-null"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchPath),
        ["e19-patch-status"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchPath),
        ["e20-patch-spec-whole"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchPath),
        ["e22-patch-nested-object"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchForm),
        ["e27-patch-stuck-then-fixed"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchNotApplicable),
        ["f07-policy-v1alpha1"] = (FaultIds.VMClonePatchInvalid, CauseCodes.PatchPath),
        ["f08-policy-empty-string"] = (FaultIds.VMCloneVolumeNamePolicyInvalid, null),
        ["i06-two-nosnap"] = (FindingCodes.VolumeNotSnapshottable, CauseCodes.SourceVolumeNotSnapshottable),
        ["i07-pvc-missing"] = (FindingCodes.ClaimMissing, CauseCodes.SourceClaimMissing),
        ["i16-persistent-tpm"] = (FaultIds.VMCloneSourceUnsupported, CauseCodes.SourceUnsupported),
        ["i17-persistent-efi"] = (FaultIds.VMCloneSourceUnsupported, CauseCodes.SourceUnsupported),
        ["i18-snapshot-broken"] = (null, CauseCodes.SnapshotError),
        ["i19-restore-never-bound"] = (null, CauseCodes.ClaimNotProvisioned),
        ["i22-snapshot-broken-deadline"] = (null, CauseCodes.SnapshotFailed),
        ["j01-target-exists"] = (FaultIds.VMCloneTargetExists, CauseCodes.TargetExists),
        ["j02-target-is-source"] = (FaultIds.VMCloneTargetIsSource, null),
        ["j03-source-missing"] = (FaultIds.VMNotFound, CauseCodes.SourceMissing),
        ["j05-snapshot-missing"] = (FaultIds.VMSnapshotNotFound, CauseCodes.SourceMissing),
        ["j06-snapshot-not-ready"] = (FindingCodes.SnapshotSourceMissing, CauseCodes.SourceMissing),
        ["j08-source-kind-bad"] = (FindingCodes.ManifestRefused, null),
        ["j09-target-kind-bad"] = (FindingCodes.ManifestRefused, null),
        ["j10-source-no-group"] = (FindingCodes.ManifestRefused, null),
        ["j12-source-name-empty"] = (FindingCodes.ManifestRefused, null),
        ["j13-source-name-missing"] = (FindingCodes.ManifestRefused, null),
        ["j14-source-kind-missing"] = (FindingCodes.ManifestRefused, null),
        ["j15-source-missing-field"] = (FindingCodes.ManifestRefused, null),
        ["j16-source-null"] = (FindingCodes.ManifestRefused, null),
        ["j17-source-empty-object"] = (FindingCodes.ManifestRefused, null),
        ["j18-source-kind-empty"] = (FindingCodes.ManifestRefused, null),
        ["j19-target-no-group"] = (FindingCodes.TargetGroup, CauseCodes.TargetGroupMissing),
        ["j20-target-group-wrong"] = (FindingCodes.TargetGroup, CauseCodes.TargetGroupWrong),
        ["j21-target-name-bad"] = (FaultIds.VMCloneNameInvalid, CauseCodes.TargetNameInvalid),
        ["j23-target-name-254"] = (FaultIds.VMCloneNameInvalid, CauseCodes.TargetNameInvalid),
        ["j25-clone-name-bad"] = (FindingCodes.ManifestRefused, null),
        ["j26-clone-name-254"] = (FindingCodes.ManifestRefused, null),
        ["j28-clone-exists"] = (FaultIds.VMCloneExists, null),
        ["j31-no-namespace"] = (FaultIds.NamespaceNotFound, null),
        ["j32-alice-no-rights"] = (FaultIds.ApiForbidden, null),
        ["j33-alice-kubevirt-view"] = (FaultIds.ApiForbidden, null),
        ["j39-no-spec"] = (FindingCodes.ManifestRefused, null),
        ["j46-snapshot-failed"] = (FaultIds.VMCloneSnapshotFailed, CauseCodes.SnapshotFailed),
        ["k01-delete-clone-during"] = (null, CauseCodes.CloneGone),
        ["k02-delete-clone-in-restore"] = (null, CauseCodes.CloneGone),
        ["k05-delete-tmp-snapshot"] = (null, CauseCodes.SnapshotDeleted),
    };

    // KubeVirt says it succeeded, but what it did is not a clone: it adopted another's claim, or set the source itself back.
    private static readonly Dictionary<string, string> Harmful = new(StringComparer.Ordinal)
    {
        ["f05-policy-prefix-exists"] = FaultIds.VMCloneVolumeExists,
        ["j36-snapshot-target-is-orig"] = FaultIds.VMCloneTargetExists,
    };

    public static TheoryData<string> Troubled => [.. Expected.Keys];

    public static TheoryData<string> Fine =>
        [.. RecordedCase.Names().Where(n => !Harmful.ContainsKey(n) && RecordedCase.Load(n) is { Succeeded: true })];

    [Fact]
    public void Every_recorded_case_that_is_refused_or_never_finishes_is_in_the_table()
    {
        // Cases of other folders are judged by rules: RecordedTableTests.
        var troubled = RecordedCase.Names("vectors").Select(RecordedCase.Load).Where(c => !c.Succeeded && !c.DryRun).Select(c => c.Name).ToList();
        Expected.Keys.ShouldBe(troubled, ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Troubled))]
    public async Task It_is_told_before_and_explained_after(string name)
    {
        var (before, after) = Expected[name];
        var recorded = RecordedCase.Load(name);
        var findings = (await PreflightAsync(recorded)).Findings.Where(f => f.Severity is FindingSeverity.Error or FindingSeverity.Warning).ToList();
        output.WriteLine($"before: {string.Join("; ", findings)}");
        if (before is null)
            findings.ShouldNotContain(f => f.IsError);
        else
            findings.Select(f => f.Code).ShouldContain(before);
        findings.ShouldAllBe(f => f.Message.Length > 0 && f.RecommendedAction.ToString().Length > 0);
        if (after is null)
        {
            recorded.Accepted.ShouldBeFalse();
            return;
        }

        var diagnosis = (await new CloneDoctor(recorded.After()).DiagnoseAsync([recorded.Reference], CancellationToken.None)).ShouldHaveSingleItem();
        output.WriteLine($"after: {diagnosis}");
        diagnosis.Code.ShouldBe(after);
        diagnosis.Health.ShouldNotBe(CloneHealth.Completed);
        diagnosis.NextStep.ToString().ShouldNotBeEmpty();
        if (after != CauseCodes.CloneGone)
            diagnosis.Evidence.ShouldNotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Fine))]
    public async Task A_clone_that_succeeds_raises_no_false_alarm(string name)
    {
        var recorded = RecordedCase.Load(name);
        var errors = (await PreflightAsync(recorded)).Findings.Where(f => f.IsError).Select(f => f.Code).ToList();
        if (recorded.SomebodyHelped && errors.Count > 0)
            errors.ShouldBeSubsetOf([FaultIds.VMNotFound, FaultIds.VMSnapshotNotFound, FindingCodes.ClaimMissing], "what was missing was made while the clone waited");
        else
            errors.ShouldBeEmpty();
        if (recorded.CloneStands)
        {
            var diagnosis = (await new CloneDoctor(recorded.After()).DiagnoseAsync([recorded.Reference], CancellationToken.None)).ShouldHaveSingleItem();
            diagnosis.Code.ShouldBeOneOf(CauseCodes.Completed, CauseCodes.WaitsForFirstConsumer);
            diagnosis.Repair.IsEmpty.ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData("f05-policy-prefix-exists")]
    [InlineData("j36-snapshot-target-is-orig")]
    public async Task A_success_that_is_no_clone_is_an_error_before(string name) =>
        (await PreflightAsync(RecordedCase.Load(name))).Findings.Where(f => f.IsError).Select(f => f.Code).ShouldBe([Harmful[name]]);

    [Theory]
    [InlineData("c02-mac-all", RepairKind.CloneAgain)]
    [InlineData("j19-target-no-group", RepairKind.CloneAgain)]
    [InlineData("j01-target-exists", RepairKind.DeleteRestore)]
    [InlineData("e06-patch-missing-path", RepairKind.DeleteRestore)]
    [InlineData("i16-persistent-tpm", RepairKind.DeleteClone)]
    public async Task A_stuck_clone_comes_with_what_can_safely_be_done(string name, RepairKind last)
    {
        var recorded = RecordedCase.Load(name);
        var diagnosis = (await new CloneDoctor(recorded.After()).DiagnoseAsync([recorded.Reference], CancellationToken.None))[0];
        diagnosis.Repair.Actions[0].Kind.ShouldBe(RepairKind.DeleteClone);
        diagnosis.Repair.Actions[^1].Kind.ShouldBe(last);
        diagnosis.Repair.Actions.ShouldNotContain(a => a.Kind == RepairKind.DeleteClaim && a.Name == "data");
    }

    private static Task<PreflightReport> PreflightAsync(RecordedCase recorded) =>
        new ClonePreflight(recorded.Before()).RunAsync([PreflightItem.FromManifest(recorded.Clone, recorded.PostedTo)], CancellationToken.None);
}
