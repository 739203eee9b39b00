using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;
using KubeVirtClone.Engine;
using KubeVirtClone.Engine.Preflight;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>test</c> does. Its exit code is 0 when no finding is an error.</summary>
internal static class TestAction
{
    public static async Task<int> RunAsync(NewInvocation invocation, CommandContext context)
    {
        var read = NewAction.ReadRequests(invocation, context);
        var cluster = await context.ConnectAsync();
        var requests = NewAction.InNamespace(read, cluster.Namespace);
        if (requests.Count == 0)
        {
            context.WriteLine("nothing to clone");
            return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
        }

        var report = await new ClonePreflight(cluster, new PreflightOptions { Batch = invocation.Batch }).RunAsync(requests, context.Cancelled);

        // With --skip-existing those are left out, as 'new' would.
        var findings = report.Findings.Where(f => !(invocation.SkipExisting && f.Code == FaultIds.VMCloneTargetExists)).ToList();
        using (var results = new RecordResults<Finding>(
            context.Console, invocation.Output ?? OutputFormat.Table, FindingShapes.Finding, withNamespace: false, findings))
        {
            foreach (var finding in findings)
                results.Add(finding);
        }

        context.WriteLine(Summary(findings, report, report.Findings.Count - findings.Count));
        return context.Faults.Count == 0 && !findings.Exists(f => f.IsError) ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Summary(List<Finding> findings, PreflightReport report, int existing)
    {
        var counts = new[] { FindingSeverity.Error, FindingSeverity.Warning, FindingSeverity.Information, FindingSeverity.NotChecked }
            .Select(s => (Severity: s, Count: findings.Count(f => f.Severity == s)))
            .Where(c => c.Count > 0)
            .Select(c => $"{c.Count} {FindingShapes.Word(c.Severity, c.Count)}");
        var found = string.Join(", ", counts);
        var skipped = existing > 0 ? $", {existing} left out because they exist" : "";
        return $"{report.Items} clone{(report.Items == 1 ? "" : "s")} tested: {(found.Length == 0 ? "nothing found" : found)}{skipped} ({report.ApiRequests} API requests, nothing was made)";
    }
}
