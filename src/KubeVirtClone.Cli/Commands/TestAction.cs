using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;
using KubeVirtClone.Engine;
using KubeVirtClone.Engine.Images;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Resources;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>test</c> does. Its exit code is 0 when no finding is an error.</summary>
internal static class TestAction
{
    public static async Task<int> RunAsync(NewInvocation invocation, CommandContext context)
    {
        var read = NewAction.ReadRequests(invocation, context);
        var cluster = await context.ConnectAsync();
        var requests = await FindImagesAsync(cluster, NewAction.InNamespace(read, cluster.Namespace), context);
        if (requests.Count == 0)
        {
            context.WriteLine("nothing to test");
            return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
        }

        var report = await new ClonePreflight(cluster, new PreflightOptions { Batch = invocation.Batch, NoSharedSnapshot = invocation.NoSharedSnapshot }).RunAsync(requests, context.Cancelled);

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

    /// <summary>The requests with the snapshots that their images are; an image that can't be cloned is reported, and its clones with it.</summary>
    private static async Task<List<CloneRequest>> FindImagesAsync(KubeVirtCluster cluster, IReadOnlyList<CloneRequest> requests, CommandContext context)
    {
        var found = new List<CloneRequest>(requests.Count);
        foreach (var group in requests.GroupBy(r => (r.Namespace, r.GoldenImage, r.GoldenImageVersion)))
        {
            if (group.Key.GoldenImage is not { } name)
            {
                found.AddRange(group);
                continue;
            }

            var (image, fault) = await new GoldenImages(cluster).ResolveAsync(group.Key.Namespace, name, group.Key.GoldenImageVersion, context.Cancelled);
            if (fault is not null)
                context.Faults.Write(fault);
            else if (image is not null)
                found.AddRange(group.Select(r => r with { GoldenImage = null, SourceKind = SourceKinds.VirtualMachineSnapshot, SourceName = image.SnapshotName }));
        }

        return found;
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
