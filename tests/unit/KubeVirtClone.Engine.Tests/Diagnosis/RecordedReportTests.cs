using System.Text;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Diagnosis;

/// <summary>Situations that people reported, as a real KubeVirt played them: what is said before, and after.</summary>
public sealed class RecordedReportTests(ITestOutputHelper output)
{
    /// <summary>By case: the finding before, and the cause while it lasts; null where there is nothing to say.</summary>
    private static readonly Dictionary<string, (string? Before, string? After)> Expected = new(StringComparer.Ordinal)
    {
        ["u01-template-named-as-claim"] = (FindingCodes.TargetRefused, CauseCodes.TargetRefused),
        ["u02-template-named-as-claim-patched"] = (null, null),
        ["u03-long-source-name"] = (FindingCodes.SourceNameLong, CauseCodes.SourceNameLong),
        ["u04-long-source-name-no-disk"] = (null, null),
        ["u06-instancetype-drift"] = (FindingCodes.InstancetypeDrift, null),
        ["u08-tpm-by-preference"] = (FindingCodes.StateNotCloned, null),
        ["u10-memory-dump"] = (null, null),
        ["u11-memory-dump-claim-gone"] = (FindingCodes.ClaimMissing, CauseCodes.SourceClaimMissing),
        ["u12-annotations-262100"] = (FindingCodes.TargetRefused, CauseCodes.TargetRefused),
        ["u13-data-source-gone"] = (FindingCodes.TemplateSourceMissing, CauseCodes.TemplateSourceMissing),
        ["u14-restore-size"] = (null, null),
        ["u20-memory-patch"] = (null, null),
        ["u22-max-guest"] = (FindingCodes.TargetRefused, CauseCodes.TargetRefused),
        ["u23-instancetype-patch"] = (null, null),
        ["u24-instancetype-patch-running"] = (null, null),
        ["u25-instancetype-patch-revision-kept"] = (FindingCodes.InstancetypeDrift, null),
        ["u27-grown-after-clone"] = (null, null),
    };

    [Fact]
    public async Task Every_recorded_situation_is_told_before_and_explained_while_it_lasts()
    {
        var table = new StringBuilder();
        var wrong = new List<string>();
        foreach (var recorded in RecordedReport.All())
        {
            Expected.ShouldContainKey(recorded.Name);
            var (before, after) = Expected[recorded.Name];
            var findings = (await new ClonePreflight(recorded.Before()).RunAsync([PreflightItem.FromManifest(recorded.Posted!, recorded.Namespace)], CancellationToken.None)).Findings;
            var told = findings.Where(f => f.Severity is FindingSeverity.Error or FindingSeverity.Warning).ToList();
            var cause = recorded.Succeeded ? null : (await new CloneDoctor(recorded.After()).DiagnoseAsync([recorded.Reference], CancellationToken.None)).Single();
            table.AppendLine($"{recorded.Name,-40} {(recorded.Succeeded ? "succeeds" : "fails"),-9} before: {string.Join(", ", told.Select(f => $"{f.Severity} {f.Code}").Distinct(StringComparer.Ordinal)),-50} after: {cause?.Code}");
            if (before is not null && !told.Exists(f => f.Code == before))
                wrong.Add($"{recorded.Name}: nothing said before ({string.Join("; ", told)})");
            if (recorded.Succeeded ? told.Exists(f => f.IsError) : !told.Exists(f => f.IsError))
                wrong.Add($"{recorded.Name}: errors before: {string.Join("; ", told.Where(f => f.IsError))}");
            if (before is null && told.Exists(f => f.Code is FindingCodes.InstancetypeDrift or FindingCodes.StateNotCloned or FindingCodes.SourceLiveUpdated or FindingCodes.InstanceOnly))
                wrong.Add($"{recorded.Name}: a false alarm: {string.Join("; ", told)}");
            if (cause?.Code != after || cause?.CanEndByItself == true)
                wrong.Add($"{recorded.Name}: after: {cause}");
        }

        output.WriteLine(table.ToString());
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_comparison_looks_at_what_the_machines_run_on()
    {
        var wrong = new List<string>();
        foreach (var recorded in RecordedReport.All().Where(r => r.Succeeded && r.Posted!["kind"]!.GetValue<string>() == "VirtualMachineClone"))
        {
            var posted = PreflightItem.FromManifest(recorded.Posted!, recorded.Namespace).Request;
            var request = new CompareRequest(recorded.Namespace, posted.TargetName!) { SourceKind = posted.SourceKind, SourceName = posted.SourceName, Asked = posted };
            var comparison = (await new CloneComparer(recorded.After()).CompareAsync(request, CancellationToken.None)).Comparison.ShouldNotBeNull();
            output.WriteLine($"{recorded.Name}: {string.Join("\n  ", comparison.Differences)}");
            var differs = recorded.Name is "u06-instancetype-drift" or "u08-tpm-by-preference";
            if (comparison.AsAsked == differs)
                wrong.Add($"{recorded.Name}: {string.Join("; ", comparison.Unexpected)}");
        }

        wrong.ShouldBeEmpty();
    }
}
